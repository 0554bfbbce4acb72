"""Pseudo-English: grammatical, in the past tense, about nothing."""

import random

from tests.simserver.tokens import count_words
from tests.simserver.tongue import any_of, exactly, fill, vocabulary

_WORDS = {
    "noun": vocabulary("""
        lantern harbour orchard ledger bridge kettle tower meadow river window garden market
        letter candle clock sailor baker teacher miller captain gardener stranger child
        neighbour traveller ferry station courtyard staircase library lighthouse mountain
        valley chimney engine violin compass mirror blanket basket anchor rooftop canal
        workshop cellar attic shutter barrel rope ladder boat wagon forest shore island field
        road gate wall doorway bell map key drum
    """),
    "adj": vocabulary("""
        silver quiet narrow patient crooked distant faded gentle heavy hollow idle copper
        lonely mild nervous old pale plain proud restless rough rusted salty secret sharp slow
        small smooth solemn stern stubborn sudden tired tall thin warm wide wild winter wooden
        young amber bitter bright broken brown calm careful clever cold common cracked curious
        damp dark
    """),
    "verb": vocabulary("""
        waited turned trembled drifted listened returned vanished wandered glowed creaked
        settled leaned paused rested rose fell shone slept spoke stirred stood swayed
        whispered worked travelled laughed lingered knelt hurried hesitated gathered flickered
        faltered echoed danced climbed burned breathed awoke arrived answered aged sang sank
        shivered smiled
    """),
    "adv": vocabulary("""
        quietly slowly again early late together alone gently gladly rarely softly twice
        steadily strangely suddenly warily calmly carefully boldly barely eagerly freely idly
        openly patiently plainly proudly sadly safely secretly
    """),
    "prep": vocabulary("""
        beside behind beyond under over near across along around above below against inside
        outside past toward
    """),
}
_CORES = {
    4: "The adj noun verb",
    5: "The adj noun verb adv",
    7: "One noun verb prep the adj noun",
}
"""Main clauses, by their words."""
_TAILS = {
    1: ("again",),
    2: ("once more",),
    3: ("prep the noun",),
    4: ("prep the adj noun",),
    5: (", and the noun verb adv", ", while the noun verb adv"),
    6: (", but the adj noun verb adv", ", until the adj noun verb adv"),
}
_SYLLABLES = (
    vocabulary("Al Bar Cor Dal El Fen Gar Hal Jor Kel Lor Mar Nor Or Pel Quin Ros Sel Tam Ver Wil"),
    vocabulary("a e i o u ia ea"),
    vocabulary("bran dor fel gan lin mund nor ric ros sa ta thar ven wen wick"),
)
_TRAITS = {
    "eye colour": vocabulary("amber green grey hazel blue brown violet"),
    "birthplace": vocabulary("Port Selm, Old Karra, Dunmore, Lake Ivis, Highbrook, Tarn End"),
    "trade": vocabulary("glass blowing, bookbinding, clock repair, bee keeping, rope making"),
    "age": vocabulary("nineteen twenty-six thirty-one forty-four fifty-eight sixty-seven"),
    "lucky number": vocabulary("three seven eleven thirteen twenty-nine forty"),
    "favourite dish": vocabulary("barley soup, plum cake, smoked eel, lentil stew, honey bread"),
}


class English:
    """Sentences whose words are counted as runs of letters."""

    shortest = 4
    usual = (8, 17)
    gap = " "
    refusal = "I'm sorry, but I can't help with that."
    preamble = "Sure! Here is what you asked for:\n\n"
    postscript = "\n\nLet me know if you would like any changes."

    def sentence(self, rng: random.Random, words: int) -> str:
        sizes = [n for n in _CORES if n == words or words - n >= 3] or [self.shortest]
        size = any_of(sizes, rng)
        return _lengthened(" ".join(fill(_CORES[size], _WORDS, rng)), rng, words - size)

    def about(self, rng: random.Random, subject: str, words: int) -> str:
        clause = " ".join([subject, *fill("verb adv", _WORDS, rng)])
        return _lengthened(clause, rng, words - count_words(clause))

    def saying(self, rng: random.Random, phrase: str) -> str:
        noun, other = rng.sample(_WORDS["noun"], 2)
        return f'A voice near the {noun} said "{phrase}" and the {other} fell silent.'

    def fact(self, subject: str, attribute: str, value: str) -> str:
        return f"The {attribute} of {subject} is {value}."

    def ending(self, rng: random.Random) -> str:
        return " ".join(fill("and the noun verb adv", _WORDS, rng)) + "."

    def title(self, rng: random.Random) -> str:
        adj, noun = (rng.choice(_WORDS[kind]).capitalize() for kind in ("adj", "noun"))
        return f"The {adj} {noun} of {self.name(rng)}"

    def purpose(self, rng: random.Random, title: str) -> str:
        adj, noun, other = fill("adj noun noun", _WORDS, rng)
        return f"Show how the {adj} {noun} changes the {other}, and what {title} has to do with it."

    def name(self, rng: random.Random) -> str:
        return "".join(rng.choice(part) for part in _SYLLABLES)

    def trait(self, rng: random.Random) -> tuple[str, str]:
        attribute = rng.choice(list(_TRAITS))
        return attribute, rng.choice(_TRAITS[attribute])


def _lengthened(clause: str, rng: random.Random, words: int) -> str:
    """Return ``clause`` with so many ``words`` more, as a sentence."""
    for size in exactly(rng, words, (3, 4, 5, 6), least=3):
        tail = " ".join(fill(any_of(_TAILS[size], rng), _WORDS, rng))
        clause += tail if tail.startswith(",") else f" {tail}"
    return f"{clause}."
