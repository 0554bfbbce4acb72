"""Tokens and words: a fast, deterministic stand-in for a model's tokenizer.

A token is a Han or kana character, up to six other letters or digits or up to four marks with the
blank before them, or a run of white space. The tokens of a text, joined, are the text.
"""

import re
import zlib
from functools import lru_cache

CJK = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"[{CJK}]| ?[^\W{CJK}]{{1,6}}| ?[^\w\s]{{1,4}}|\s+")
_WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]+(?:['’\-][^\W_{CJK}]+)*")
_CJK = re.compile(rf"[{CJK}]")


def tokenize(text: str) -> list[str]:
    """Return the tokens of ``text``."""
    return _TOKEN.findall(text)


@lru_cache(maxsize=64)
def tokenize_again(text: str) -> tuple[str, ...]:
    """Return the tokens of a ``text`` that is likely to come back, such as a system message."""
    return tuple(_TOKEN.findall(text))


def token_id(token: str) -> int:
    """Return a number for ``token``, as ``/tokenize`` shows it."""
    return zlib.crc32(token.encode("utf-8", "surrogatepass")) % 151_936


def words_of(text: str) -> list[str]:
    """Return the words of ``text``: each Han or kana character, each other run of letters."""
    return _WORD.findall(text)


def count_words(text: str) -> int:
    """Return the number of words: one for each Han or kana character or other word."""
    return len(words_of(text))


def mostly_cjk(text: str) -> bool:
    """Return True when more than a third of the letters of ``text`` are Han or kana."""
    return 3 * len(_CJK.findall(text)) > sum(c.isalpha() for c in text)
