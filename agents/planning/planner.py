"""Planner: from a brief to an outline, its constraints, and what all sections agree on.

A plan with word counts follows AgentWrite (Bai et al. 2024, arXiv:2408.07055); constraints placed
before the outline is made, and checked against it, follow CogWriter (arXiv:2502.12568).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from inkwright.agents.context.run_context import RunContext
from inkwright.agents.llm.parsing import in_other_script
from inkwright.agents.llm.schemas import (
    Cast,
    Chapters,
    PlannedChapter,
    PlannedSection,
    PlanReview,
    Requirements,
    Sections,
)
from inkwright.agents.planning import outline_builder, source_placement
from inkwright.agents.planning.constraint_builder import bare_title
from inkwright.agents.planning.requirements import (
    constraints,
    is_series,
    read_requirements,
    with_room,
    words_asked_for,
)
from inkwright.memory.domain import constraint_consistency
from inkwright.memory.domain.brief import Constraint, Continuity, OutlineItem
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.entry_equality import same_fact, same_topic
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.errors import UnusableAnswer
from inkwright.memory.text.normalise import normalise
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

FLAT = 12
"""Outlines of up to this many sections are planned in one call."""
DETAILS_BATCH = 10
JUDGED_FROM = 7
"""Outlines of fewer sections are checked by rule alone."""


@dataclass(frozen=True)
class NewPlan:
    """What planning made, ready to be adopted."""

    outline: Outline
    constraints: tuple[Constraint, ...]
    entries: tuple[Entry, ...]


async def plan(desk: RunContext) -> NewPlan:
    """Plan the work on ``desk``.

    Raises:
        BadInput: constraints contradict each other or name a section there is not.
        ModelError: the planner gave nothing to plan with.
    """
    found = await read_requirements(desk) if desk.arms.plan == "full" else None
    placed = constraints(desk.brief, found, desk.request)
    desk.speak(placed)
    words = words_asked_for(desk.brief, found)
    words = with_room(words, placed, (found.units if found else None) or 1)
    outline = await _outline(desk, found, placed, words)
    placed = _without_misread(desk, placed, outline)
    constraint_consistency.check(
        placed, len(outline.sections), titles=constraint_consistency.titles_of(outline)
    )
    if desk.arms.plan == "full":
        outline = await source_placement.place(desk, outline)
    entries = _persons_entries(desk)
    if desk.arms.plan == "full" and desk.arms.memory == "full":
        said = [*entries, *desk.ledger.latest()]
        made = await _plan_entries(desk, outline)
        entries += tuple(e for e in made if not _is_said(e, said))
    return NewPlan(outline, placed, entries)


def _without_misread(
    desk: RunContext, placed: Sequence[Constraint], outline: Outline
) -> tuple[Constraint, ...]:
    """Leave out sections that only the request names, where the person's own outline has others."""
    titles = constraint_consistency.titles_of(outline)
    kept = []
    for c in placed:
        doubtful = c.kind == "structure" and c.source == "request" and bool(desk.brief.outline)
        name = constraint_consistency.missing_title(c.sections, titles) if doubtful else None
        if name is None:
            kept.append(c)
        else:
            desk.problem(f"{c.id}: your outline has no section {name!r} in that place")
    return tuple(kept)


async def _outline(
    desk: RunContext, found: Requirements | None, placed: Sequence[Constraint], words: int
) -> Outline:
    brief = desk.brief
    title = brief.title or _title(desk, found) or outline_builder.title_of(brief)
    continuity = brief.continuity or _continuity(brief.kind, found)
    if desk.arms.plan == "none":
        return outline_builder.single(title, continuity, words)
    if brief.outline:
        outline = outline_builder.given(brief, title, continuity, words)
        if desk.arms.plan == "full":
            outline = await _filled_in(desk, outline)
        return outline
    if desk.arms.plan == "given":
        return outline_builder.single(title, continuity, words)
    if found is not None and found.units and is_series(found, desk.request):
        form = bare_title(found.unit_title)
        outline = outline_builder.series(title, continuity, words, found.units, form)
        return await _filled_in(desk, outline)
    if names := next((c.sections for c in placed if c.kind == "structure"), ()):
        return await _structured(desk, title, continuity, words, placed, names)
    outline = await _invented(desk, title, continuity, words, placed)
    highest = outline_builder.highest_position(placed)
    if len(outline.sections) < highest:
        fault = f"it has {len(outline.sections)} sections; one requirement names section {highest}"
        raise UnusableAnswer("planner (outline, plan)", fault, "")
    return await _checked(desk, outline)


