"""Which language a text is in."""

from inkwright.agents.llm.parsing import is_han
from inkwright.memory.text.words import count_words

SAMPLE_CHARS = 20_000
MIN_WORDS = 40
"""Fewer words than these do not tell."""


def detect_language(text: str) -> str | None:
    """Return the ISO 639-1 code of the language of ``text``; None when it is too short to tell."""
    start = max((len(text) - SAMPLE_CHARS) // 2, 0)
    sample = text[start : start + SAMPLE_CHARS]
    if count_words(sample) < MIN_WORDS:
        return "zh" if is_han(sample) else None
    import py3langid

    code: str = py3langid.classify(sample)[0]
    if is_han(sample):
        return code if code in ("zh", "ja") else "zh"
    return code
