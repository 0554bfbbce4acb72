"""Repetition before and after the whole-piece pass: ``python -m benchmarks.repeating [--runs 3]``.

A report of 24 sections in six chapters is written side by side by a simulated writer that repeats
itself on purpose. Measured are the share of 8-grams that the piece had before, and the share of
its sections' 8-grams that another section has too, as the pass begins and when the piece is done.
"""

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.harness import begun, write
from benchmarks.scorers.repetition import duplicate_share, section_overlap
from inkwright.agents.llm.config import Ablation
from inkwright.agents.llm.events import Event, PhaseBegan
from inkwright.memory.domain.brief import Brief, OutlineItem
from inkwright.memory.ids import WorkId
from inkwright.memory.store import drafts, plans
from inkwright.memory.store.library import Library
from tests.simserver.config import SimConfig
from tests.simserver.process import SimServer

CHAPTERS, SECTIONS, WORDS = 6, 4, 250
SLOTS = 8
WRITER: dict[str, Any] = {
    "repeat_probability": 0.05,
    "stock_probability": 0.2,
    "stock_opening": 0.5,
}
"""How the writer repeats itself, and in one section what others say."""


@dataclass(frozen=True)
class Repeated:
    """How much of a piece is there twice."""

    duplicates: float
    overlap: float

    @classmethod
    def of(cls, sections: Sequence[str]) -> "Repeated":
        """Measure a piece by its sections in reading order."""
        return cls(duplicate_share("\n\n".join(sections)), section_overlap(sections))


def brief() -> Brief:
    """Return a report whose sections have purposes of their own."""
    chapters = tuple(
        OutlineItem(
            title=f"Part {c}",
            sections=tuple(
                OutlineItem(
                    title=f"Site {c}.{n}",
                    purpose=f"Report what was found at site {c}.{n}.",
                    words=WORDS,
                )
                for n in range(1, SECTIONS + 1)
            ),
        )
        for c in range(1, CHAPTERS + 1)
    )
    return Brief(request="Write a survey of a small harbour.", kind="report", outline=chapters)


def measure(server: SimServer) -> tuple[Repeated, Repeated]:
    """Return what is repeated as the whole-piece pass begins, and at the end."""
    before: list[Repeated] = []
    with begun(brief(), Ablation(plan="given")) as (library, work):

        def watch(event: Event) -> None:
            if isinstance(event, PhaseBegan) and event.phase == "reviewing":
                before.append(Repeated.of(sections(library, work)))

        write(server, library, work, slots=SLOTS, watch=watch)
        after = Repeated.of(sections(library, work))
    return before[0], after


def sections(library: Library, work: WorkId) -> list[str]:
    """Return the sections' text as it stands, in reading order."""
    plan = plans.current(library, work)
    assert plan is not None
    current = drafts.current(library, work)
    return [current[s.id].text for s in plan.outline.sections if s.id in current]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    found = []
    with SimServer(SimConfig(slots=SLOTS, log_messages=False, **WRITER)) as server:
        for seed in range(1, runs + 1):
            server.configure(salt=str(seed))
            found.append(measure(server))
    print(f"{CHAPTERS * SECTIONS} sections of {WORDS} words, mean of {runs} runs, writer {WRITER}")
    print(f"{'':<24}{'before':>8}{'after':>8}")
    for name in ("duplicates", "overlap"):
        pair = (statistics.mean(getattr(run[when], name) for run in found) for when in (0, 1))
        print(f"{name:<24}" + "".join(f"{value:>8.4f}" for value in pair))


if __name__ == "__main__":
    main()
