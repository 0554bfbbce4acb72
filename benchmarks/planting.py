"""Facts that are stated early in a piece and needed later, and what a text says of them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tests.simserver.config import Fact, Need
from tests.simserver.facts import find, plain

EARLY = 0.4
"""Facts are planted in this share of the sections, and needed in the others."""
FACTS_A_SECTION = 2
FACTS_A_PERSON = 4
NEEDS_A_SECTION = 2
MISTAKES = 0.1
"""Of archivists and judges, both ways."""
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
    """What is stated in the early sections of one piece, and needed in the others."""

    facts: tuple[Fact, ...]
    needs: tuple[Need, ...]

    @cached_property
    def values(self) -> dict[tuple[str, str], str]:
        """The right value by name, whichever, and attribute."""
        return {
            (plain(name), plain(f.attribute)): plain(f.value)
            for f in self.facts
            for name in (f.subject, *f.aliases)
        }

    def names(self, section: int) -> tuple[str, ...]:
        """Return the names, as they are given there, of whom a section needs a fact."""
        return tuple(need.subject for need in self.needs if need.section == f"s{section}")

    def about(self, section: int) -> str:
        """Return what an outline says of the people a section needs, or nothing."""
        names = self.names(section)
        return f" Here it matters again who {' and '.join(names)} are." if names else ""

    def said(self, text: str, need: Need) -> str:
        """Return what a text says of a fact, under any name: ``right``, ``wrong`` or nothing."""
        right = self.values[plain(need.subject), plain(need.attribute)]
        told = [
            plain(s.value) == right
            for s in find(text)
            if plain(s.attribute) == plain(need.attribute)
            and self.values.get((plain(s.subject), plain(s.attribute))) == right
        ]
        return "" if not told else "right" if all(told) else "wrong"


def planted(sections: int, seed: int) -> Planted:
    """Return facts of the early sections, and needs of them in each later one."""
    dice = random.Random(f"{sections}/{seed}")
    early = range(1, round(sections * EARLY) + 1)
    facts = _facts([n for n in early for _ in range(FACTS_A_SECTION)], dice)
    needs = {n: dice.sample(facts, NEEDS_A_SECTION) for n in range(len(early) + 1, sections + 1)}
    return Planted(
        facts=tuple(facts),
        needs=tuple(
            Need(
                section=f"s{n}",
                subject=dice.choice((fact.subject, *fact.aliases)),
                attribute=fact.attribute,
            )
            for n, wanted in needs.items()
            for fact in wanted
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
