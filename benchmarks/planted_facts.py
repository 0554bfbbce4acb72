"""Are facts still right later on? ``python -m benchmarks.planted_facts [--sections 20,100,400]``.

The simulated writer states facts in the first 40% of the sections: four about each person, who has
another name too, among three facts of the same kind about others in every section. Each later
section needs two of them, half of them by the other name. What its prompt shows, it writes rightly;
for the rest it makes up another value, which is a contradiction. Archivist and judge miss 10% of
what is there, and report something that is not in 10% of the cases.

*Present* is the share of needed facts in the prompt of the section that needs them; *wrong at
first* and *wrong at the end* are the shares that the first drafts and the finished text give
another value. Time is over the lower bound of the same run: what writers and archivists must do one
after another, or all work over the slots. Each row is one run.
"""

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.harness import Measured, measure, warm_up
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
    "settled": Arms(plan="given"),
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
class Row:
    """One run's line in the table."""

    arm: str
    present: float
    wrong_first: float
    wrong_last: float
    found: Measured


def row(arm: str, piece: Planted, server: SimServer) -> Row:
    """Write the piece with one arm, and see what came of its facts."""
    server.configure(facts=piece.facts, needs=piece.needs)
    texts = Texts()
    found = measure(server, piece.brief, slots=SLOTS, arms=ARMS[arm], seen=texts.read)
    assert not found.result.problems or found.result.status != "partial", found.result.problems
    values = piece.values
    writes = _first_writes(found.calls)
    present = [_is_present(writes[n.section], n, values) for n in piece.needs]
    first = [_is_wrong(texts.first[n.section], n, values) for n in piece.needs]
    last = [_is_wrong(texts.last[n.section], n, values) for n in piece.needs]
    share = 1 / len(piece.needs)
    return Row(arm, sum(present) * share, sum(first) * share, sum(last) * share, found)


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


def _is_wrong(text: str, need: Need, values: dict[tuple[str, str], str]) -> bool:
    """True when the text says otherwise of the fact, under either name, than was planted."""
    right = values[plain(need.subject), plain(need.attribute)]
    return any(
        plain(s.value) != values.get((plain(s.subject), plain(s.attribute)), plain(s.value))
        for s in find(text)
        if plain(s.attribute) == plain(need.attribute)
        and values.get((plain(s.subject), plain(s.attribute))) == right
    )


def main() -> None:
    """Measure, and print one line a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sections", default="20,100,400", help="sizes, separated by commas")
    parser.add_argument("--continuity", default="strict,chapter")
    parser.add_argument("--arms", default=",".join(ARMS), help="names, separated by commas")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--decode-ms", type=float, default=2.0, help="a token takes")
    given = parser.parse_args()
    config = SimConfig(
        slots=SLOTS,
        decode_ms_per_token=given.decode_ms,
        prefill_ms_per_token=0.02,
        embed_ms_per_text=0.05,
        distractors=3,
        summary_facts=4,
        archivist_miss=MISTAKES,
        archivist_false=MISTAKES,
        judge_miss=MISTAKES,
        judge_false=MISTAKES,
        salt=str(given.seed),
    )
    with SimServer(config) as server:
        warm_up(server)
        print(
            f"{'sections':>8} {'mode':<8} {'arm':<20}{'present':>9}{'wrong at':>10}{'wrong at':>10}"
            f"{'calls':>7}{'wall s':>8}{'bound s':>9}{'over':>6}\n{'first':>56}{'the end':>10}"
        )
        for sections in map(int, given.sections.split(",")):
            for continuity in given.continuity.split(","):
                piece = planted(sections, continuity, given.seed)
                for arm in given.arms.split(","):
                    _print(sections, continuity, row(arm.strip(), piece, server))


def _print(sections: int, continuity: str, told: Row) -> None:
    found = told.found
    chat = sum(c.kind == "chat" for c in found.calls)
    print(
        f"{sections:>8} {continuity:<8} {told.arm:<20}{told.present:>9.1%}{told.wrong_first:>10.1%}"
        f"{told.wrong_last:>10.1%}{chat:>7}{found.wall_s:>8.1f}{found.bound_s:>9.1f}"
        f"{found.ratio:>6.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
