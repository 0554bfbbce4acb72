"""Retrieval's own time in a large library: ``python -m benchmarks.retrieval [--documents 1000]``.

DOCUMENTS of 5,000 words each are kept as the sources of one work, with words as frequent as Zipf
has them: with 1,000, five million words. Then sections of it are given their passages, before a
judge sees them: by words for each question their orders put, by vector, and by name, fused and
fitted to a budget. Embedding is left out, since it is the model's time: vectors are random.
Reported are the median and the p95 over sections whose passages are in the index already, the same
where up to 300 of them have to be put there first, and what making the shelf takes, once a run.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from inkwright.agents.context import section_sources
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.embedding.vector_search import VectorSearch
from inkwright.agents.llm.config import Ablation, CallSettings, Limits
from inkwright.agents.llm.events import ignore_event
from inkwright.agents.orchestration.run_setup import build_context
from inkwright.app.estimates.fake_model import CallPace, FakeModel
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.outline import Outline, Section, SectionSource
from inkwright.memory.domain.source import Source
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.retrieval.vector_index import ChromaIndex
from inkwright.memory.store import plans, sources, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.run_state import RunSettings

WORDS, A_SENTENCE = 5_000, 18
VOCABULARY, EXPONENT = 40_000, 1.1
DIMENSIONS = 384
SECTIONS, KEY_POINTS = 40, 4
BUDGET_TOKENS = 2_000
RUN_SETTINGS = RunSettings(tokenizer_factor=1.2, context_tokens=32_768, slots=8, embedder="none")


class Speech:
    """Words as often as a language has them, from a seed."""

    def __init__(self, seed: int) -> None:
        self._dice = np.random.default_rng(seed)
        letters = self._dice.integers(97, 123, size=(VOCABULARY, 9), dtype=np.uint8)
        lengths = self._dice.integers(3, 10, size=VOCABULARY)
        self._words = [bytes(row[:n]).decode() for row, n in zip(letters, lengths, strict=True)]
        shares = 1 / np.arange(1, VOCABULARY + 1) ** EXPONENT
        self._shares = shares / shares.sum()

    def sentences(self, words: int) -> str:
        """Return about so many words."""
        chosen = self._dice.choice(VOCABULARY, size=words, p=self._shares)
        said = [self._words[n] for n in chosen]
        parts = (said[n : n + A_SENTENCE] for n in range(0, words, A_SENTENCE))
        return " ".join(f"{' '.join(part).capitalize()}." for part in parts)

    def name(self) -> str:
        """Return two words of the rare half, as names are."""
        first, last = self._dice.integers(VOCABULARY // 2, VOCABULARY, size=2)
        return f"{self._words[first]} {self._words[last]}".title()

    def vectors(self, count: int) -> np.ndarray:
        return self._dice.normal(size=(count, DIMENSIONS)).astype(np.float32)


def outline(speech: Speech, keys: Sequence[str]) -> Outline:
    """Return sections that each put several questions, and rest on some of the sources."""
    return Outline(
        title="A review",
        continuity="free",
        sections=tuple(
            Section(
                id=f"s{n}",
                title=speech.sentences(4),
                purpose=speech.sentences(20),
                key_points=tuple(speech.sentences(10) for _ in range(KEY_POINTS)),
                subjects=tuple(speech.name() for _ in range(3)),
                cites=(SectionSource(source=keys[n % len(keys)], point=speech.sentences(10)),),
                target_words=300,
            )
            for n in range(1, SECTIONS + 1)
        ),
    )


async def gathered(desk: RunContext, made: Outline, what: str) -> None:
    """Print what gathering for one section after another takes."""
    taken, used = [], time.process_time()
    for section in made.sections:
        began = time.perf_counter()
        found = await section_sources.select_evidence(
            desk.session, desk.vector_search, section, BUDGET_TOKENS
        )
        taken.append((time.perf_counter() - began) * 1000)
        assert found
    cpu = (time.process_time() - used) * 1000 / len(made.sections)
    p95 = float(np.percentile(taken, 95))
    median = statistics.median(taken)
    print(f"{what}: median {median:.0f} ms, p95 {p95:.0f} ms; CPU {cpu:.0f} ms a section")


def measure(library: Library, home: Path, documents: int) -> None:
    speech = Speech(7)
    given = tuple(
        Source(key=f"doc{n}", title=speech.sentences(6), text=speech.sentences(WORDS))
        for n in range(documents)
    )
    work = works.begin(library, Brief(request="A review.", sources=given), Ablation().model_dump())
    with works.hold_lease(library, work.id) as lease:
        made = outline(speech, [s.key for s in given])
        plan = plans.adopt(library, lease, made, ())
        desk = build_context(
            library,
            lease,
            works.get(library, work.id).model_copy(update={"arms": {"review": "rules"}}),
            RUN_SETTINGS,
            FakeModel("", CallPace(0, 0, 0), len, is_han=False),
            call_settings=CallSettings(endpoints={}),
            limits=Limits(),
            watch=ignore_event,
        )
        desk.prompts.use_plan(plan)
        began = time.perf_counter()
        desk.prompts.sources = SourceIndex(sources.load_sources(library, work.id))
        desk.prompts.sources.search_words("warm", 1)
        words = documents * WORDS
        print(
            f"{documents:,} documents, {words:,} words, "
            f"{len(desk.prompts.sources.passages):,} passages: "
            f"the shelf is made in {time.perf_counter() - began:.1f} s"
        )

        async def embed(texts: Sequence[str]) -> np.ndarray:
            return speech.vectors(len(texts))

        desk.vector_search = VectorSearch(work.id, ChromaIndex(home / "index", "random"), embed)
        asyncio.run(gathered(desk, made, "where vectors are put into the index first"))
        asyncio.run(gathered(desk, made, "where they are there already"))


def main() -> None:
    """Measure, and print what was found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--documents", type=int, default=1000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="inkwright-") as home:
        library = Library.open(Path(home))
        measure(library, Path(home), given.documents)
        library.close()


if __name__ == "__main__":
    main()
