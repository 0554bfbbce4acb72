"""From the sections' drafts to one Markdown text."""

from collections.abc import Iterator, Mapping

from inkwright.memory.brief import Headings
from inkwright.memory.draft import Draft
from inkwright.memory.outline import Outline, Section

DEEPEST = 6
"""Markdown knows no deeper heading."""


def assemble(outline: Outline, drafts: Mapping[str, Draft], headings: Headings) -> str:
    """Return the manuscript; a section without a draft is a named gap.

    With ``headings="none"`` it is exactly the sections' text, a blank line between two.
    """
    parts = [] if headings == "none" else [_heading(0, outline.title)]
    opened: tuple[str, ...] = ()
    for section in outline.sections:
        parts.extend(_headings(outline, section, opened, headings))
        opened = section.within
        draft = drafts.get(section.id)
        parts.append(draft.text.strip() if draft else gap(section))
    return "\n\n".join(parts) + "\n"


def gap(section: Section) -> str:
    """Return the line that stands where a section could not be written."""
    return f"*[Missing: section {section.id}, “{_one_line(section.title)}”]*"


def _headings(
    outline: Outline, section: Section, opened: tuple[str, ...], headings: Headings
) -> Iterator[str]:
    if headings == "none":
        return
    known = {h.id: h for h in outline.headings}
    for place, hid in enumerate(section.within):
        new = section.within[: place + 1] != opened[: place + 1]
        if new and (headings == "all" or place == 0):
            yield _heading(known[hid].level, known[hid].title)
    if headings == "all" or not section.within:
        yield _heading(section.level, section.title)


def _heading(level: int, title: str) -> str:
    return f"{'#' * min(level + 1, DEEPEST)} {_one_line(title)}"


def _one_line(title: str) -> str:
    return " ".join(title.split())
