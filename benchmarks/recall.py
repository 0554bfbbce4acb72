"""Recall's own time, whatever embeds: ``python -m benchmarks.recall [--works 50] [--runs 5]``.

A library of WORKS works with 2,000 entries each is filled: with 50, 100,000 entries. Then sections
of one work recall: entries that hold for them are read from the ledger, ranked by vector, by words
and by name, and fitted to a budget. Embedding is left out, since it is the model's time: vectors
are random. Reported are the median over RUNS of each run's p95, what an index add takes, and how
memory and open files grow while as many other works are opened as ``--open`` says.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from inkwright.agents.llm.tokenizer import ScaledTokenizer
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.entry import Entry
from inkwright.memory.ids import WorkId
from inkwright.memory.retrieval.recall import build_entry_key, recall
from inkwright.memory.retrieval.vector_index import ChromaIndex
from inkwright.memory.store import ledger, works
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library

ENTRIES = 2_000
DIMENSIONS = 384
BATCH = 64
QUERIES = 40
NEAREST = 60
BUDGET_TOKENS = 2_000
ATTRIBUTES = ("eye colour", "trade", "birthplace", "fear", "debt", "ship", "promise", "age")


def entries_of(number: int, count: int = ENTRIES) -> list[Entry]:
    """Return ``count`` entries of a work: eight facts about each of its people and places."""
    made = []
    for n in range(count):
        who, what = f"Person{n // 8}", ATTRIBUTES[n % 8]
        made.append(
            Entry(
                id=f"p.{n + 1}",
                subject=f"{who} Voss{number}",
                aliases=(f"Captain{n // 8}",),
                attribute=what,
                statement=f"The {what} of {who} is number {n * 7 % 991}, as all in town {n} know.",
                origin="plan",
            )
        )
    return made


def fill(library: Library, index: ChromaIndex, number_of_works: int) -> tuple[list[WorkId], float]:
    """Return the works made, and the milliseconds that adding a vector took on average."""
    dice, made, spent, added = np.random.default_rng(1), [], 0.0, 0
    for number in range(number_of_works):
        work = works.begin(library, Brief(request=f"Book {number} of the harbour."), {}).id
        entries = entries_of(number)
        with library.write() as db:
            ledger.append_entries(db, work, entries)
        for first in range(0, ENTRIES, BATCH):
            batch = entries[first : first + BATCH]
            vectors = dice.normal(size=(len(batch), DIMENSIONS)).astype(np.float32)
            began = time.perf_counter()
            index.add(work, dict(zip(map(build_entry_key, batch), vectors, strict=True)))
            spent += time.perf_counter() - began
            added += len(batch)
        made.append(work)
    return made, spent / added * 1000


def recall_ms(library: Library, index: ChromaIndex, work: WorkId, seed: int) -> tuple[float, float]:
    """Return p95 and median, in milliseconds, of recalls for one section after another."""
    dice, count = np.random.default_rng(seed), ScaledTokenizer(1.2).count
    book, taken = Ledger(library, work).refresh(), []
    for query in range(QUERIES):
        orders = (
            f"Title: The pier {query}\nPurpose: Person{dice.integers(250)} Voss0 meets "
            f"Captain{dice.integers(250)} and pays a debt.\nSubjects: Person{query} Voss0"
        )
        vector = dice.normal(size=DIMENSIONS).astype(np.float32)
        began = time.perf_counter()
        entries = book.refresh().list_visible({})
        keys = [build_entry_key(e) for e in entries]
        assert not index.find_missing(work, keys)
        nearest = index.find_nearest(work, vector, keys, NEAREST)
        found = recall(
            orders, entries, (), nearest, budget_tokens=BUDGET_TOKENS, count_tokens=count, titles={}
        )
        taken.append((time.perf_counter() - began) * 1000)
        assert 0 < found.tokens <= BUDGET_TOKENS
    return float(np.percentile(taken[1:], 95)), statistics.median(taken)


def open_many(library: Library, folder: Path, opened: int) -> None:
    """Print memory and open files while one process recalls in work after work."""
    dice, count = np.random.default_rng(3), ScaledTokenizer(1.2).count
    few = 40
    for number in range(opened + 1):
        if number in (10, opened // 10, opened // 2, opened):
            files = len(list(Path("/proc/self/fd").iterdir()))
            print(f"after {number:>5} works: {_resident_mb():,.0f} MB, {files} open files")
        index = ChromaIndex(folder, "random")
        work = works.begin(library, Brief(request=f"Short book {number}."), {}).id
        entries = entries_of(number, few)
        with library.write() as db:
            ledger.append_entries(db, work, entries)
        vectors = dice.normal(size=(few, DIMENSIONS)).astype(np.float32)
        index.add(work, dict(zip(map(build_entry_key, entries), vectors, strict=True)))
        nearest = index.find_nearest(
            work, vectors[0], [build_entry_key(e) for e in entries], NEAREST
        )
        held = Ledger(library, work).refresh().list_visible({})
        recall("Person1", held, (), nearest, budget_tokens=500, count_tokens=count, titles={})


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Measure, and print what was found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--works", type=int, default=50)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--open", type=int, default=1000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="inkwright-") as home:
        library = Library.open(Path(home))
        index = ChromaIndex(Path(home) / "index", "random")
        made, add_ms = fill(library, index, given.works)
        print(f"{given.works * ENTRIES:,} entries in {given.works} works of {ENTRIES:,}")
        print(f"index add: {add_ms:.2f} ms a vector, amortised")
        found = [recall_ms(library, index, made[run % len(made)], run) for run in range(given.runs)]
        p95 = statistics.median(p for p, _ in found)
        print(f"recall p95: {p95:.1f} ms, the median of {given.runs} runs")
        print(f"recall median: {statistics.median(m for _, m in found):.1f} ms")
        if given.open:
            open_many(library, Path(home) / "index", given.open)
        library.close()


if __name__ == "__main__":
    main()
