"""Planner: from a brief to an outline, its constraints, and what all sections agree on.

A plan with word counts follows AgentWrite (Bai et al. 2024, arXiv:2408.07055); constraints placed
before the outline is made, and checked against it, follow CogWriter (arXiv:2502.12568).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from inkwright.agents.context.model_session import ModelSession, split_into_batches
from inkwright.agents.llm.parsing import is_in_other_script
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
from inkwright.agents.planning.constraint_builder import strip_title_marks
from inkwright.agents.planning.requirements import (
    add_room,
    collect_constraints,
    compute_target_words,
    is_series,
    read_requirements,
)
from inkwright.memory.domain import constraint_consistency
from inkwright.memory.domain.brief import Brief, Constraint, Continuity, OutlineItem
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.entry_equality import is_same_fact, is_same_topic
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import UnusableAnswer
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.talk.titles import clean_title
from inkwright.memory.text.normalise import normalise
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

MAX_FLAT_SECTIONS = 12
"""Outlines of up to this many sections are planned in one call."""
DETAILS_BATCH = 10
MIN_JUDGED_SECTIONS = 7
"""Outlines of fewer sections are checked by rule alone."""


@dataclass(frozen=True)
class NewPlan:
    """What planning made, ready to be adopted."""

    outline: Outline
    constraints: tuple[Constraint, ...]
    entries: tuple[Entry, ...]


async def plan(session: ModelSession, ledger: Ledger) -> NewPlan:
    """Plan a work from its brief, which the prompts show; ``ledger`` says what memory has already.

    Raises:
        BadInput: constraints contradict each other or name a section there is not.
        ModelError: the planner gave nothing to plan with.
    """
    requirements = await read_requirements(session) if session.ablation.plan == "full" else None
    plan_constraints = collect_constraints(
        session.prompts.brief, requirements, session.prompts.request
    )
    session.prompts.set_language_from(plan_constraints)
    words = compute_target_words(session.prompts.brief, requirements)
    words = add_room(words, plan_constraints, (requirements.units if requirements else None) or 1)
    outline = await _make_outline(session, requirements, plan_constraints, words)
    plan_constraints = _drop_misread_structure(session, plan_constraints, outline)
    constraint_consistency.check(
        plan_constraints, len(outline.sections), titles=constraint_consistency.list_titles(outline)
    )
    if session.ablation.plan == "full":
        outline = await source_placement.place_sources(session, outline)
    entries = _create_person_entries(session.prompts.brief, ledger)
    if session.ablation.plan == "full" and session.ablation.memory == "full":
        known_entries = [*entries, *ledger.latest()]
        plan_entries = await _create_plan_entries(session, outline)
        entries += tuple(e for e in plan_entries if not _is_stated_by_person(e, known_entries))
    return NewPlan(outline, plan_constraints, entries)


def _drop_misread_structure(
    session: ModelSession, constraints: Sequence[Constraint], outline: Outline
) -> tuple[Constraint, ...]:
    """Leave out sections that only the request names, where the person's own outline has others."""
    titles = constraint_consistency.list_titles(outline)
    kept_constraints = []
    for c in constraints:
        is_doubtful = (
            c.kind == "structure" and c.source == "request" and bool(session.prompts.brief.outline)
        )
        name = (
            constraint_consistency.find_missing_title(c.sections, titles) if is_doubtful else None
        )
        if name is None:
            kept_constraints.append(c)
        else:
            session.report_problem(f"{c.id}: your outline has no section {name!r} in that place")
    return tuple(kept_constraints)


async def _make_outline(
    session: ModelSession,
    requirements: Requirements | None,
    constraints: Sequence[Constraint],
    words: int,
) -> Outline:
    brief = session.prompts.brief
    title = (
        brief.title
        or _title_from_request(session, requirements)
        or outline_builder.derive_title(brief)
    )
    continuity = brief.continuity or _choose_continuity(brief.kind, requirements)
    if session.ablation.plan == "none":
        return outline_builder.build_single_section(title, continuity, words)
    if brief.outline:
        outline = outline_builder.build_from_brief(brief, title, continuity, words)
        if session.ablation.plan == "full":
            outline = await _fill_in_details(session, outline)
        return outline
    if session.ablation.plan == "given":
        return outline_builder.build_single_section(title, continuity, words)
    if (
        requirements is not None
        and requirements.units
        and is_series(requirements, session.prompts.request)
    ):
        unit_title = strip_title_marks(requirements.unit_title)
        outline = outline_builder.build_series(
            title, continuity, words, requirements.units, unit_title
        )
        return await _fill_in_details(session, outline)
    if names := next((c.sections for c in constraints if c.kind == "structure"), ()):
        return await _outline_named_sections(session, title, continuity, words, constraints, names)
    outline = await _invent_outline(session, title, continuity, words, constraints)
    highest = outline_builder.find_highest_position(constraints)
    if len(outline.sections) < highest:
        fault = f"it has {len(outline.sections)} sections; one requirement names section {highest}"
        raise UnusableAnswer("planner (outline, plan)", fault, "")
    return await _check_outline(session, outline)


