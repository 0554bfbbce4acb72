"""Making outlines by code: word budgets that add up, series that miss no unit, titles set apart."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from inkwright.agents.llm.schemas import Chapters, OutlineFault, PlannedChapter, PlannedSection
from inkwright.memory.domain.brief import Brief, Constraint, Continuity, OutlineItem
from inkwright.memory.domain.outline import Heading, Outline, Section
from inkwright.memory.errors import BadInput, UnusableAnswer
from inkwright.memory.text.normalise import normalise

ALL = "all"
"""What ``depends_on`` says for a section that is written after every other one."""


def sections_for(words: int) -> int:
    """Return into how many sections a piece of ``words`` words is planned.

    Sections grow with the piece, from 150 words in one of 600 to 1,200 in a book: long enough to
    say something, short enough for one call.
    """
    size = min(max(150 * math.pow(words / 600, 0.6), 60), 1200)
    return max(round(words / size), 1)


def highest_position(placed: Iterable[Constraint]) -> int:
    """Return the highest section number that any constraint names."""
    return max((c.where.highest for c in placed), default=0)


def title_of(brief: Brief) -> str:
    """Return a title for a piece whose brief gives none: its first words."""
    first = brief.request.split("\n", 1)[0].strip()
    return first if len(first) <= 60 else first[:57].rstrip() + "..."


def single(title: str, continuity: Continuity, words: int) -> Outline:
    """Return an outline of one section: the whole piece, unplanned."""
    section = Section(id="s1", title=title, target_words=words)
    return Outline(title=title, continuity=continuity, sections=(section,))


def flat(
    title: str, continuity: Continuity, words: int, planned: Sequence[PlannedSection]
) -> Outline:
    """Return an outline without chapters."""
    budgets = shares([s.words for s in planned], words)
    sections = [
        _section(f"s{n}", item, budget, ())
        for n, (item, budget) in enumerate(zip(planned, budgets, strict=True), 1)
    ]
    return _finished(title, continuity, (), sections, [s.last for s in planned])


def in_chapters(
    title: str,
    continuity: Continuity,
    words: int,
    chapters: Sequence[tuple[PlannedChapter, Sequence[PlannedSection]]],
) -> Outline:
    """Return an outline of chapters and their sections."""
    headings = tuple(
        Heading(id=f"h{n}", title=c.title, level=1, purpose=c.purpose)
        for n, (c, _) in enumerate(chapters, 1)
    )
    items = [(h.id, s) for h, (_, part) in zip(headings, chapters, strict=True) for s in part]
    budgets = shares([s.words for _, s in items], words)
    sections = [
        _section(f"s{n}", item, budget, (heading,))
        for n, ((heading, item), budget) in enumerate(zip(items, budgets, strict=True), 1)
    ]
    return _finished(title, continuity, headings, sections, [s.last for _, s in items])


def series(title: str, continuity: Continuity, words: int, units: int, unit_title: str) -> Outline:
    """Return an outline of ``units`` numbered sections, none missing."""
    form = unit_title if "{n}" in unit_title else f"{unit_title or 'Part'} {{n}}"
    sections = tuple(
        Section(id=f"s{n}", title=form.replace("{n}", str(n)), target_words=budget)
        for n, budget in enumerate(shares([1] * units, max(words, units)), 1)
    )
    return Outline(title=title, continuity=continuity, sections=sections)


def given(brief: Brief, title: str, continuity: Continuity, words: int) -> Outline:
    """Return the brief's own outline: its titles, order and budgets as they stand."""
    found = leaves(brief.outline)
    missing = sum(1 for leaf in found if leaf.words is None)
    stated = sum(leaf.words or 0 for leaf in found)
    rest = words - stated if words > stated else missing * 300
    spare = iter(shares([1] * missing, max(rest, missing)) if missing else ())
    headings: list[Heading] = []
    sections: list[Section] = []

    def walk(item: OutlineItem, level: int, within: tuple[str, ...]) -> None:
        if item.sections:
            heading = Heading(
                id=f"h{len(headings) + 1}",
                title=item.title,
                level=level,
                purpose=item.purpose,
            )
            headings.append(heading)
            for child in item.sections:
                walk(child, level + 1, (*within, heading.id))
            return
        sections.append(
            Section(
                id=f"s{len(sections) + 1}",
                title=item.title,
                level=level,
                within=within,
                purpose=item.purpose,
                key_points=item.key_points,
                target_words=item.words or next(spare),
                subjects=item.subjects,
            )
        )

    for top in brief.outline:
        walk(top, 1, ())
    after = _after(found, sections)
    sections = [s.model_copy(update={"after": after[s.id]}) for s in sections]
    try:
        return Outline(
            title=title,
            continuity=continuity,
            headings=tuple(headings),
            sections=tuple(sections),
        )
    except ValueError as fault:
        said = str(fault).split("Value error, ")[-1].split(" [type=")[0]
        raise BadInput(f"outline: {said}") from fault


