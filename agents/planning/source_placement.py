"""Placing sources: which section rests on which, before any is written."""

import asyncio
from collections.abc import Sequence

from inkwright.agents.context.run_context import RunContext
from inkwright.agents.llm.schemas import CitationPlan
from inkwright.memory.domain.outline import Outline, Section, SectionSource
from inkwright.memory.domain.source import Source
from inkwright.memory.errors import UnusableAnswer
from inkwright.memory.text.tokens import shorten
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

BATCH = 10
SHOWN = 30
"""Sources that one call sees; of more, those that share words with its sections."""
ABOUT_TOKENS = 60
"""Of each source's beginning."""
A_SECTION = 6


async def place(desk: RunContext, outline: Outline) -> Outline:
    """Return the outline with the sources each section is to cite; without any, as it is."""
    if not desk.shelf.passages:
        return outline
    bare = [s for s in outline.sections if not s.cites]
    batches = [bare[i : i + BATCH] for i in range(0, len(bare), BATCH)]
    answers = await asyncio.gather(*(_placed(desk, b, n) for n, b in enumerate(batches, 1)))
    placed = {sid: cites for answer in answers for sid, cites in answer.items()}
    return outline.with_sections(
        s.model_copy(update={"cites": placed[s.id]}) if s.id in placed else s
        for s in outline.sections
    )


async def _placed(
    desk: RunContext, batch: Sequence[Section], number: int
) -> dict[str, tuple[SectionSource, ...]]:
    lines = "\n".join(
        f"- {s.id}: {s.title} — {s.purpose} {'; '.join(s.key_points)}".rstrip() for s in batch
    )
    listed = "\n".join(_line(desk, key, desk.shelf.sources[key]) for key in _fitting(desk, lines))
    tokens = 100 + 60 * len(batch)
    prompt = inputs.SourcesInputs(
        sections=fence("sections", lines),
        sources=fence("sources", desk.clipped(listed, tokens, lines)),
    )
    ask = desk.ask("plan", "planner", f"sources {number}", prompt, tokens)
    try:
        answer = await desk.models.form(ask, CitationPlan)
    except UnusableAnswer as fault:
        first, last = batch[0].id, batch[-1].id
        desk.problem(f"no sources were placed on sections {first} to {last} ({fault.fault})")
        return {}
    found: dict[str, dict[str, SectionSource]] = {}
    known = {s.id for s in batch}
    for item in answer.items:
        key = item.source.strip().strip("[]").removeprefix("@")
        if item.section in known and key in desk.shelf.sources:
            cites = found.setdefault(item.section, {})
            if len(cites) < A_SECTION:
                cites.setdefault(key, SectionSource(source=key, point=item.point.strip()))
    return {sid: tuple(cites.values()) for sid, cites in found.items()}


def _fitting(desk: RunContext, lines: str) -> list[str]:
    """Return the keys of the sources to choose from: all, or those that share words."""
    every = [key for key in desk.shelf.sources if desk.shelf.of(key)]
    if len(every) <= SHOWN:
        return every
    near = dict.fromkeys(e.key for e in desk.shelf.lexical(lines, SHOWN * 20))
    return list(dict.fromkeys([*near, *every]))[:SHOWN]


def _line(desk: RunContext, key: str, source: Source) -> str:
    begins = shorten(" ".join(source.text[:600].split()), ABOUT_TOKENS, desk.tokenizer.count)
    return f"- [@{key}] {source.title}: {begins}"
