"""Text from outside, made fit to be stored, written to a file and shown in a terminal.

Letters, spaces and marks of any script stay as they are, and so do characters that show nothing
but belong to a text: joiners, direction marks, variation selectors, characters for private use.
"""

import re
from collections.abc import Callable
from typing import Any

LONGEST_COMMAND = 2000
"""Characters of a terminal's title, link or the like; anything longer is no command."""
_SUSPECT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85]")
_COMMAND = re.compile(
    "\x1b\\[[0-?]*[!-/]*[@-~]?|\x9b[0-?]+[!-/]*[@-~]"  # colours, moves of the cursor
    f"|\x1b\\][^\x07\x1b\x9c\n]{{0,{LONGEST_COMMAND}}}(?:\x07|\x1b\\\\|\x9c)"  # titles, links
    f"|\x1b[PX^_][^\x1b\n]{{0,{LONGEST_COMMAND}}}\x1b\\\\"
    "|\x1b[()*+][0-9A-Za-z]|\x1b[78=>]"  # character sets, keypads
)
"""What ECMA-48 and terminals take for a command, the text it carries with it."""
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_UNFINISHED = re.compile(
    "(?:[\ud800-\udbff]|\r|\x9b[0-?]*[!-/]*"
    f"|\x1b(?:\\[[0-?]*[!-/]*|\\][^\x07\x1b\x9c\n]{{0,{LONGEST_COMMAND}}}\x1b?"
    f"|[PX^_][^\x1b\n]{{0,{LONGEST_COMMAND}}}\x1b?|[()*+])?)\\Z"
)
"""What means something else when more text follows."""


def clean(text: str) -> str:
    """Return ``text`` without control characters and terminal commands, ``\\n`` between its lines.

    Two halves of one character are joined; a half alone becomes U+FFFD.
    """
    if not _SUSPECT.search(text):
        return text
    text = _COMMAND.sub("", _LINE_END.sub("\n", _well_formed(text)))
    return _CONTROL.sub("", text)


def storable(text: str) -> str:
    """Return ``text`` as a person gave it, but for what no database can hold.

    NUL goes, halves of characters are treated as ``clean`` does, and all else stays.
    """
    return _well_formed(text).replace("\0", "")


def each_text(value: Any, change: Callable[[str], str]) -> Any:
    """Return JSON-like ``value`` with every text in it changed, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {each_text(key, change): each_text(part, change) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        parts = [each_text(part, change) for part in value]
        return parts if isinstance(value, list) else tuple(parts)
    return value


class CleanStream:
    """Cleans a text that comes in pieces, to the same words as if it had come whole."""

    def __init__(self) -> None:
        self._held = ""

    def add(self, piece: str) -> str:
        """Return what is certain by now, which may be nothing."""
        text = self._held + piece
        unfinished = _UNFINISHED.search(text)
        end = unfinished.start() if unfinished else len(text)
        self._held = text[end:]
        return clean(text[:end])

    def end(self) -> str:
        """Return what was held back, now that nothing follows."""
        pending_text, self._held = self._held, ""
        return clean(pending_text)


def _well_formed(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
