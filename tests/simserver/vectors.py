"""Deterministic embedding vectors: words and pieces of words, hashed into a few dimensions.

Texts that share words are near each other; texts that share none are nearly at right angles.
"""

import base64
import math
import struct
import zlib
from collections import Counter
from functools import lru_cache
from itertools import pairwise

from tests.simserver.tokens import words_of

_COMMON = frozenset(
    words_of(
        "a an and are as at be but by for from had has have he her his in is it its not of on or"
        " she that the their they this to was were what which who will with you"
        " 的 了 是 在 和 有 也 不"
    )
)
_COMMON_WEIGHT = 0.1
_PIECE_WEIGHT = 0.35


def embed(text: str, dims: int) -> list[float]:
    """Return the unit vector of ``text``; the zero vector for a text without words."""
    vector = [0.0] * dims
    words = words_of(text.casefold())
    for word, times in Counter(words).items():
        for index, weight in _parts(word, dims):
            vector[index] += weight * math.sqrt(times)
    for pair in _character_pairs(words):
        index, sign = _place(pair, dims)
        vector[index] += sign
    length = math.sqrt(sum(x * x for x in vector)) or 1.0
    return [x / length for x in vector]


def as_base64(vector: list[float]) -> str:
    """Return ``vector`` as little-endian 32-bit floats, as OpenAI's client asks for it."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


@lru_cache(maxsize=20_000)
def _parts(word: str, dims: int) -> tuple[tuple[int, float], ...]:
    """Return where a word and its three-letter pieces go, and with which weight."""
    if word in _COMMON:
        index, sign = _place(word, dims)
        return ((index, sign * _COMMON_WEIGHT),)
    padded = f"^{word}$"
    pieces = [padded[i : i + 3] for i in range(len(padded) - 2)] if len(word) > 2 else []
    places = [(_place(word, dims), 1.0)] + [(_place(p, dims), _PIECE_WEIGHT) for p in pieces]
    return tuple((index, sign * weight) for (index, sign), weight in places)


def _character_pairs(words: list[str]) -> set[str]:
    """Return neighbouring Han or kana characters: the words of Chinese and Japanese."""
    single = [w if len(w) == 1 and w > "\u3000" else "" for w in words]
    return {a + b for a, b in pairwise(single) if a and b}


def _place(feature: str, dims: int) -> tuple[int, int]:
    number = zlib.crc32(feature.encode("utf-8", "surrogatepass"))
    return (number >> 1) % dims, 1 if number & 1 else -1
