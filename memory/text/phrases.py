"""Finding exact words in a text, however a typesetter would set them."""

import unicodedata

import regex

_SPACED = (
    r"[[\p{L}\p{M}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}]]"
)
"""A letter or digit of a script that sets spaces between words."""
_LEFT_BOUND = rf"(?:(?<!{_SPACED})(?={_SPACED})|(?!{_SPACED}))"
_RIGHT_BOUND = rf"(?:(?<={_SPACED})(?!{_SPACED})|(?<!{_SPACED}))"
_INVISIBLE = "\u00ad\u200b\u2060\ufeff"
"""Soft hyphen, and what else shows nothing within a word."""
_UNSEEN = rf"(?:\*{{1,3}}|[{_INVISIBLE}])*"
_AT_EDGE = rf"[*_`~{_INVISIBLE}]*"
_EMPHASIS = regex.compile(r"(?<!\w)(\*{1,3}|_{1,3}|`|~~)(?=\S)([^*_`~]+?)(?<=\S)\1(?!\w)")
_PARTS = regex.compile(
    r"(?P<space>\s+)|(?P<ellipsis>…+|\.(?:\s?\.){2,})|(?P<dash>\s*(?:[–—―]+|--+)\s*|\s+[-−]\s+)"
    r"|(?P<hyphen>[\-‐‑‒−])|(?P<quote>[«„“”\"「『」』»‹›‘’‚'`´]+)"
    r"|(?P<word>[^\s.…\-‐‑‒–—―−«„“”\"「『」』»‹›‘’‚'`´]+|.)"
)
_DASH = r"\s*(?:[‐‑‒–—―−]+|-{1,3})\s*"
_PATTERNS = {
    "space": rf"{_AT_EDGE}\s+{_AT_EDGE}",
    "ellipsis": r"(?:…+|\s?\.(?:\s?\.){2,})",
    "dash": rf"{_AT_EDGE}{_DASH}{_AT_EDGE}",
    "hyphen": r"[\-‐‑‒–—−]",
    "quote": rf"{_AT_EDGE}\s?[«„“”\"「『」』»‹›‘’‚'`´]+\s?{_AT_EDGE}",
}


def find_phrase(text: str, phrase: str) -> regex.Match[str] | None:
    """Find a phrase at the bounds of words, whatever its case, white space and typography.

    Quotation marks of any form are one, dashes are one and may have spaces around them, three dots
    are an ellipsis; emphasis marks and soft hyphens in the text are passed over. In scripts that
    set no space between words there are no bounds, and a word of another script among them is
    bounded by theirs.
    """
    plain_phrase = unicodedata.normalize("NFC", phrase).strip()
    for mark in _INVISIBLE:
        plain_phrase = plain_phrase.replace(mark, "")
    plain_phrase = _EMPHASIS.sub(r"\2", plain_phrase)
    body = "".join(_build_pattern(part) for part in _PARTS.finditer(plain_phrase))
    return regex.search(
        f"{_LEFT_BOUND}{body}{_RIGHT_BOUND}", text, regex.IGNORECASE | regex.VERSION1
    )


def _build_pattern(part: regex.Match[str]) -> str:
    kind = str(part.lastgroup)
    if kind == "quote" and part.group() in "'’" and _is_apostrophe(part):
        return f"['’‘`´]{_UNSEEN}"
    if kind in _PATTERNS:
        return _PATTERNS[kind]
    return _UNSEEN.join(regex.escape(c, special_only=True) for c in part.group()) + _UNSEEN


def _is_apostrophe(part: regex.Match[str]) -> bool:
    """True between two letters: a quotation mark there is part of the word."""
    around = part.string[max(part.start() - 1, 0) : part.start()], part.string[part.end() :][:1]
    return all(c.isalnum() for c in around)
