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
    Chapters,
    PlannedChapter,
    PlannedSection,
    PlanReview,
    Requirements,
    Sections,
)
from inkwright.agents.planning import outline_builder, source_placement
from inkwright.agents.planning.chapter_placement import place_in_outline
from inkwright.agents.planning.constraint_builder import strip_title_marks
from inkwright.agents.planning.plan_entries import create_plan_entries
from inkwright.agents.planning.requirements import (
    add_room,
    collect_constraints,
    compute_target_words,
    is_series,
    read_requirements,
)
from inkwright.agents.planning.titles import (
    derive_title,
    retitle_sections,
    says_nothing,
)
from inkwright.agents.requests.usual_length import find_usual_length
from inkwright.memory.domain import constraint_consistency
from inkwright.memory.domain.brief import Brief, Constraint, Continuity, OutlineItem
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.entry_equality import is_same_fact, is_same_topic
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.talk.titles import clean_title
from inkwright.memory.text.normalise import normalise
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

MAX_FLAT_SECTIONS = 12
"""Outlines of up to this many sections are planned in one call."""
DETAILS_BATCH = 10
MAX_PLANNED_SECTIONS, MAX_PLANNED_CHAPTERS = 24, 60
"""As many as one answer of the planner may hold."""
MAX_PART_WORDS = 2500
"""A chapter of up to this many words is planned as one section, where chapters are asked for."""
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
        session.prompts.brief,
        requirements,
        session.prompts.request,
        reads_request=session.ablation.plan == "full",
    )
    session.prompts.set_language_from(plan_constraints)
    words = compute_target_words(session.prompts.brief, requirements)
    words = add_room(words, plan_constraints, (requirements.units if requirements else None) or 1)
    outline = await _make_outline(session, requirements, plan_constraints, words)
    placed_constraints, lines = place_in_outline(plan_constraints, outline)
    for line in lines:
        session.report_problem(line)
    plan_constraints = _drop_misread_structure(session, placed_constraints, outline)
    constraint_consistency.check(
        plan_constraints, len(outline.sections), titles=constraint_consistency.list_titles(outline)
    )
    if session.ablation.plan == "full":
        outline = await source_placement.place_sources(session, outline)
    entries = _create_person_entries(session.prompts.brief, ledger)
    if session.ablation.plan == "full" and session.ablation.memory == "full":
        known_entries = [*entries, *ledger.latest()]
        plan_entries = await create_plan_entries(session, outline)
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
    title = brief.title or _title_from_request(session, requirements) or derive_title(brief)
    continuity = brief.continuity or _choose_continuity(brief, requirements)
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
    if names := next((c.sections for c in constraints if c.sections), ()):
        return await _outline_named_sections(session, title, continuity, words, constraints, names)
    outline = await _invent_outline(session, title, continuity, words, constraints)
    return await _check_outline(session, _retitle(outline, is_story=_is_story(brief, requirements)))


def _title_from_request(session: ModelSession, requirements: Requirements | None) -> str:
    """Return the title that the model gave, if it is in the language of the piece."""
    title = clean_title(requirements.title) if requirements else ""
    is_unusable = is_in_other_script(title, han=session.prompts.han) or says_nothing(title)
    return "" if is_unusable else title


def _choose_continuity(brief: Brief, requirements: Requirements | None) -> Continuity:
    return "strict" if _is_story(brief, requirements) else "chapter"


def _is_story(brief: Brief, requirements: Requirements | None) -> bool:
    """True for fiction: by the brief's kind, the kind that the request names, or the model."""
    kind_text = (brief.kind or "").lower()
    if kind_text:
        return any(word in kind_text for word in ("novel", "story", "fiction", "小说", "故事"))
    usual_kind = find_usual_length(None, brief.request).kind
    if usual_kind in ("report", "essay", "article", "handbook", "blog post", "press release"):
        return False
    return "story" in usual_kind or bool(requirements is not None and requirements.fiction)


async def _invent_outline(
    session: ModelSession,
    title: str,
    continuity: Continuity,
    words: int,
    constraints: Sequence[Constraint],
) -> Outline:
    part_count = _find_part_count(constraints)
    section_count = max(
        outline_builder.estimate_section_count(words),
        outline_builder.find_highest_position(constraints),
        part_count,
    )
    if part_count and (words <= part_count * MAX_PART_WORDS or section_count < 2 * part_count):
        section_count = part_count
    if section_count <= (
        MAX_PLANNED_SECTIONS if part_count == section_count else MAX_FLAT_SECTIONS
    ):
        sections = await _plan_sections(session, "", section_count, words, constraints)
        return outline_builder.build_flat(title, continuity, words, sections)
    if part_count > MAX_PLANNED_CHAPTERS:
        outline = outline_builder.build_series(title, continuity, words, part_count, "")
        return await _fill_in_details(session, outline)
    chapter_count = part_count or max(round(section_count / 5), 2)
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
    if part_count == section_count:
        planned_chapters = [
            PlannedSection(title=c.title, purpose=c.purpose) for c in answer.chapters
        ]
        return outline_builder.build_flat(title, continuity, words, planned_chapters)
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


def _find_part_count(constraints: Sequence[Constraint]) -> int:
    """Return how many chapters or sections are asked for; 0: nobody says."""
    counts = [c.min_count or c.max_count or 0 for c in constraints if c.kind == "structure"]
    return max(counts, default=0)


def _retitle(outline: Outline, *, is_story: bool) -> Outline:
    """Return ``outline`` with titles free of marks, and none in a story that says nothing."""
    titles = retitle_sections(outline.sections, is_story=is_story)
    return outline.with_sections(
        [s.model_copy(update={"title": t}) for s, t in zip(outline.sections, titles, strict=True)]
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
