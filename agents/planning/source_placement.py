"""Placing sources: which section rests on which, before any is written."""

import asyncio
from collections.abc import Sequence

from inkwright.agents.context.model_session import ModelSession, split_into_batches
from inkwright.agents.llm.schemas import CitationPlan
from inkwright.memory.domain.outline import Outline, Section, SectionSource
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.domain.source import Source
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.text.tokens import Tokenizer, shorten
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

SECTIONS_A_CALL = 10
MAX_SHOWN_SOURCES = 30
"""Sources that one call sees; of more, those that share words with its sections."""
BEGINNING_TOKENS = 60
"""Of each source's beginning."""
MAX_SOURCES_A_SECTION = 6


async def place_sources(session: ModelSession, outline: Outline) -> Outline:
    """Return the outline with the sources each section is to cite; without any, as it is."""
    if not session.prompts.sources.passages:
        return outline
    bare_sections = [s for s in outline.sections if not s.cites]
    batches = split_into_batches(bare_sections, SECTIONS_A_CALL)
    answers = await asyncio.gather(*(_place_batch(session, b, n) for n, b in enumerate(batches, 1)))
    cites_by_section = {
        section_id: cites for answer in answers for section_id, cites in answer.items()
    }
    return outline.with_sections(
        s.model_copy(update={"cites": cites_by_section[s.id]}) if s.id in cites_by_section else s
        for s in outline.sections
    )


async def _place_batch(
    session: ModelSession, batch: Sequence[Section], number: int
) -> dict[str, tuple[SectionSource, ...]]:
    lines = "\n".join(
        f"- {s.id}: {s.title} — {s.purpose} {'; '.join(s.key_points)}".rstrip() for s in batch
    )
    source_lines = "\n".join(
        _format_source(session.prompts.tokenizer, key, session.prompts.sources.sources[key])
        for key in _select_source_keys(session.prompts.sources, lines)
    )
    tokens = 100 + 60 * len(batch)
    prompt = inputs.SourcesInputs(
        sections=fence("sections", lines),
        sources=fence("sources", session.prompts.clip_to_fit(source_lines, tokens, lines)),
    )
    call = session.prompts.build_call(
        "plan", "planner", Purpose.SOURCES, prompt, tokens, attempt=number
    )
    answer = await session.ask_or_report(
        call,
        CitationPlan,
        f"no sources were placed on sections {batch[0].id} to {batch[-1].id}",
        only_unusable=True,
    )
    cites_by_section: dict[str, dict[str, SectionSource]] = {}
    batch_ids = {s.id for s in batch}
    for item in answer.items if answer else ():
        key = item.source.strip().strip("[]").removeprefix("@")
        if item.section in batch_ids and key in session.prompts.sources.sources:
            cites = cites_by_section.setdefault(item.section, {})
            if len(cites) < MAX_SOURCES_A_SECTION:
                cites.setdefault(key, SectionSource(source=key, point=item.point.strip()))
    return {section_id: tuple(cites.values()) for section_id, cites in cites_by_section.items()}


def _select_source_keys(sources: SourceIndex, section_lines: str) -> list[str]:
    """Return the keys of the sources to choose from: all, or those that share words."""
    all_keys = [key for key in sources.sources if sources.list_passages(key)]
    if len(all_keys) <= MAX_SHOWN_SOURCES:
        return all_keys
    matching_keys = dict.fromkeys(
        e.key for e in sources.search_words(section_lines, MAX_SHOWN_SOURCES * 20)
    )
    return list(dict.fromkeys([*matching_keys, *all_keys]))[:MAX_SHOWN_SOURCES]


def _format_source(tokenizer: Tokenizer, key: str, source: Source) -> str:
    beginning = shorten(" ".join(source.text[:600].split()), BEGINNING_TOKENS, tokenizer.count)
    return f"- [@{key}] {source.title}: {beginning}"