def _title(desk: RunContext, found: Requirements | None) -> str:
    """Return the title that the model gave, if it is in the language of the piece."""
    title = found.title.strip() if found else ""
    return "" if in_other_script(title, han=desk.han) else title


def _continuity(kind: str | None, found: Requirements | None) -> Continuity:
    told = (kind or "").lower()
    fiction = any(word in told for word in ("novel", "story", "fiction", "小说", "故事"))
    return "strict" if fiction or (not told and found is not None and found.fiction) else "chapter"


async def _invented(
    desk: RunContext,
    title: str,
    continuity: Continuity,
    words: int,
    placed: Sequence[Constraint],
) -> Outline:
    number = max(outline_builder.sections_for(words), outline_builder.highest_position(placed))
    if number <= FLAT:
        sections = await _sections(desk, "", number, words, placed, "outline")
        return outline_builder.flat(title, continuity, words, sections)
    wanted = max(round(number / 5), 2)
    answer = await desk.models.form(
        desk.ask(
            "plan",
            "planner",
            "chapters",
            inputs.ChaptersInputs(chapters=str(wanted), sections=str(number), words=str(words)),
            max_tokens=120 * wanted,
        ),
        Chapters,
        lambda a: outline_builder.fault_of_chapters(a, wanted),
    )
    sizes = outline_builder.shares([max(c.sections, 1) for c in answer.chapters], number)
    parts = [(c, n) for c, n in zip(answer.chapters, sizes, strict=True) if n]
    written = await asyncio.gather(
        *(
            _sections(
                desk,
                f"Chapter: {chapter.title}\nPurpose of the chapter: {chapter.purpose}",
                size,
                round(words * size / number),
                placed,
                f"outline {place}",
            )
            for place, (chapter, size) in enumerate(parts, 1)
        )
    )
    return outline_builder.in_chapters(
        title,
        continuity,
        words,
        [(c, s) for (c, _), s in zip(parts, written, strict=True)],
    )


async def _structured(
    desk: RunContext,
    title: str,
    continuity: Continuity,
    words: int,
    placed: Sequence[Constraint],
    names: Sequence[str],
) -> Outline:
    """Return an outline of the sections that a constraint names; long ones become chapters."""
    number = max(outline_builder.sections_for(words), outline_builder.highest_position(placed))
    if number < 2 * len(names):
        items = tuple(OutlineItem(title=name) for name in names)
        brief = desk.brief.model_copy(update={"outline": items})
        return await _filled_in(desk, outline_builder.given(brief, title, continuity, words))
    sizes = outline_builder.shares([1] * len(names), number)
    written = await asyncio.gather(
        *(
            _sections(
                desk, f"Chapter: {name}", size, round(words * size / number), placed,
                f"outline {place}",
            )
            for place, (name, size) in enumerate(zip(names, sizes, strict=True), 1)
        )
    )  # fmt: skip
    chapters = [PlannedChapter(title=name, purpose="") for name in names]
    return outline_builder.in_chapters(
        title, continuity, words, list(zip(chapters, written, strict=True))
    )


async def _sections(
    desk: RunContext,
    chapter: str,
    number: int,
    words: int,
    placed: Sequence[Constraint],
    purpose: str,
) -> list[PlannedSection]:
    told = "\n".join(f"- {c.text} ({c.where})" for c in placed)
    answer = await desk.models.form(
        desk.ask(
            "plan",
            "planner",
            purpose,
            inputs.SectionsInputs(
                chapter=chapter,
                sections=str(number),
                words=str(words),
                requirements=f"Requirements, with the sections that carry them:\n{told}"
                if told
                else "",
            ),
            max_tokens=180 * number + 100,
        ),
        Sections,
        lambda a: outline_builder.fault_of_sections(a.sections, number),
    )
    return answer.sections[:number]


async def _filled_in(desk: RunContext, outline: Outline) -> Outline:
    """Give purpose to the sections that have none; everything else stays as it is."""
    bare = [s for s in outline.sections if not s.purpose]
    batches = [bare[i : i + DETAILS_BATCH] for i in range(0, len(bare), DETAILS_BATCH)]
    answers = await asyncio.gather(*(_details(desk, b, n) for n, b in enumerate(batches, 1)))
    details = {sid: detail for answer in answers for sid, detail in answer.items()}
    return outline_builder.fill(outline, details)


