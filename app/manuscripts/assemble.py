"""From the sections' drafts to one Markdown text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from inkwright.app.display.formatting import collapse_lines
from inkwright.memory.base import digest
from inkwright.memory.domain.brief import Headings
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.domain.source_formatting import BOM, FileLayout, normalise_text
from inkwright.memory.ids import HeadingId, SectionId

MAX_HEADING_LEVEL = 6
"""Markdown knows no deeper heading."""


@dataclass(frozen=True)
class Spacing:
    """What stands between texts."""


@dataclass(frozen=True)
class SectionBody:
    """A section's text, or the line that names its gap."""

    id: SectionId


@dataclass(frozen=True)
class TitleHeading:
    """The heading of the whole."""


@dataclass(frozen=True)
class ChapterHeading:
    """The heading of a chapter, or of another part that holds sections."""

    id: HeadingId


@dataclass(frozen=True)
class SectionHeading:
    """A section's own heading."""

    id: SectionId


HeadingPlace = TitleHeading | ChapterHeading | SectionHeading
Place = Spacing | SectionBody | HeadingPlace
ManuscriptPart = tuple[Place, str]
"""A stretch of the manuscript: what it is, and its text."""
_SPACING = Spacing()


def assemble(outline: Outline, drafts: Mapping[SectionId, Draft], headings: Headings) -> str:
    """Return the manuscript; a section without a draft is a named gap.

    With ``headings="none"`` it is exactly the sections' text, a blank line between two. A
    manuscript from outside comes out as it came in, but for the texts that are new.
    """
    return "".join(text for _, text in yield_pieces(outline, drafts, headings))


def yield_pieces(
    outline: Outline, drafts: Mapping[SectionId, Draft], headings: Headings
) -> Iterator[ManuscriptPart]:
    """Yield the manuscript in stretches, each with what it is."""
    if outline.layout is not None and headings == "all":
        return _yield_original_layout(outline, drafts, outline.layout)
    return _yield_default_layout(outline, drafts, headings)


def format_gap(section: Section) -> str:
    """Return the line that stands where a section could not be written."""
    return f"*[Missing: section {section.id}, “{collapse_lines(section.title)}”]*"


def _yield_default_layout(
    outline: Outline, drafts: Mapping[SectionId, Draft], headings: Headings
) -> Iterator[ManuscriptPart]:
    parts: list[ManuscriptPart] = []
    if headings != "none":
        parts.append((TitleHeading(), _format_heading(0, outline.title)))
    open_ids: tuple[str, ...] = ()
    for section in outline.sections:
        parts.extend(_yield_headings(outline, section, open_ids, headings))
        open_ids = section.within
        draft = drafts.get(section.id)
        parts.append(
            (SectionBody(section.id), draft.text.strip() if draft else format_gap(section))
        )
    for number, part in enumerate(parts):
        if number:
            yield _SPACING, "\n\n"
        yield part
    yield _SPACING, "\n"


def _yield_headings(
    outline: Outline, section: Section, open_ids: tuple[str, ...], headings: Headings
) -> Iterator[ManuscriptPart]:
    if headings == "none":
        return
    heading_by_id = {h.id: h for h in outline.headings}
    for depth, heading_id in enumerate(section.within):
        is_new = section.within[: depth + 1] != open_ids[: depth + 1]
        if is_new and (headings == "all" or depth == 0):
            yield (
                ChapterHeading(heading_id),
                _format_heading(heading_by_id[heading_id].level, heading_by_id[heading_id].title),
            )
    if section.has_heading and (headings == "all" or not section.within):
        yield SectionHeading(section.id), _format_heading(section.level, section.title)


def _yield_original_layout(
    outline: Outline, drafts: Mapping[SectionId, Draft], layout: FileLayout
) -> Iterator[ManuscriptPart]:
    page = _Page(layout.newline)
    heading_by_id = {h.id: h for h in outline.headings}
    level_offset = 0 if layout.titled else -1
    yield from page.yield_original(TitleHeading(), layout.front)
    open_ids: tuple[str, ...] = ()
    for section in outline.sections:
        for depth, heading_id in enumerate(section.within):
            if section.within[: depth + 1] != open_ids[: depth + 1]:
                raw = heading_by_id[heading_id].raw
                if raw is not None:
                    yield from page.yield_original(ChapterHeading(heading_id), raw)
                else:
                    line = _format_heading(
                        heading_by_id[heading_id].level + level_offset,
                        heading_by_id[heading_id].title,
                    )
                    yield from page.yield_new(ChapterHeading(heading_id), line)
        open_ids = section.within
        draft = drafts.get(section.id)
        if section.placed is None:
            line = _format_heading(section.level + level_offset, section.title)
            yield from page.yield_new(SectionHeading(section.id), line)
            yield from page.yield_new(
                SectionBody(section.id), draft.text.strip() if draft else format_gap(section)
            )
        else:
            yield from _yield_original_section(page, section, draft)


def _yield_original_section(
    page: "_Page", section: Section, draft: Draft | None
) -> Iterator[ManuscriptPart]:
    """Yield a section that stood in the file, as it stood there unless its text is new."""
    layout = section.placed
    assert layout is not None
    yield from page.yield_original(SectionHeading(section.id), layout.heading)
    text = draft.text.strip("\n") if draft else ""
    if not layout.of and text:
        yield from page.yield_original(_SPACING, layout.before)
        yield from page.yield_new(SectionBody(section.id), text)
        return
    is_unchanged = not text or digest(text) == layout.of
    raw = (
        layout.raw if is_unchanged and layout.raw is not None else text.replace("\n", page.newline)
    )
    yield from page.yield_original(_SPACING, layout.before)
    yield from page.yield_original(SectionBody(section.id), raw)
    yield from page.yield_original(_SPACING, layout.after)
    page.needs_separator = not is_unchanged


class _Page:
    """What is written so far, as far as the next stretch must know it."""

    def __init__(self, newline: str) -> None:
        self.newline = newline
        self.needs_separator = False
        """The last stretch is new, so that a blank line must set the next one apart."""
        self._tail = ""

    def yield_original(self, place: Place, text: str) -> Iterator[ManuscriptPart]:
        """Yield a stretch that brings its own blank lines."""
        if text:
            if self.needs_separator and text.strip():
                yield from self._yield_separator()
            self._tail = (self._tail + text)[-8:]
            yield place, text

    def yield_new(self, place: Place, text: str) -> Iterator[ManuscriptPart]:
        """Yield a stretch that has none."""
        yield from self._yield_separator()
        text = text.replace("\n", self.newline)
        yield place, text
        yield _SPACING, self.newline
        self._tail, self.needs_separator = (text + self.newline)[-8:], True

    def _yield_separator(self) -> Iterator[ManuscriptPart]:
        tail = normalise_text(self._tail).strip(BOM)
        if tail and not tail.endswith("\n\n"):
            yield _SPACING, self.newline * (1 if tail.endswith("\n") else 2)
        self.needs_separator = False


def _format_heading(level: int, title: str) -> str:
    return f"{'#' * min(level + 1, MAX_HEADING_LEVEL)} {collapse_lines(title)}"
