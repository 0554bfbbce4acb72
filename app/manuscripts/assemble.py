"""From the sections' drafts to one Markdown text."""

from collections.abc import Iterator, Mapping

from inkwright.memory.base import digest
from inkwright.memory.domain.brief import Headings
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.domain.source_formatting import BOM, FileLayout, normal

DEEPEST = 6
"""Markdown knows no deeper heading."""


def assemble(outline: Outline, drafts: Mapping[str, Draft], headings: Headings) -> str:
    """Return the manuscript; a section without a draft is a named gap.

    With ``headings="none"`` it is exactly the sections' text, a blank line between two. A
    manuscript from outside comes out as it came in, but for the texts that are new.
    """
    return "".join(text for _, text in pieces(outline, drafts, headings))


def pieces(
    outline: Outline, drafts: Mapping[str, Draft], headings: Headings
) -> Iterator[tuple[str, str]]:
    """Yield the manuscript in stretches, each with what it is.

    That is ``""`` for what stands between texts, the section's id for its text, and the id with a
    ``#`` before it for the heading of a section or chapter (``#`` alone: of the whole).
    """
    if outline.layout is not None and headings == "all":
        return _as_it_stood(outline, drafts, outline.layout)
    return _anew(outline, drafts, headings)


def gap(section: Section) -> str:
    """Return the line that stands where a section could not be written."""
    return f"*[Missing: section {section.id}, “{_one_line(section.title)}”]*"


def _anew(
    outline: Outline, drafts: Mapping[str, Draft], headings: Headings
) -> Iterator[tuple[str, str]]:
    parts = [] if headings == "none" else [("#", _heading(0, outline.title))]
    opened: tuple[str, ...] = ()
    for section in outline.sections:
        parts.extend(_headings(outline, section, opened, headings))
        opened = section.within
        draft = drafts.get(section.id)
        parts.append((section.id, draft.text.strip() if draft else gap(section)))
    for number, part in enumerate(parts):
        if number:
            yield "", "\n\n"
        yield part
    yield "", "\n"


def _headings(
    outline: Outline, section: Section, opened: tuple[str, ...], headings: Headings
) -> Iterator[tuple[str, str]]:
    if headings == "none":
        return
    known = {h.id: h for h in outline.headings}
    for place, hid in enumerate(section.within):
        new = section.within[: place + 1] != opened[: place + 1]
        if new and (headings == "all" or place == 0):
            yield f"#{hid}", _heading(known[hid].level, known[hid].title)
    if section.headed and (headings == "all" or not section.within):
        yield f"#{section.id}", _heading(section.level, section.title)


def _as_it_stood(
    outline: Outline, drafts: Mapping[str, Draft], layout: FileLayout
) -> Iterator[tuple[str, str]]:
    page = _Page(layout.newline)
    known = {h.id: h for h in outline.headings}
    above = 0 if layout.titled else -1
    yield from page.old("#", layout.front)
    opened: tuple[str, ...] = ()
    for section in outline.sections:
        for place, hid in enumerate(section.within):
            if section.within[: place + 1] != opened[: place + 1]:
                raw = known[hid].raw
                if raw is not None:
                    yield from page.old(f"#{hid}", raw)
                else:
                    line = _heading(known[hid].level + above, known[hid].title)
                    yield from page.new(f"#{hid}", line)
        opened = section.within
        draft = drafts.get(section.id)
        if section.placed is None:
            line = _heading(section.level + above, section.title)
            yield from page.new(f"#{section.id}", line)
            yield from page.new(section.id, draft.text.strip() if draft else gap(section))
        else:
            yield from _in_place(page, section, draft)


def _in_place(page: "_Page", section: Section, draft: Draft | None) -> Iterator[tuple[str, str]]:
    """Yield a section that stood in the file, as it stood there unless its text is new."""
    at = section.placed
    assert at is not None
    yield from page.old(f"#{section.id}", at.heading)
    text = draft.text.strip("\n") if draft else ""
    if not at.of and text:
        yield from page.old("", at.before)
        yield from page.new(section.id, text)
        return
    same = not text or digest(text) == at.of
    raw = at.raw if same and at.raw is not None else text.replace("\n", page.newline)
    yield from page.old("", at.before)
    yield from page.old(section.id, raw)
    yield from page.old("", at.after)
    page.loose = not same


class _Page:
    """What is written so far, as far as the next stretch must know it."""

    def __init__(self, newline: str) -> None:
        self.newline = newline
        self.loose = False
        """The last stretch is new, so that a blank line must set the next one apart."""
        self._end = ""

    def old(self, what: str, text: str) -> Iterator[tuple[str, str]]:
        """Yield a stretch that brings its own blank lines."""
        if text:
            if self.loose and text.strip():
                yield from self._apart()
            self._end = (self._end + text)[-8:]
            yield what, text

    def new(self, what: str, text: str) -> Iterator[tuple[str, str]]:
        """Yield a stretch that has none."""
        yield from self._apart()
        text = text.replace("\n", self.newline)
        yield what, text
        yield "", self.newline
        self._end, self.loose = (text + self.newline)[-8:], True

    def _apart(self) -> Iterator[tuple[str, str]]:
        before = normal(self._end).strip(BOM)
        if before and not before.endswith("\n\n"):
            yield "", self.newline * (1 if before.endswith("\n") else 2)
        self.loose = False


def _heading(level: int, title: str) -> str:
    return f"{'#' * min(level + 1, DEEPEST)} {_one_line(title)}"


def _one_line(title: str) -> str:
    return " ".join(title.split())
