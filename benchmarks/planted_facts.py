"""Are facts still right later on? ``python -m benchmarks.planted_facts [--sections 20,100,400]``.

The simulated writer states facts in the first 40% of the sections: four about each person, who has
another name too, among three facts of the same kind about others in every section. Each later
section needs two of them, half of them by the other name. What its prompt shows, it writes rightly;
for the rest it makes up another value, which is a contradiction. Archivist and judge miss 10% of
what is there, and report something that is not in 10% of the cases.

*Present* is the share of needed facts in the prompt of the section that needs them. *Wrong at
first* and *wrong at the end* are the shares that the first drafts and the finished text give
another value; *right at the end* the share that the finished text states. Time is over the lower
bound of the same run: what writers and archivists must do one after another, or all work over the
slots. Each row is one run, and can be had alone: ``--sections 400 --mode chapter --arm ours``.
Where calls take long, as they do one after another, rows can be measured side by side
(``--together``); the simulated server of each is its own.
"""

import argparse
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import get_args

from benchmarks.harness import measure, warm_up
from benchmarks.planting import MISTAKES, Planted, planted
from benchmarks.series import chapters
from inkwright.agents.llm.config import Ablation
from inkwright.memory.domain.brief import Brief, Continuity, OutlineItem
from inkwright.memory.ids import WorkId
from inkwright.memory.store import drafts
from inkwright.memory.store.library import Library
from tests.simserver.config import Need, SimConfig
from tests.simserver.facts import plain, told_values
from tests.simserver.log import Call
from tests.simserver.process import SimServer
from tests.simserver.prompt import Prompt

SLOTS = 16
WORDS = 110
ARMS = {
    "ours": Ablation(plan="given"),
    "not settled": Ablation(plan="given", review="rules"),
    "last passage": Ablation(plan="given", memory="last", review="rules"),
    "rolling summary": Ablation(plan="given", memory="rolling", review="rules"),
    "vector search": Ablation(plan="given", memory="vector", review="rules"),
}


@dataclass
class Texts:
    """What a run wrote: the first draft and the last of each section."""

    first: dict[str, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)

    def read(self, library: Library, work: WorkId) -> None:
        current = drafts.current(library, work)
        self.last = {sid: d.text for sid, d in current.items()}
        self.first = {sid: drafts.versions(library, work, sid)[0].text for sid in current}


def brief(piece: Planted, sections: int, continuity: Continuity) -> Brief:
    """Return a brief in whose outline a section names those of whom it needs a fact."""
    in_chapter = max(5, round(sections**0.5))
    items = [
        OutlineItem(
            title=f"Day {n}",
            purpose=f"What happened on day {n}.{piece.about(n)}",
            words=WORDS,
            subjects=piece.names(n),
        )
        for n in range(1, sections + 1)
    ]
    return Brief(
        request="Write the chronicle of a harbour town and of the people in it.",
        kind="chronicle",
        continuity=continuity,
        outline=chapters(items, in_chapter),
    )


@dataclass(frozen=True)
class Task:
    """One run to be made."""

    sections: int
    mode: Continuity
    arm: str
    seed: int
    decode_ms: float


@dataclass(frozen=True)
class Row:
    """One run's line in the table."""

    task: Task
    present: float
    wrong_first: float
    wrong_last: float
    right_last: float
    calls: int
    wall_s: float
    bound_s: float

    def __str__(self) -> str:
        task = self.task
        shares = (self.present, self.wrong_first, self.wrong_last, self.right_last)
        cells = (
            str(task.sections),
            task.mode,
            task.arm,
            *(f"{share:.1%}" for share in shares),
            f"{self.calls:,}",
            f"{self.wall_s:,.0f}",
            f"{self.wall_s / self.bound_s:.2f}",
        )
        return f"| {' | '.join(cells)} |"


HEAD = (
    "| sections | mode | memory | present | wrong at first | wrong at the end | right at the end "
    "| calls | wall, s | over the bound |\n|---|---|---|---|---|---|---|---|---|---|"
)


def row(task: Task) -> Row:
    """Write a piece on a server of its own, and see what came of its facts."""
    piece = planted(task.sections, task.seed)
    with SimServer(_config(task)) as server:
        warm_up(server)
        server.configure(facts=piece.facts, needs=piece.needs)
        texts = Texts()
        asked = brief(piece, task.sections, task.mode)
        found = measure(server, asked, slots=SLOTS, arms=ARMS[task.arm], seen=texts.read)
    assert found.result.status != "partial", found.result.problems
    writes = _first_writes(found.calls)
    present = [_is_present(writes[n.section], n, piece.values) for n in piece.needs]
    first = [piece.said(texts.first[n.section], n) for n in piece.needs]
    last = [piece.said(texts.last[n.section], n) for n in piece.needs]
    share = 1 / len(piece.needs)
    return Row(
        task=task,
        present=sum(present) * share,
        wrong_first=first.count("wrong") * share,
        wrong_last=last.count("wrong") * share,
        right_last=last.count("right") * share,
        calls=sum(c.kind == "chat" for c in found.calls),
        wall_s=found.wall_s,
        bound_s=found.bound_s,
    )


def _config(task: Task) -> SimConfig:
    return SimConfig(
        slots=SLOTS,
        decode_ms_per_token=task.decode_ms,
        prefill_ms_per_token=task.decode_ms / 100,
        embed_ms_per_text=0.05,
        distractors=3,
        summary_facts=4,
        archivist_miss=MISTAKES,
        archivist_false=MISTAKES,
        judge_miss=MISTAKES,
        judge_false=MISTAKES,
        salt=str(task.seed),
    )


def _first_writes(calls: Sequence[Call]) -> dict[str, Prompt]:
    """Return the prompt of each section's first draft."""
    found: dict[str, Prompt] = {}
    for call in calls:
        if call.role == "writer" and call.status == 200 and call.section:
            system, user = (str(m["content"]) for m in call.messages)
            found.setdefault(call.section, Prompt(system, user))
    return found


def _is_present(prompt: Prompt, need: Need, values: dict[tuple[str, str], str]) -> bool:
    right = values[plain(need.subject), plain(need.attribute)]
    told = told_values(prompt, need.subject, need.attribute)
    return right in map(plain, told)


def rows(tasks: Sequence[Task], together: int) -> Iterator[Row]:
    """Yield the rows in order, so many of them measured side by side."""
    if together == 1:
        yield from map(row, tasks)
        return
    afresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(together, mp_context=afresh, max_tasks_per_child=1) as pool:
        yield from pool.map(row, tasks)


def main() -> None:
    """Measure, and print a table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sections", default="20,100,400", help="sizes, separated by commas")
    parser.add_argument("--mode", default="strict,chapter", help="separated by commas")
    parser.add_argument("--arm", default=",".join(ARMS), help="separated by commas")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--decode-ms", type=float, default=2.0, help="a token takes")
    parser.add_argument("--together", type=int, default=1, help="rows measured side by side")
    given = parser.parse_args()
    modes, arms = given.mode.split(","), given.arm.split(",")
    for name in {*modes} - {*get_args(Continuity)} | {*arms} - ARMS.keys():
        parser.error(f"there is no {name}: modes are strict and chapter, arms {', '.join(ARMS)}")
    tasks = [
        Task(int(sections), mode, arm, given.seed, given.decode_ms)
        for sections in given.sections.split(",")
        for mode in modes
        for arm in arms
    ]
    print(HEAD)
    for found in rows(tasks, given.together):
        print(found, flush=True)


if __name__ == "__main__":
    main()
