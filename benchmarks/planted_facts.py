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
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import get_args

from benchmarks.harness import measure, warm_up
from inkwright.agents.config import Arms
from inkwright.memory import drafts
from inkwright.memory.brief import Brief, Continuity, OutlineItem
from inkwright.memory.library import Library
from tests.simserver.config import Fact, Need, SimConfig
from tests.simserver.facts import find, plain, told_values
from tests.simserver.log import Call
from tests.simserver.process import SimServer
from tests.simserver.prompt import Prompt

SLOTS = 16
WORDS = 110
EARLY = 0.4
"""Facts are planted in this share of the sections, and needed in the others."""
FACTS_A_SECTION = 2
FACTS_A_PERSON = 4
NEEDS_A_SECTION = 2
MISTAKES = 0.1
"""Of archivist and judge, both ways."""
ARMS = {
    "ours": Arms(plan="given"),
    "not settled": Arms(plan="given", review="rules"),
    "last passage": Arms(plan="given", memory="last", review="rules"),
    "rolling summary": Arms(plan="given", memory="rolling", review="rules"),
    "vector search": Arms(plan="given", memory="vector", review="rules"),
}
FIRST = [
    *("Mara", "Orla", "Tomas", "Ilse", "Bruno", "Edda", "Karl", "Lena"),
    *("Nils", "Petra", "Anton", "Greta", "Jonas", "Rika", "Sven", "Wanda"),
]
LAST = ["Voss", "Reed", "Holt", "Lund", "Marsh", "Thorne", "Quill", "Vane"]
LOOKS = [
    *("grey", "lame", "young", "old", "silent", "laughing"),
    *("tall", "blind", "proud", "lost", "red", "merry"),
]
TRADES = [
    *("heron", "ferryman", "smith", "widow", "pilot", "clerk"),
    *("fiddler", "weaver", "warden", "cooper", "miller", "diver"),
]
COLOURS = ["amber", "green", "grey", "hazel", "blue", "brown", "violet", "black"]
MONTHS = ["January", "March", "May", "July", "September", "November"]
THINGS = ["bell", "ledger", "will", "lantern", "key", "letter", "boat", "map"]
PLACES = ["well", "chapel", "mill", "cellar", "quay", "orchard"]


@dataclass(frozen=True)
class Planted:
    """One piece to be written: its outline, what is stated in it and what is needed."""

    brief: Brief
    facts: tuple[Fact, ...]
    needs: tuple[Need, ...]

    @property
    def values(self) -> dict[tuple[str, str], str]:
        """The right value by name, whichever, and attribute."""
        return {
            (plain(name), plain(f.attribute)): plain(f.value)
            for f in self.facts
            for name in (f.subject, *f.aliases)
        }


@dataclass
class Texts:
    """What a run wrote: the first draft and the last of each section."""

    first: dict[str, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)

    def read(self, library: Library, work: str) -> None:
        current = drafts.current(library, work)
        self.last = {sid: d.text for sid, d in current.items()}
        self.first = {sid: drafts.versions(library, work, sid)[0].text for sid in current}


def planted(sections: int, continuity: Continuity, seed: int) -> Planted:
    """Return a piece of so many sections with facts early and needs of them late."""
    dice = random.Random(f"{sections}/{seed}")
    early = range(1, round(sections * EARLY) + 1)
    facts = _facts([n for n in early for _ in range(FACTS_A_SECTION)], dice)
    needs = {n: dice.sample(facts, NEEDS_A_SECTION) for n in range(len(early) + 1, sections + 1)}
    named = {n: [_name(f, dice) for f in wanted] for n, wanted in needs.items()}
    in_chapter = max(5, round(sections**0.5))
    items = [_item(n, named.get(n, ())) for n in range(1, sections + 1)]
    chapters = [items[i : i + in_chapter] for i in range(0, sections, in_chapter)]
    return Planted(
        brief=Brief(
            request="Write the chronicle of a harbour town and of the people in it.",
            kind="chronicle",
            continuity=continuity,
            outline=tuple(
                OutlineItem(title=f"Part {number}", sections=tuple(inside))
                for number, inside in enumerate(chapters, 1)
            ),
        ),
        facts=tuple(facts),
        needs=tuple(
            Need(section=f"s{n}", subject=name, attribute=fact.attribute)
            for n, wanted in needs.items()
            for name, fact in zip(named[n], wanted, strict=True)
        ),
    )


def _facts(places: Sequence[int], dice: random.Random) -> list[Fact]:
    """Return one fact for each place; those of one person stand in several sections."""
    people = [f"{first} {last}" for first in FIRST for last in LAST]
    others = [f"the {look} {trade}" for look in LOOKS for trade in TRADES]
    dice.shuffle(people)
    dice.shuffle(others)
    number = -(-len(places) // FACTS_A_PERSON)
    assert number <= min(len(people), len(others)), "each name is one person's"
    topics = [(person, topic) for topic in range(FACTS_A_PERSON) for person in range(number)]
    return [
        Fact(
            section=f"s{place}",
            subject=people[person],
            aliases=(others[person],),
            attribute=("eye colour", "wedding day", "knowledge", "debt")[topic],
            value=_value(topic, dice),
        )
        for place, (person, topic) in zip(places, topics, strict=False)
    ]


def _value(topic: int, dice: random.Random) -> str:
    return (
        f"{dice.choice(COLOURS)} with a {dice.choice(COLOURS)} rim",
        f"{dice.randint(1, 28)} {dice.choice(MONTHS)} {dice.randint(1801, 1899)}",
        f"where the {dice.choice(THINGS)} of the {dice.choice(PLACES)} is hidden",
        f"{dice.randint(11, 99)} crowns to the {dice.choice(TRADES)} of the {dice.choice(PLACES)}",
    )[topic]


def _name(fact: Fact, dice: random.Random) -> str:
    return dice.choice((fact.subject, *fact.aliases))


def _item(number: int, named: Sequence[str]) -> OutlineItem:
    about = f" Here it matters again who {' and '.join(named)} are." if named else ""
    return OutlineItem(
        title=f"Day {number}",
        purpose=f"What happened on day {number}.{about}",
        words=WORDS,
        subjects=tuple(named),
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
    piece = planted(task.sections, task.mode, task.seed)
    with SimServer(_config(task)) as server:
        warm_up(server)
        server.configure(facts=piece.facts, needs=piece.needs)
        texts = Texts()
        found = measure(server, piece.brief, slots=SLOTS, arms=ARMS[task.arm], seen=texts.read)
    assert found.result.status != "partial", found.result.problems
    values, writes = piece.values, _first_writes(found.calls)
    present = [_is_present(writes[n.section], n, values) for n in piece.needs]
    first = [_says(texts.first[n.section], n, values) for n in piece.needs]
    last = [_says(texts.last[n.section], n, values) for n in piece.needs]
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


def _says(text: str, need: Need, values: dict[tuple[str, str], str]) -> str:
    """Return what the text says of the fact, under any name: ``right``, ``wrong`` or nothing."""
    right = values[plain(need.subject), plain(need.attribute)]
    told = [
        plain(s.value) == right
        for s in find(text)
        if plain(s.attribute) == plain(need.attribute)
        and values.get((plain(s.subject), plain(s.attribute))) == right
    ]
    return "" if not told else "right" if all(told) else "wrong"


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