async def _details(
    desk: RunContext, batch: list[Section], number: int
) -> dict[str, PlannedSection]:
    lines = "\n".join(f"- {s.id}: {s.title}" for s in batch)
    try:
        answer = await desk.models.form(
            desk.ask(
                "plan",
                "planner",
                f"details {number}",
                inputs.DetailsInputs(sections=fence("sections", lines)),
                max_tokens=180 * len(batch) + 100,
            ),
            Sections,
            lambda a: (
                None
                if len(a.sections) == len(batch)
                else f"it has {len(a.sections)} items for {len(batch)} sections"
            ),
        )
    except UnusableAnswer as fault:
        desk.problem(
            f"sections {batch[0].id} to {batch[-1].id} stay without a purpose ({fault.fault})"
        )
        return {}
    if len(answer.sections) == len(batch):
        return {s.id: detail for s, detail in zip(batch, answer.sections, strict=True)}
    by_title = {normalise(detail.title): detail for detail in answer.sections}
    titled = {s.id: by_title.get(normalise(s.title)) for s in batch}
    return {sid: detail for sid, detail in titled.items() if detail is not None}


async def _checked(desk: RunContext, outline: Outline) -> Outline:
    """Let a judge look for gaps and overlaps, once; it answers with new titles and purposes."""
    if len(outline.sections) < JUDGED_FROM or desk.arms.review != "full":
        return outline
    lines = "\n".join(f"- {s.id}: {s.title} — {s.purpose}" for s in outline.sections)
    room = desk.room_for(800)
    if desk.tokenizer.count(lines) > room:
        return outline
    try:
        answer = await desk.models.form(
            desk.ask(
                "plan",
                "reviewer",
                "plan check",
                inputs.PlanCheckInputs(sections=fence("sections", lines)),
                max_tokens=800,
            ),
            PlanReview,
        )
    except UnusableAnswer as fault:
        desk.problem(f"the outline was not reviewed ({fault.fault})")
        return outline
    return outline_builder.patched(outline, answer.faults)


def _persons_entries(desk: RunContext) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            id=f"m.{number}",
            kind=given.kind,
            subject=given.subject,
            aliases=given.aliases,
            attribute=given.attribute,
            statement=given.statement,
            story_time=given.story_time,
            origin="person",
            pinned=given.pinned,
        )
        for number, given in enumerate(desk.brief.memory, desk.ledger.next_number("m"))
    )


def _is_said(entry: Entry, said: Sequence[Entry]) -> bool:
    """True when a person has said what there is to say on the entry's topic."""
    theirs = (e for e in said if e.origin == "person" and e.status == "live")
    return any(same_topic(entry, e) if entry.attribute else same_fact(entry, e) for e in theirs)


async def _plan_entries(desk: RunContext, outline: Outline) -> tuple[Entry, ...]:
    """Return the plan's own entries: what parallel sections agree on before any is written."""
    lines = "\n".join(f"- {s.id}: {s.title} — {s.purpose}" for s in outline.sections)
    lines = desk.clipped(lines, 900)
    try:
        answer = await desk.models.form(
            desk.ask(
                "plan",
                "planner",
                "entries",
                inputs.EntriesInputs(sections=fence("sections", lines)),
                max_tokens=900,
            ),
            Cast,
        )
    except UnusableAnswer as fault:
        desk.problem(f"the plan has no memory entries of its own ({fault.fault})")
        return ()
    kept: dict[tuple[tuple[str, str], str], Entry] = {}
    for item in answer.entries:
        if not item.subject.strip() or not item.statement.strip():
            continue
        start = item.from_section if item.from_section in outline.position else None
        entry = Entry(
            id=f"p.{len(kept) + 1}",
            kind=item.kind,
            subject=item.subject.strip(),
            aliases=tuple(a for a in item.aliases if a.strip()),
            attribute=item.attribute.strip(),
            statement=item.statement.strip(),
            origin="plan",
            from_section=start,
        )
        kept.setdefault((entry.topic, entry.statement if not entry.attribute else ""), entry)
    return tuple(kept.values())
