"""Asking for an outline, which a run hangs on: in smaller questions where an answer is of no use.

All sections are asked for at once; then their titles alone, up to two dozen; then one section at a
time. What is still missing after that is made by code, and the report says so.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.llm.schemas import (
    Chapters,
    PlannedChapter,
    PlannedSection,
    ResponseSchema,
    Sections,
    Titles,
)
from inkwright.agents.planning import outline_builder
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import UnusableAnswer
from inkwright.memory.talk.titles import clean_title
from inkwright.memory.text.normalise import normalise
from inkwright.prompts import inputs
from inkwright.prompts.render import PromptInputs

F = TypeVar("F", bound=ResponseSchema)

MAX_VAIN_QUESTIONS = 2
"""Questions about single sections in a row without a usable answer, before code names the rest."""


async def ask_for_sections(
    session: ModelSession,
    chapter_text: str,
    section_count: int,
    words: int,
    constraints: Sequence[Constraint],
    *,
    chapter_number: int = 0,
) -> list[PlannedSection]:
    """Return the sections of a chapter, or of the whole piece: then its number is 0.

    There are ``section_count``, or at least half as many where nobody asks for so many, nor for
    something in a section by its number. Those that were asked for in smaller questions may have no
    purpose.
    """
    prompt = inputs.SectionsInputs(
        chapter=chapter_text,
        sections=str(section_count),
        words=str(words),
        requirements=_format_requirements(constraints),
    )
    answer, fault = await _ask(
        session, Purpose.OUTLINE, prompt, 180 * section_count + 100, Sections,
        lambda a: outline_builder.find_sections_fault(a.sections, section_count),
        attempt=chapter_number,
    )  # fmt: skip
    sections = _drop_empty(answer.sections[:section_count]) if answer else []
    half_count = (section_count + 1) // 2
    if len(sections) >= (section_count if _needs_each_section(constraints) else half_count):
        return sections
    fault = fault or f"it has {len(sections)} sections; {section_count} were asked for"
    place = f"chapter {chapter_number}" if chapter_number else "the piece"
    session.report_problem(
        f"the sections of {place} were asked for in smaller questions: in one answer they could"
        f" not be had ({fault})"
    )
    if len(sections) < half_count:
        titles = await _ask_for_titles(session, chapter_text, section_count, chapter_number)
        sections = [PlannedSection(title=title, purpose="") for title in titles]
    sections += await _ask_one_by_one(
        session, chapter_text, sections, section_count, words, constraints, chapter_number
    )
    if missing_count := section_count - len(sections):
        session.report_problem(
            f"{missing_count} of {section_count} sections of {place} have no plan of the planner's:"
            " they have numbers for titles"
        )
    for number in range(len(sections) + 1, section_count + 1):
        sections.append(_make_section(number, section_count, chapter_number))
    return sections


async def ask_for_chapters(
    session: ModelSession,
    chapter_count: int,
    section_count: int,
    words: int,
    constraints: Sequence[Constraint],
) -> list[PlannedChapter]:
    """Return the chapters of a piece: at least half of them, and all where a person wants them."""
    prompt = inputs.ChaptersInputs(
        chapters=str(chapter_count), sections=str(section_count), words=str(words)
    )
    answer, fault = await _ask(
        session, Purpose.CHAPTERS, prompt, 120 * chapter_count, Chapters,
        lambda a: outline_builder.find_chapters_fault(a, chapter_count),
    )  # fmt: skip
    chapters = [c for c in answer.chapters if normalise(c.title)] if answer else []
    is_enough = len(chapters) >= (chapter_count + 1) // 2
    if is_enough and not (len(chapters) < chapter_count and _names_count(constraints)):
        return chapters[:chapter_count]
    fault = fault or f"it has {len(chapters)} chapters; {chapter_count} were asked for"
    session.report_problem(
        f"the titles of the chapters alone were asked for: in one answer they could not be planned"
        f" ({fault})"
    )
    titles = await _ask_for_titles(session, "", chapter_count, 0)
    if missing_count := chapter_count - len(titles):
        session.report_problem(
            f"{missing_count} of {chapter_count} chapters have no plan of the planner's: they have"
            " numbers for titles"
        )
    titles += [f"Part {number}" for number in range(len(titles) + 1, chapter_count + 1)]
    return [PlannedChapter(title=title, purpose="") for title in titles]


async def _ask_for_titles(
    session: ModelSession, chapter_text: str, count: int, chapter_number: int
) -> list[str]:
    """Return up to ``count`` titles, no two alike; none when no answer has any."""
    prompt = inputs.TitlesInputs(chapter=chapter_text, parts=str(count))
    answer, _ = await _ask(
        session, Purpose.OUTLINE, prompt, 40 * count + 60, Titles,
        lambda a: _find_titles_fault(a, count),
        subject="titles", attempt=chapter_number,
    )  # fmt: skip
    titles_by_words: dict[str, str] = {}
    for title in map(clean_title, answer.titles if answer else ()):
        if normalise(title):
            titles_by_words.setdefault(normalise(title), title)
    return list(titles_by_words.values())[:count]


async def _ask_one_by_one(
    session: ModelSession,
    chapter_text: str,
    known_sections: Sequence[PlannedSection],
    section_count: int,
    words: int,
    constraints: Sequence[Constraint],
    chapter_number: int,
) -> list[PlannedSection]:
    """Return the sections that follow ``known_sections``, until the planner has nothing to say."""
    sections: list[PlannedSection] = []
    vain_count = 0
    while len(known_sections) + len(sections) < section_count and vain_count < MAX_VAIN_QUESTIONS:
        earlier_titles = [s.title for s in (*known_sections, *sections)]
        number = len(earlier_titles) + 1
        lines = [chapter_text, f"Only section {number} of {section_count}."]
        if earlier_titles:
            lines.append(f"Before it stand: {'; '.join(earlier_titles)}")
        prompt = inputs.SectionsInputs(
            chapter="\n".join(filter(None, lines)),
            sections="1",
            words=str(round(words / section_count)),
            requirements=_format_requirements(constraints),
        )
        answer, _ = await _ask(
            session, Purpose.OUTLINE, prompt, 280, Sections,
            lambda a: outline_builder.find_sections_fault(a.sections, 1),
            subject=f"section {number}.{vain_count}", attempt=chapter_number,
        )  # fmt: skip
        new_sections = _drop_empty(answer.sections[:1]) if answer else []
        vain_count = 0 if new_sections else vain_count + 1
        sections += new_sections
    return sections


async def _ask(
    session: ModelSession,
    purpose: Purpose,
    prompt: PromptInputs,
    max_tokens: int,
    response_schema: type[F],
    find_fault: Callable[[F], str | None],
    *,
    subject: str = "",
    attempt: int = 0,
) -> tuple[F | None, str]:
    """Return the planner's answer, or None and what was wrong with it."""
    call = session.prompts.build_call(
        "plan", "planner", purpose, prompt, max_tokens, subject=subject, attempt=attempt
    )
    try:
        return await session.llm.ask_structured(call, response_schema, find_fault), ""
    except UnusableAnswer as fault:
        return None, fault.fault


