"""Making outlines by code: word budgets that add up, series that miss no unit, titles set apart."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from inkwright.agents.llm.schemas import Chapters, OutlineFault, PlannedChapter, PlannedSection
from inkwright.memory.domain.brief import Brief, Constraint, Continuity, OutlineItem
from inkwright.memory.domain.outline import Heading, Outline, Section
from inkwright.memory.errors import BadInput, UnusableAnswer
from inkwright.memory.ids import SectionId
from inkwright.memory.talk.titles import clean_title
from inkwright.memory.text.normalise import normalise

ALL = "all"
"""What ``depends_on`` says for a section that is written after every other one."""


def estimate_section_count(words: int) -> int:
    """Return into how many sections a piece of ``words`` words is planned.

    Sections grow with the piece, from 150 words in one of 600 to 1,200 in a book: long enough to
    say something, short enough for one call.
    """
    size = min(max(150 * math.pow(words / 600, 0.6), 60), 1200)
    return max(round(words / size), 1)


def find_highest_position(constraints: Iterable[Constraint]) -> int:
    """Return the highest section number that any constraint names."""
    return max((c.where.highest_position for c in constraints), default=0)


def build_single_section(title: str, continuity: Continuity, words: int) -> Outline:
    """Return an outline of one section: the whole piece, unplanned."""
    section = Section(id="s1", title=title, target_words=words)
    return Outline(title=title, continuity=continuity, sections=(section,))


def build_flat(
    title: str, continuity: Continuity, words: int, planned_sections: Sequence[PlannedSection]
) -> Outline:
    """Return an outline without chapters."""
    budgets = split_in_proportion([s.words for s in planned_sections], words)
    sections = [
        _build_section(n, item, budget, ())
        for n, (item, budget) in enumerate(zip(planned_sections, budgets, strict=True), 1)
    ]
    return _finish_outline(title, continuity, (), sections, [s.last for s in planned_sections])


def build_chapters(
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
    items = [
        (h.id, s)
        for h, (_, chapter_sections) in zip(headings, chapters, strict=True)
        for s in chapter_sections
    ]
    budgets = split_in_proportion([s.words for _, s in items], words)
    sections = [
        _build_section(n, item, budget, (heading,))
        for n, ((heading, item), budget) in enumerate(zip(items, budgets, strict=True), 1)
    ]
    return _finish_outline(title, continuity, headings, sections, [s.last for _, s in items])


def build_series(
    title: str, continuity: Continuity, words: int, units: int, unit_title: str
) -> Outline:
    """Return an outline of ``units`` numbered sections, none missing."""
    title_form = unit_title if "{n}" in unit_title else f"{unit_title or 'Part'} {{n}}"
    sections = tuple(
        Section(id=f"s{n}", title=title_form.replace("{n}", str(n)), target_words=budget)
        for n, budget in enumerate(split_in_proportion([1] * units, max(words, units)), 1)
    )
    return Outline(title=title, continuity=continuity, sections=sections)


def build_from_brief(brief: Brief, title: str, continuity: Continuity, words: int) -> Outline:
    """Return the brief's own outline: its titles, order and budgets as they stand."""
    leaf_items = list_leaves(brief.outline)
    missing_count = sum(1 for leaf in leaf_items if leaf.words is None)
    stated_words = sum(leaf.words or 0 for leaf in leaf_items)
    remaining_words = words - stated_words if words > stated_words else missing_count * 300
    spare_budgets = iter(
        split_in_proportion([1] * missing_count, max(remaining_words, missing_count))
        if missing_count
        else ()
    )
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
                target_words=item.words or next(spare_budgets),
                subjects=item.subjects,
            )
        )

    for top_item in brief.outline:
        walk(top_item, 1, ())
    dependencies = _resolve_dependencies(leaf_items, sections)
    sections = [s.model_copy(update={"after": dependencies[s.id]}) for s in sections]
    try:
        return Outline(
            title=title,
            continuity=continuity,
            headings=tuple(headings),
            sections=tuple(sections),
        )
    except ValueError as fault:
        message = str(fault).split("Value error, ")[-1].split(" [type=")[0]
        raise BadInput(f"outline: {message}") from fault


def fill_in_details(outline: Outline, details: Mapping[str, PlannedSection]) -> Outline:
    """Return ``outline`` with the fields that were empty filled in."""
    sections = []
    for section in outline.sections:
        detail = details.get(section.id)
        if detail is not None:
            detail_fields = {
                "purpose": detail.purpose,
                "key_points": tuple(detail.key_points),
                "owns": detail.owns,
                "hands_over": detail.hands_over,
                "leaves_out": detail.leaves_out,
                "subjects": tuple(detail.subjects),
            }
            empty = {k: v for k, v in detail_fields.items() if not getattr(section, k)}
            section = section.model_copy(update=empty)
        sections.append(section)
    return outline.with_sections(sections)