def fill(outline: Outline, details: Mapping[str, PlannedSection]) -> Outline:
    """Return ``outline`` with the fields that were empty filled in."""
    sections = []
    for section in outline.sections:
        detail = details.get(section.id)
        if detail is not None:
            found = {
                "purpose": detail.purpose,
                "key_points": tuple(detail.key_points),
                "owns": detail.owns,
                "hands_over": detail.hands_over,
                "leaves_out": detail.leaves_out,
                "subjects": tuple(detail.subjects),
            }
            empty = {k: v for k, v in found.items() if not getattr(section, k)}
            section = section.model_copy(update=empty)
        sections.append(section)
    return outline.with_sections(sections)


def patched(outline: Outline, faults: Sequence[OutlineFault]) -> Outline:
    """Return ``outline`` with new titles and purposes, where they stay distinct."""
    new = {f.section: f for f in faults}
    titles = {normalise(s.title) for s in outline.sections}
    sections = []
    for section in outline.sections:
        fault = new.get(section.id)
        if fault is not None:
            title = fault.title.strip()
            fresh = bool(title) and normalise(title) not in titles
            titles.add(normalise(title))
            section = section.model_copy(
                update={
                    "title": title if fresh else section.title,
                    "purpose": fault.purpose.strip() or section.purpose,
                }
            )
        sections.append(section)
    return outline.with_sections(sections)


def shares(weights: Sequence[int], total: int) -> list[int]:
    """Split ``total`` in proportion to ``weights``, in whole numbers of at least one that add up.

    Weights of nothing, or far from the rest, count as the mean: a plan's own numbers are hints.
    """
    if not weights:
        return []
    known = [w for w in weights if w > 0]
    mean = sum(known) / len(known) if known else 1
    usable = [w if w > 0 and mean / 4 <= w <= mean * 4 else mean for w in weights]
    scale = total / sum(usable)
    parts = [max(int(w * scale), 1) for w in usable]
    for n in range(max(total - sum(parts), 0)):
        parts[n % len(parts)] += 1
    while sum(parts) > max(total, len(parts)):
        parts[parts.index(max(parts))] -= 1
    return parts


def fault_of_sections(sections: Sequence[PlannedSection], number: int) -> str | None:
    """Say what a planned list of sections lacks, if anything."""
    if len(sections) != number:
        return f"it has {len(sections)} sections; {number} were asked for"
    for what in ("title", "purpose"):
        said = [normalise(getattr(s, what)) for s in sections]
        if not all(said):
            return f"a section has no {what}"
        if len(set(said)) < len(said):
            return f"two sections have the same {what}"
    return None


def fault_of_chapters(answer: Chapters, number: int) -> str | None:
    """Say what a planned list of chapters lacks, if anything."""
    titles = [normalise(c.title) for c in answer.chapters]
    if len(titles) != number:
        return f"it has {len(titles)} chapters; {number} were asked for"
    return "two chapters have the same title" if len(set(titles)) < len(titles) else None


def _finished(
    title: str,
    continuity: Continuity,
    headings: tuple[Heading, ...],
    sections: Sequence[Section],
    last: Sequence[bool],
) -> Outline:
    """Set titles apart, and let what sums up the others wait for them."""
    if not sections:
        raise UnusableAnswer("planner (outline, plan)", "the outline has no section", "")
    taken = {normalise(s.title) for s in sections}
    seen: set[str] = set()
    closing = {s.id for s, is_last in zip(sections, last, strict=True) if is_last}
    closing = closing if len(closing) == 1 and len(sections) > 1 else set()
    done = []
    for section in sections:
        update: dict[str, object] = {}
        if normalise(section.title) in seen:
            numbered = (f"{section.title} ({n})" for n in count(2))
            update["title"] = next(t for t in numbered if normalise(t) not in taken)
            taken.add(normalise(str(update["title"])))
        seen.add(normalise(section.title))
        if section.id in closing:
            update["after"] = tuple(s.id for s in sections if s.id != section.id)
        done.append(section.model_copy(update=update))
    return Outline(title=title, continuity=continuity, headings=headings, sections=tuple(done))


def _section(sid: str, item: PlannedSection, words: int, within: tuple[str, ...]) -> Section:
    return Section(
        id=sid,
        title=item.title.strip() or f"Part {sid[1:]}",
        level=len(within) + 1,
        within=within,
        purpose=item.purpose.strip(),
        key_points=tuple(p for p in item.key_points if p.strip()),
        target_words=words,
        owns=item.owns.strip(),
        hands_over=item.hands_over.strip(),
        leaves_out=item.leaves_out.strip(),
        subjects=tuple(s for s in item.subjects if s.strip()),
    )


def leaves(items: Iterable[OutlineItem]) -> list[OutlineItem]:
    """Return the items that are written as sections, in reading order."""
    found = []
    for item in items:
        found += leaves(item.sections) if item.sections else [item]
    return found


def _after(items: Sequence[OutlineItem], sections: Sequence[Section]) -> dict[str, tuple[str, ...]]:
    by_title = {normalise(s.title): s.id for s in sections}
    found: dict[str, tuple[str, ...]] = {}
    for leaf, section in zip(items, sections, strict=True):
        if tuple(leaf.depends_on) == (ALL,):
            found[section.id] = tuple(s.id for s in sections if s.id != section.id)
            continue
        for title in leaf.depends_on:
            if normalise(title) not in by_title:
                raise BadInput(
                    f"outline: {section.title!r} depends on {title!r}, which no section is called"
                )
        found[section.id] = tuple(by_title[normalise(t)] for t in leaf.depends_on)
    return found
