"""The writer: prose of the length asked for, with the phrases and facts it owes."""

import random
from collections.abc import Callable
from functools import partial
from itertools import islice

from tests.simserver import citing
from tests.simserver.ask import Ask
from tests.simserver.chinese import Chinese
from tests.simserver.config import SimConfig
from tests.simserver.dice import Dice
from tests.simserver.english import English
from tests.simserver.facts import plain, statements, tongue_of
from tests.simserver.prompt import Item, forbids, quoted
from tests.simserver.tokens import count_words
from tests.simserver.tongue import Tongue

DEFAULT_WORDS = 120
STOCK = 8
"""Sentences that a writer with ``stock_probability`` has ready for every section."""
_LOOPED_TIMES = 40


def write(ask: Ask, config: SimConfig) -> str:
    """Return the text of a section, or what it still lacks when a part of it is there already."""
    so_far = ask.prompt.block("sofar")
    composer = Composer(ask, config, so_far)
    text = composer.compose(_goal(ask, config), _owed(ask, config, composer.tongue, so_far))
    if _broken_off(so_far):
        text = composer.tongue.ending(ask.dice.random("ending")) + composer.tongue.gap + text
    return text


def prose_of(ask: Ask, config: SimConfig, words: int, *, other_language: bool = False) -> str:
    """Return ``words`` words of prose that owe nothing to anyone."""
    composer = Composer(ask, config, "")
    if other_language:
        composer.tongue = English() if ask.prompt.chinese else Chinese()
    return composer.compose(words, [])


class Composer:
    """Writes sentences that differ from each other and from those of ``so_far``."""

    def __init__(self, ask: Ask, config: SimConfig, so_far: str, label: str = "prose") -> None:
        self.tongue: Tongue = tongue_of(ask.prompt)
        self._ask, self._config = ask, config
        self._rng: random.Random = ask.dice.random(label)
        self._used = so_far

    def compose(self, words: int, owed: list[str]) -> str:
        """Return paragraphs of ``words`` words in all, the sentences ``owed`` among them."""
        subjects = [*self._stock_opening(), *self._on_subjects(words)]
        spoken_for = sum(count_words(sentence) for sentence in (*owed, *subjects))
        text = subjects + self._plain(words - spoken_for)
        for sentence in owed:
            text.insert(self._rng.randint(min(1, len(text)), len(text)), sentence)
        if self._ask.dice.chance(self._config.loop_probability, "loop"):
            text += text[-1:] * _LOOPED_TIMES
        return self._paragraphs(text)

    def _on_subjects(self, words: int) -> list[str]:
        low, _ = self.tongue.usual
        room = max(1, words // (2 * low))
        return [
            self._new(partial(self.tongue.about, self._rng, subject, low + 2))
            for subject in self._ask.prompt.subjects[:room]
        ]

    def _plain(self, words: int) -> list[str]:
        low, high = self.tongue.usual
        text: list[str] = []
        stock = self._stock() if self._config.stock_probability else []
        while words >= self.tongue.shortest:
            size = words if words <= high else self._rng.randint(low, min(high, words - low))
            if stock and self._rng.random() < self._config.stock_probability:
                text.append(stock.pop())
                size = count_words(text[-1])
            elif text and self._rng.random() < self._config.repeat_probability:
                text.append(self._rng.choice(text))
                size = count_words(text[-1])
            else:
                text.append(self._new(partial(self.tongue.sentence, self._rng, size)))
            words -= size
        return text

    def _stock(self) -> list[str]:
        """Return the sentences that every section of a piece has, in an order of this one's."""
        rng, (low, high) = Dice(self._ask.prompt.request).random("stock"), self.tongue.usual
        sentences = [self.tongue.sentence(rng, rng.randint(low, high)) for _ in range(STOCK)]
        unused = [s for s in sentences if s not in self._used]
        self._rng.shuffle(unused)
        return unused

    def _stock_opening(self) -> list[str]:
        if self._used or not self._ask.dice.chance(self._config.stock_opening, "opening"):
            return []
        rng = Dice(self._ask.prompt.request).random("opening")
        return [self.tongue.sentence(rng, self.tongue.usual[1])]

    def _new(self, make: Callable[[], str]) -> str:
        """Return a sentence that was not used before."""
        for _ in range(20):
            sentence = make()
            if sentence not in self._used:
                break
        self._used += sentence
        return sentence

    def _paragraphs(self, sentences: list[str]) -> str:
        paragraphs = []
        while sentences:
            size = self._rng.randint(3, 5)
            paragraphs.append(self.tongue.gap.join(sentences[:size]))
            sentences = sentences[size:]
        return "\n\n".join(paragraphs)


def _goal(ask: Ask, config: SimConfig) -> int:
    """Return how many words are written: those asked for, more or less, and no more than it can."""
    wanted = _wanted_words(ask, config)
    return wanted if config.words_limit is None else min(wanted, config.words_limit)


def _wanted_words(ask: Ask, config: SimConfig) -> int:
    more = ask.prompt.asked(r"Write about (\d+) more ")
    if more is not None:
        return max(
            1, round(more * config.continue_factor * (1 + missed(ask, config.continue_error)))
        )
    asked = ask.prompt.numbers("Length") or [DEFAULT_WORDS]
    error = missed(ask, config.length_error)
    return max(1, round(sum(asked[:2]) / len(asked[:2]) * config.length_factor * (1 + error)))


def missed(ask: Ask, rate: float) -> float:
    """Return by what share this answer misses the length asked for, either way."""
    return rate * (2 * ask.dice.unit("length") - 1)


def _owed(ask: Ask, config: SimConfig, tongue: Tongue, so_far: str) -> list[str]:
    """Return the sentences that must be there: facts, and phrases of requirements."""
    rng = ask.dice.random("owed")
    phrases = (
        phrase
        for item in ask.prompt.requirements
        if _is_written(item, ask, config)
        for phrase in quoted(item.text)
    )
    written = islice(phrases, config.requirements_limit)
    sayings = (tongue.saying(rng, phrase) for phrase in written if phrase not in so_far)
    there = plain(so_far)
    facts = (s for s in statements(ask.prompt, config) if plain(s) not in there)
    taken = [] if so_far else citing.claims(ask, config)
    return list(dict.fromkeys((*facts, *taken, *sayings)))


def _is_written(requirement: Item, ask: Ask, config: SimConfig) -> bool:
    """Say whether the phrases of a requirement are written: if wanted, unless it is forgotten."""
    forgotten = ask.dice.chance(config.forget_probability, f"forget/{requirement.id}")
    return forbids(requirement.text) == forgotten


def _broken_off(text: str) -> bool:
    """Say whether ``text`` ends within a sentence."""
    return bool(text) and text.rstrip()[-1:] not in '.!?。！？"”'
