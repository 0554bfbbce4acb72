"""What a small model's archivist remembers: ``python -m benchmarks.small_memory [story,report]``.

The texts are fixed: two pieces that Qwen2.5-Coder-1.5B wrote, eleven sections, with ten facts
planted in each by hand (``data/small_memory``). They are given to the application's own archivist
as the first drafts of a work, one after another, and then settled; the model is set as for
`inkwright` (``INKWRIGHT_MODEL=/path/to/model.gguf``, or ``INKWRIGHT_API_BASE``). Nothing is
written by it.

*Entries* are the facts that memory has after the last section, *exact* those whose words stand in
their section where the entry says, *planted* the planted facts of which an entry tells with the
words that state them. The report counts two ferries in one section and a fleet of 20 in the next:
*settled* says what became of the second. ``--home FOLDER`` keeps the answers, so that the same
command goes on where it was stopped, and costs nothing where no prompt has changed.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inkwright.agents.context.run_context import RunContext
from inkwright.agents.context.section_context import build_manifest, find_showable_entries
from inkwright.agents.extraction import archivist
from inkwright.agents.llm.config import CallSettings, Limits
from inkwright.agents.llm.events import ignore_event
from inkwright.agents.llm.transport import LiteLLMTransport
from inkwright.agents.orchestration.run_setup import build_context
from inkwright.agents.revision import settler
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.draft import Review
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.ids import SectionId
from inkwright.memory.store import drafts, plans, works
from inkwright.memory.store.ledger import load_entries
from inkwright.memory.store.library import Library
from inkwright.memory.store.run_state import RunSettings
from inkwright.memory.text.words import count_words

PIECES = Path(__file__).parent / "data" / "small_memory" / "pieces.json"
ARMS = {"plan": "full", "memory": "full", "review": "full"}
CONTEXT_TOKENS = 4096


def build_outline(title: str, texts: list[str]) -> Outline:
    return Outline(
        title=title,
        continuity="strict",
        sections=tuple(
            Section(
                id=SectionId(f"s{number}"),
                title=f"Part {number}",
                purpose="It goes on.",
                target_words=count_words(text),
            )
            for number, text in enumerate(texts, 1)
        ),
    )


async def remember_section(context: RunContext, section: Section, text: str) -> None:
    """Take ``text`` for the section's first draft, as a run would."""
    earlier_drafts = context.load_drafts_in_order()
    if section.id in earlier_drafts:
        return
    manifest = await build_manifest(
        context.session, context.ledger, context.vector_search, section, earlier_drafts
    )
    manifest_id = drafts.start_section(context.library, context.lease, manifest)
    shown_entries = find_showable_entries(context.plan, context.ledger, section, earlier_drafts)
    result = await archivist.remember(
        context.session, context.memory, section, text, 1, shown_entries
    )
    draft = drafts.save_first_draft(
        context.library, context.lease, section.id, text,
        manifest_id=manifest_id, summary=result.summary, delta=result.delta,
    )  # fmt: skip
    drafts.accept(context.library, context.lease, draft, text=text, review=Review(), rounds=0)
    context.ledger.refresh()
    print(f"  {section.id}: {len(result.delta)} entries", flush=True)


async def ask_side_by_side(context: RunContext, outline: Outline, texts: list[str]) -> None:
    """Put the same questions at once, as many as there are slots: the journal keeps the answers."""
    await asyncio.gather(
        *(
            archivist.remember(context.session, context.memory, section, text, 1, ())
            for section, text in zip(outline.sections, texts, strict=True)
        )
    )


def is_exact(entry: Entry, texts: Mapping[SectionId, str]) -> bool:
    if entry.span is None:
        return False
    words = texts[entry.span.section][entry.span.start : entry.span.end]
    return bool(words.strip())


def tells_of(entry: Entry, section_id: str, text: str, planted: dict[str, str]) -> bool:
    """True when an entry states a planted fact, with the words of the text that do."""
    if entry.span is None or entry.span.section != section_id:
        return False
    start = text.index(planted["sentence"])
    end = start + len(planted["sentence"])
    overlap = min(entry.span.end, end) - max(entry.span.start, start)
    return overlap * 2 >= end - start and planted["value"].lower() in entry.statement.lower()


async def measure(
    calling: CallSettings, transport: LiteLLMTransport, home: Path, name: str, piece: dict[str, Any]
) -> str:
    """Return the line of one piece in the table."""
    library = Library.open(home)
    brief = Brief(request=piece["request"], title=name)
    work = works.begin(library, brief, ARMS)
    texts = [section["text"] for section in piece["sections"]]
    with works.hold_lease(library, work.id) as lease:
        run_settings = RunSettings(
            context_tokens=CONTEXT_TOKENS, tokenizer_factor=1.1, slots=1, embedder="none"
        )
        context = build_context(
            library, lease, work, run_settings, transport,
            call_settings=calling, limits=Limits(), watch=ignore_event,
        )  # fmt: skip
        if plans.current(library, work.id) is None:
            plans.adopt(library, lease, build_outline(name, texts), ())
        plan = plans.current(library, work.id)
        assert plan is not None
        context.prompts.use_plan(plan)
        await ask_side_by_side(context, plan.outline, texts)
        for section, text in zip(plan.outline.sections, texts, strict=True):
            await remember_section(context, section, text)
        entries = load_entries(library, work.id)
        text_by_id = {s.id: t for s, t in zip(plan.outline.sections, texts, strict=True)}
        planted = [
            any(tells_of(e, section.id, text, fact) for e in entries)
            for section, text, data in zip(
                plan.outline.sections, texts, piece["sections"], strict=True
            )
            for fact in data["planted"]
        ]
        if "contradiction" in piece:
            await settler.settle(context)
        settled = describe_settled(context, piece)
        for problem in context.problems:
            print(f"  {problem}", flush=True)
        calls, tokens = context.llm.usage.calls, context.llm.usage.tokens
        for entry in entries:
            print(f"    {entry.line}", flush=True)
    exact = sum(is_exact(e, text_by_id) for e in entries)
    each = len(entries) / len(texts)
    return (
        f"| {name} | {len(texts)} | {len(entries)} | {each:.1f} | {exact} | {sum(planted)} of"
        f" {len(planted)} | {settled} | {calls} | {tokens:,} |"
    )


def describe_settled(context: RunContext, piece: dict[str, Any]) -> str:
    """Return what became of the words that contradict an earlier section."""
    contradiction = piece.get("contradiction")
    if contradiction is None:
        return "-"
    text = context.load_drafts_in_order()[SectionId(contradiction["section"])].text
    if contradiction["words"] not in text:
        return "yes"
    return "reported" if any("contradict" in p for p in context.problems) else "no"


async def run_pieces(settings: Settings, names: list[str], home: Path) -> None:
    pieces = json.loads(PIECES.read_text("utf-8"))
    with endpoints.serve_models(settings) as calling:
        transport = LiteLLMTransport(calling)
        try:
            rows = [await measure(calling, transport, home, n, pieces[n]) for n in names]
        finally:
            await transport.aclose()
    print("| piece | sections | entries | a section | exact | planted | settled | calls | tokens |")
    print("|---|---|---|---|---|---|---|---|---|")
    print("\n".join(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pieces", nargs="?", default="story,report")
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder)
        asyncio.run(run_pieces(Settings.load(), options.pieces.split(","), home))


if __name__ == "__main__":
    main()
