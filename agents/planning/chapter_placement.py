"""Constraints of a request, placed in the outline that was made for it.

A request counts in chapters, an outline in sections; and what a request counts may be something
that the outline does not have.
"""

import re
from collections.abc import Iterator, Sequence

from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.placement import Placement

_CHAPTER = re.compile(
    r"\b(?:chapters?|parts?|acts?|kapiteln?|teile?n?|chapitres?|parties?|capítulos?|"
    r"partes?)\b|[章幕]|部分",
    re.IGNORECASE,
)
_EVERY = re.compile(r"\b(?:each|every|jede[rsmn]?|chaque|cada)\b|每", re.IGNORECASE)


def place_in_outline(
    constraints: Sequence[Constraint], outline: Outline
) -> tuple[list[Constraint], list[str]]:
    """Return ``constraints`` placed in ``outline``, and a line on each that had to be moved.

    A chapter's are placed in its sections. Those for a section that the outline does not have hold
    for the whole piece, or are left out where they could not.
    """
    placed_constraints, lines = [], []
    for constraint in constraints:
        if constraint.source != "request":
            placed_constraints.append(constraint)
            continue
        new_constraint = _place(constraint, outline)
        if new_constraint.where.highest_position <= len(outline.sections):
            placed_constraints.append(new_constraint)
            continue
        place = f"{new_constraint.where} of {len(outline.sections)}"
        if new_constraint.kind in ("length", "format") or new_constraint.only_there:
            lines.append(f"“{new_constraint.text}” is for {place}, and was left out")
            continue
        lines.append(f"“{new_constraint.text}” is for {place}; it is checked on the whole piece")
        placed_constraints.append(new_constraint.model_copy(update={"where": Placement()}))
    return placed_constraints, lines


def _place(constraint: Constraint, outline: Outline) -> Constraint:
    chapters = list(_list_chapters(outline))
    quote = constraint.quote or ""
    if len(chapters) == len(outline.sections) or not _CHAPTER.search(quote):
        return constraint
    where = constraint.where
    if where.scope == "once" and where.first <= len(chapters):
        first, last = chapters[where.first - 1]
        where = (
            Placement(scope="range", first=first, last=last)
            if last > first
            else Placement(scope="once", first=first)
        )
        return constraint.model_copy(update={"where": where})
    if constraint.at and where.scope == "all" and _EVERY.search(quote):
        carriers = {last if constraint.at == "end" else first for first, last in chapters}
        others = tuple(
            Placement(scope="once", first=n)
            for n in range(1, len(outline.sections) + 1)
            if n not in carriers
        )
        return constraint.model_copy(update={"where": Placement(scope="others", but=others)})
    return constraint


def _list_chapters(outline: Outline) -> Iterator[tuple[int, int]]:
    """Yield the positions of the first and the last section of every part at the top level."""
    first, current = 1, ""
    for position, section in enumerate(outline.sections, 1):
        top = section.within[0] if section.within else section.id
        if current and top != current:
            yield first, position - 1
            first = position
        current = top
    yield first, len(outline.sections)