def _title_from_request(session: ModelSession, requirements: Requirements | None) -> str:
    """Return the title that the model gave, if it is in the language of the piece."""
    title = clean_title(requirements.title) if requirements else ""
    return "" if is_in_other_script(title, han=session.prompts.han) else title


def _choose_continuity(kind: str | None, requirements: Requirements | None) -> Continuity:
    kind_text = (kind or "").lower()
    is_fiction = any(word in kind_text for word in ("novel", "story", "fiction", "小说", "故事"))
    return (
        "strict"
        if is_fiction or (not kind_text and requirements is not None and requirements.fiction)
        else "chapter"
    )


async def _invent_outline(
    session: ModelSession,
    title: str,
    continuity: Continuity,
    words: int,
    constraints: Sequence[Constraint],
) -> Outline:
    section_count = max(
        outline_builder.estimate_section_count(words),
        outline_builder.find_highest_position(constraints),
    )
    if section_count <= MAX_FLAT_SECTIONS:
        sections = await _plan_sections(session, "", section_count, words, constraints)
        return outline_builder.build_flat(title, continuity, words, sections)
    chapter_count = max(round(section_count / 5), 2)
    prompt = inputs.ChaptersInputs(
        chapters=str(chapter_count), sections=str(section_count), words=str(words)
    )
    tokens = 120 * chapter_count
    answer = await session.llm.ask_structured(
        session.prompts.build_call("plan", "planner", Purpose.CHAPTERS, prompt, tokens),
        Chapters,
        lambda a: outline_builder.find_chapters_fault(a, chapter_count),
    )
    sizes = outline_builder.split_in_proportion(
        [max(c.sections, 1) for c in answer.chapters], section_count
    )
    sized_chapters = [
        (c.model_copy(update={"title": clean_title(c.title)}), n)
        for c, n in zip(answer.chapters, sizes, strict=True)
        if n
    ]
    chapter_sections = await asyncio.gather(
        *(
            _plan_sections(
                session,
                f"Chapter: {chapter.title}\nPurpose of the chapter: {chapter.purpose}",
                size,
                round(words * size / section_count),
                constraints,
                chapter_number=index,
            )
            for index, (chapter, size) in enumerate(sized_chapters, 1)
        )
    )
    return outline_builder.build_chapters(
        title,
        continuity,
        words,
        [(c, s) for (c, _), s in zip(sized_chapters, chapter_sections, strict=True)],
    )


async def _outline_named_sections(
    session: ModelSession,
    title: str,
    continuity: Continuity,
    words: int,
    constraints: Sequence[Constraint],
    names: Sequence[str],
) -> Outline:
    """Return an outline of the sections that a constraint names; long ones become chapters."""
    section_count = max(
        outline_builder.estimate_section_count(words),
        outline_builder.find_highest_position(constraints),
    )
    if section_count < 2 * len(names):
        items = tuple(OutlineItem(title=name) for name in names)
        brief = session.prompts.brief.model_copy(update={"outline": items})
        return await _fill_in_details(
            session, outline_builder.build_from_brief(brief, title, continuity, words)
        )
    sizes = outline_builder.split_in_proportion([1] * len(names), section_count)
    chapter_sections = await asyncio.gather(
        *(
            _plan_sections(
                session, f"Chapter: {name}", size, round(words * size / section_count), constraints,
                chapter_number=index,
            )
            for index, (name, size) in enumerate(zip(names, sizes, strict=True), 1)
        )
    )  # fmt: skip
    chapters = [PlannedChapter(title=name, purpose="") for name in names]
    return outline_builder.build_chapters(
        title, continuity, words, list(zip(chapters, chapter_sections, strict=True))
    )


async def _plan_sections(
    session: ModelSession,
    chapter_text: str,
    section_count: int,
    words: int,
    constraints: Sequence[Constraint],
    *,
    chapter_number: int = 0,
) -> list[PlannedSection]:
    """Return the sections of a chapter, or of the whole piece: then its number is 0."""
    requirements_text = ""
    if constraints:
        requirement_lines = "\n".join(f"- {c.text} ({c.where})" for c in constraints)
        requirements_text = f"Requirements, with the sections that carry them:\n{requirement_lines}"
    prompt = inputs.SectionsInputs(
        chapter=chapter_text,
        sections=str(section_count),
        words=str(words),
        requirements=requirements_text,
    )
    tokens = 180 * section_count + 100
    answer = await session.llm.ask_structured(
        session.prompts.build_call(
            "plan", "planner", Purpose.OUTLINE, prompt, tokens, attempt=chapter_number
        ),
        Sections,
        lambda a: outline_builder.find_sections_fault(a.sections, section_count),
    )
    return answer.sections[:section_count]


