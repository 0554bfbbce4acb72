"""Draws that depend on a request alone, so that the same request has the same luck."""

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Named draws. Two draws with the same label give the same result."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def _number(self, label: str) -> int:
        key = f"{self._seed}/{label}".encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")

    def unit(self, label: str) -> float:
        """Return a number from 0 up to, not including, 1."""
        return self._number(label) / 2**64

    def chance(self, rate: float, label: str) -> bool:
        """Return True with probability ``rate``."""
        return rate > 0 and self.unit(label) < rate

    def pick(self, options: Sequence[T], label: str) -> T:
        """Return one of ``options``."""
        return options[self._number(label) % len(options)]

    def random(self, label: str) -> random.Random:
        """Return a generator for many draws."""
        return random.Random(self._number(label))
