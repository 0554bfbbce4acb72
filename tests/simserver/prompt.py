"""Reading prompts: the conventions by which the templates say what is asked for."""

import re
from dataclasses import dataclass
from functools import cached_property

from tests.simserver.tokens import mostly_cjk

_QUOTED = re.compile(
    r"\"([^\"\n]+)\"|“([^”\n]+)”|「([^」\n]+)」|『([^』\n]+)』|«([^»\n]+)»"
    r"|(?<![^\W_])'([^'\n]+)'(?![^\W_])|(?<![^\W_])‘([^’\n]+)’(?![^\W_])"
)
_FORBIDS = re.compile(
    r"\b(?:must|may|shall|should|do|can)(?:\s+not\b|n['’]t\b)|\bcannot\b|\bnever\b|\bavoid|\bwithout\b"
    r"|\bforbidden\b|不得|不要|不能|不可|禁止|避免",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"(?:\"[^\"\n]*\"|“[^”\n]*”|「[^」\n]*」|[^.!?。！？\n]|[.!?](?=[^\s\"”']))++"
    r"[.!?。！？]*[\"”」']?"
)
_ITEM = re.compile(r"^- \[([^\]\n]+)\] (.+)$", re.MULTILINE)
_NUMBERED = re.compile(r"^\[(\d+)\] (?:\((\d+) words?\) )?(.*)$", re.MULTILINE)
_LISTED = re.compile(r"^- (\w+): (.+)$", re.MULTILINE)
_LANGUAGE = re.compile(r"^\W*Language: *([^\W_]+)", re.MULTILINE | re.IGNORECASE)
_REQUEST = re.compile(r"^Request: *", re.MULTILINE)


@dataclass(frozen=True)
class Item:
    """A line ``- [id] text``: a constraint, a finding or a memory entry."""

    id: str
    text: str


@dataclass(frozen=True)
class Prompt:
    """The messages of a request, system and user apart."""

    system: str
    user: str

    def field(self, name: str) -> str:
        """Return what follows ``name:`` on a line of its own in the user message, or ""."""
        found = re.search(rf"^{name}: *(.*)$", self.user, re.MULTILINE)
        return found.group(1).strip() if found else ""

    def numbers(self, name: str) -> list[int]:
        """Return the numbers of the line ``name: ...``."""
        return [int(n) for n in re.findall(r"\d+", self.field(name).replace(",", ""))]

    def asked(self, pattern: str) -> int | None:
        """Return the number in an order such as ``Write about 80 more words``."""
        found = re.search(pattern, self.user)
        return int(found.group(1)) if found else None

    def block(self, tag: str) -> str:
        """Return what stands between ``<tag>`` and ``</tag>``, first of all in the user message."""
        for text in (self.user, self.system):
            _, opened, rest = text.partition(f"<{tag}>")
            if opened:
                return rest.partition(f"</{tag}>")[0].strip("\n")
        return ""

    @cached_property
    def section(self) -> str:
        """The id of the section that the request is about, or ""."""
        return self.field("Section").split(" ")[0]

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """The names that the section deals with."""
        return tuple(
            s.strip() for s in re.split(r"[,;，、；]", self.field("Subjects")) if s.strip()
        )

    @cached_property
    def requirements(self) -> list[Item]:
        """The lines under ``Requirements:``."""
        _, found, rest = f"\n{self.user}".partition("\nRequirements:")
        lines = re.match(r"[^\n]*\n((?:- [^\n]*(?:\n|$))*)", rest) if found else None
        return items(lines.group(1)) if lines else []

    @cached_property
    def brief(self) -> str:
        """What the person fixed about the piece; it opens every prompt of a work."""
        return self.block("brief") or self.user

    @cached_property
    def request(self) -> str:
        """The person's own words, which end the brief. They stay when the brief gets a title."""
        found = _REQUEST.search(self.brief)
        return self.brief[found.end() :] if found else self.brief

    @cached_property
    def chinese(self) -> bool:
        """True when the piece is to be in Chinese, or in Japanese, for which it must do."""
        if told := _LANGUAGE.search(self.brief):
            return told.group(1).lower() in ("zh", "ja", "chinese", "japanese", "中文", "汉语")
        return mostly_cjk(self.request)


def items(text: str) -> list[Item]:
    """Return the lines ``- [id] text`` of ``text``."""
    return [Item(*found) for found in _ITEM.findall(text)]


def numbered(text: str) -> dict[int, str]:
    """Return the lines ``[1] Sentence.`` of ``text`` by their number."""
    return {int(n): sentence for n, _, sentence in _NUMBERED.findall(text)}


def numbered_words(text: str) -> dict[int, int | None]:
    """Return the word counts of lines ``[1] (12 words) Sentence.``; None where none is given."""
    return {int(n): int(words) if words else None for n, words, _ in _NUMBERED.findall(text)}


def listed(text: str) -> list[tuple[str, str, str]]:
    """Return id, title and purpose of the lines ``- s3: Title — purpose`` of ``text``."""
    return [(sid, *_split_purpose(rest)) for sid, rest in _LISTED.findall(text)]


def _split_purpose(rest: str) -> tuple[str, str]:
    title, _, purpose = rest.partition(" — ")
    return title.strip(), purpose.strip()


def sentences(text: str) -> list[str]:
    """Return the sentences of ``text``, each an exact part of it, without bullets before them."""
    found = (re.sub(r"^\s*(?:[-*•]\s+|\d+[.)]\s+)?", "", s) for s in _SENTENCE.findall(text))
    return [s.rstrip() for s in found if re.search(r"\w", s)]


def quoted(text: str) -> list[str]:
    """Return the phrases that stand in quotation marks in ``text``."""
    return [next(filter(None, groups)) for groups in _QUOTED.findall(text)]


def forbids(text: str) -> bool:
    """Return True when ``text`` says what must not be."""
    return bool(_FORBIDS.search(text))
