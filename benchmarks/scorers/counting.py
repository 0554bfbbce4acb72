"""The two counts of words that the task sets use. They differ: never compare one with the other."""

import re

_HAN = re.compile(r"[\u4e00-\u9fff]")
_ASCII_RUN = re.compile(r"\b[a-zA-Z]+\b")
_WIDE = re.compile(r"[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]")


def longbench_words(text: str) -> int:
    """Return LongBench-Write's count: Han characters, and runs of ASCII letters between non-words.

    >>> longbench_words("don't"), longbench_words("2024"), longbench_words("你好，world")
    (2, 0, 3)
    """
    return len(_HAN.findall(text)) + len(_ASCII_RUN.findall(text))


def longen_words(text: str) -> int:
    """Return LonGen's count: Han, CJK marks and full-width forms one each, the rest by blanks.

    >>> longen_words("don't"), longen_words("2024"), longen_words("你好，world")
    (1, 1, 4)
    """
    return len(_WIDE.findall(text)) + len(_WIDE.sub(" ", text).split())