def _format_requirements(constraints: Sequence[Constraint]) -> str:
    if not constraints:
        return ""
    lines = "\n".join(f"- {c.text} ({c.where})" for c in constraints)
    return f"Requirements, with the sections that carry them:\n{lines}"


def _needs_each_section(constraints: Sequence[Constraint]) -> bool:
    return _names_count(constraints) or outline_builder.find_highest_position(constraints) > 0


def _names_count(constraints: Sequence[Constraint]) -> bool:
    """True where so many chapters or sections are asked for."""
    return any(c.kind == "structure" and (c.min_count or c.max_count) for c in constraints)


def _find_titles_fault(answer: Titles, count: int) -> str | None:
    titles = {normalise(title) for title in answer.titles} - {""}
    if len(titles) < count:
        return f"it has {len(titles)} different titles; {count} were asked for"
    return None


def _drop_empty(sections: Sequence[PlannedSection]) -> list[PlannedSection]:
    """Return the sections that say anything."""
    return [s for s in sections if normalise(s.title) or normalise(s.purpose)]


def _make_section(number: int, section_count: int, chapter_number: int) -> PlannedSection:
    """Return a section that nobody planned: its place in the piece is all that is known of it."""
    whole = "the chapter" if chapter_number else "the piece"
    if number == 1:
        purpose = f"Begins {whole} with what has to come first"
    elif number == section_count:
        purpose = f"Brings {whole} to its end"
    else:
        purpose = f"Part {number} of {section_count} of {whole}: goes on from the part before"
    return PlannedSection(title="", purpose=purpose)
