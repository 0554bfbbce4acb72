"""Text as names and values are compared: without case, width and punctuation."""

import re
import unicodedata


def normalise(text: str) -> str:
    """Return ``text`` case-folded, NFKC, with punctuation and runs of space as single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", " ", folded).strip()