async def _fill_in_details(session: ModelSession, outline: Outline) -> Outline:
    """Give purpose to the sections that have none; everything else stays as it is."""
    bare_sections = [s for s in outline.sections if not s.purpose]
    batches = split_into_batches(bare_sections, DETAILS_BATCH)
    answers = await asyncio.gather(
        *(_plan_details(session, b, n) for n, b in enumerate(batches, 1))
    )
    details = {section_id: detail for answer in answers for section_id, detail in answer.items()}
    return outline_builder.fill_in_details(outline, details)


async def _plan_details(
    session: ModelSession, batch: Sequence[Section], batch_number: int
) -> dict[str, PlannedSection]:
    lines = "\n".join(f"- {s.id}: {s.title}" for s in batch)
    prompt = inputs.DetailsInputs(sections=fence("sections", lines))
    tokens = 180 * len(batch) + 100
    answer = await session.ask_or_report(
        session.prompts.build_call(
            "plan", "planner", Purpose.DETAILS, prompt, tokens, attempt=batch_number
        ),
        Sections,
        f"sections {batch[0].id} to {batch[-1].id} stay without a purpose",
        lambda a: (
            None
            if len(a.sections) == len(batch)
            else f"it has {len(a.sections)} items for {len(batch)} sections"
        ),
        only_unusable=True,
    )
    if answer is None:
        return {}
    if len(answer.sections) == len(batch):
        return {s.id: detail for s, detail in zip(batch, answer.sections, strict=True)}
    by_title = {normalise(detail.title): detail for detail in answer.sections}
    detail_by_section = {s.id: by_title.get(normalise(s.title)) for s in batch}
    return {
        section_id: detail for section_id, detail in detail_by_section.items() if detail is not None
    }


async def _check_outline(session: ModelSession, outline: Outline) -> Outline:
    """Let a judge look for gaps and overlaps, once; it answers with new titles and purposes."""
    if len(outline.sections) < MIN_JUDGED_SECTIONS or session.ablation.review != "full":
        return outline
    lines = "\n".join(f"- {s.id}: {s.title} — {s.purpose}" for s in outline.sections)
    free_tokens = session.prompts.count_free_tokens(800)
    if session.prompts.tokenizer.count(lines) > free_tokens:
        return outline
    prompt = inputs.PlanCheckInputs(sections=fence("sections", lines))
    answer = await session.ask_or_report(
        session.prompts.build_call("plan", "reviewer", Purpose.PLAN_CHECK, prompt, 800),
        PlanReview,
        "the outline was not reviewed",
        only_unusable=True,
    )
    return outline_builder.apply_faults(outline, answer.faults) if answer else outline


def _create_person_entries(brief: Brief, ledger: Ledger) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            id=f"m.{number}",
            kind=item.kind,
            subject=item.subject,
            aliases=item.aliases,
            attribute=item.attribute,
            statement=item.statement,
            story_time=item.story_time,
            origin="person",
            pinned=item.pinned,
        )
        for number, item in enumerate(brief.memory, ledger.find_next_number("m"))
    )


def _is_stated_by_person(entry: Entry, known_entries: Sequence[Entry]) -> bool:
    """True when a person has said what there is to say on the entry's topic."""
    person_entries = (e for e in known_entries if e.origin == "person" and e.status == "live")
    return any(
        is_same_topic(entry, e) if entry.attribute else is_same_fact(entry, e)
        for e in person_entries
    )


async def _create_plan_entries(session: ModelSession, outline: Outline) -> tuple[Entry, ...]:
    """Return the plan's own entries: what parallel sections agree on before any is written."""
    lines = "\n".join(f"- {s.id}: {s.title} — {s.purpose}" for s in outline.sections)
    lines = session.prompts.clip_to_fit(lines, 900)
    prompt = inputs.EntriesInputs(sections=fence("sections", lines))
    answer = await session.ask_or_report(
        session.prompts.build_call("plan", "planner", Purpose.ENTRIES, prompt, 900),
        Cast,
        "the plan has no memory entries of its own",
        only_unusable=True,
    )
    entries_by_topic: dict[tuple[tuple[str, str], str], Entry] = {}
    for item in answer.entries if answer else ():
        if not item.subject.strip() or not item.statement.strip():
            continue
        start_section_id = item.from_section if item.from_section in outline.position else None
        entry = Entry(
            id=f"p.{len(entries_by_topic) + 1}",
            kind=item.kind,
            subject=item.subject.strip(),
            aliases=tuple(a for a in item.aliases if a.strip()),
            attribute=item.attribute.strip(),
            statement=item.statement.strip(),
            origin="plan",
            from_section=start_section_id,
        )
        entries_by_topic.setdefault(
            (entry.topic, entry.statement if not entry.attribute else ""), entry
        )
    return tuple(entries_by_topic.values())