def apply_faults(outline: Outline, faults: Sequence[OutlineFault]) -> Outline:
    """Return ``outline`` with new titles and purposes, where they stay distinct."""
    faults_by_section = {f.section: f for f in faults}
    titles = {normalise(s.title) for s in outline.sections}
    sections = []
    for section in outline.sections:
        fault = faults_by_section.get(section.id)
        if fault is not None:
            title = clean_title(fault.title)
            is_new_title = bool(title) and normalise(title) not in titles
            titles.add(normalise(title))
            section = section.model_copy(
                update={
                    "title": title if is_new_title else section.title,
                    "purpose": fault.purpose.strip() or section.purpose,
                }
            )
        sections.append(section)
    return outline.with_sections(sections)


def split_in_proportion(weights: Sequence[int], total: int) -> list[int]:
    """Split ``total`` in proportion to ``weights``, in whole numbers of at least one that add up.

    Weights of nothing, or far from the rest, count as the mean: a plan's own numbers are hints.
    """
    if not weights:
        return []
    positive_weights = [w for w in weights if w > 0]
    mean = sum(positive_weights) / len(positive_weights) if positive_weights else 1
    usable_weights = [w if w > 0 and mean / 4 <= w <= mean * 4 else mean for w in weights]
    scale = total / sum(usable_weights)
    parts = [max(int(w * scale), 1) for w in usable_weights]
    for n in range(max(total - sum(parts), 0)):
        parts[n % len(parts)] += 1
    while sum(parts) > max(total, len(parts)):
        parts[parts.index(max(parts))] -= 1
    return parts


def find_sections_fault(sections: Sequence[PlannedSection], expected_count: int) -> str | None:
    """Say what a planned list of sections lacks, if anything."""
    if len(sections) != expected_count:
        return f"it has {len(sections)} sections; {expected_count} were asked for"
    for field_name in ("title", "purpose"):
        field_values = [normalise(getattr(s, field_name)) for s in sections]
        if not all(field_values):
            return f"a section has no {field_name}"
        if len(set(field_values)) < len(field_values):
            return f"two sections have the same {field_name}"
    return None


def find_chapters_fault(answer: Chapters, expected_count: int) -> str | None:
    """Say what a planned list of chapters lacks, if anything."""
    titles = [normalise(c.title) for c in answer.chapters]
    if len(titles) != expected_count:
        return f"it has {len(titles)} chapters; {expected_count} were asked for"
    return "two chapters have the same title" if len(set(titles)) < len(titles) else None


def _finish_outline(
    title: str,
    continuity: Continuity,
    headings: tuple[Heading, ...],
    sections: Sequence[Section],
    last_flags: Sequence[bool],
) -> Outline:
    """Set titles apart, and let what sums up the others wait for them."""
    if not sections:
        raise UnusableAnswer("planner (outline, plan)", "the outline has no section", "")
    used_titles = {normalise(s.title) for s in sections}
    earlier_titles: set[str] = set()
    closing_ids = {s.id for s, is_last in zip(sections, last_flags, strict=True) if is_last}
    closing_ids = closing_ids if len(closing_ids) == 1 and len(sections) > 1 else set()
    finished_sections = []
    for section in sections:
        update: dict[str, object] = {}
        if normalise(section.title) in earlier_titles:
            numbered_titles = (f"{section.title} ({n})" for n in count(2))
            update["title"] = next(t for t in numbered_titles if normalise(t) not in used_titles)
            used_titles.add(normalise(str(update["title"])))
        earlier_titles.add(normalise(section.title))
        if section.id in closing_ids:
            update["after"] = tuple(s.id for s in sections if s.id != section.id)
        finished_sections.append(section.model_copy(update=update))
    return Outline(
        title=title, continuity=continuity, headings=headings, sections=tuple(finished_sections)
    )


def _build_section(
    number: int, item: PlannedSection, words: int, within: tuple[str, ...]
) -> Section:
    return Section(
        id=SectionId(f"s{number}"),
        title=clean_title(item.title) or f"Part {number}",
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


def list_leaves(items: Iterable[OutlineItem]) -> list[OutlineItem]:
    """Return the items that are written as sections, in reading order."""
    leaf_items = []
    for item in items:
        leaf_items += list_leaves(item.sections) if item.sections else [item]
    return leaf_items


def _resolve_dependencies(
    items: Sequence[OutlineItem], sections: Sequence[Section]
) -> dict[str, tuple[str, ...]]:
    by_title = {normalise(s.title): s.id for s in sections}
    dependencies: dict[str, tuple[str, ...]] = {}
    for leaf, section in zip(items, sections, strict=True):
        if tuple(leaf.depends_on) == (ALL,):
            dependencies[section.id] = tuple(s.id for s in sections if s.id != section.id)
            continue
        for title in leaf.depends_on:
            if normalise(title) not in by_title:
                raise BadInput(
                    f"outline: {section.title!r} depends on {title!r}, which no section is called"
                )
        dependencies[section.id] = tuple(by_title[normalise(t)] for t in leaf.depends_on)
    return dependencies
