"""Planted facts: how they are written, how they are found again, and what memory says of them."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial

from tests.simserver.chinese import Chinese
from tests.simserver.config import Need, SimConfig
from tests.simserver.dice import Dice
from tests.simserver.english import English
from tests.simserver.prompt import Prompt, items
from tests.simserver.tongue import Tongue

_STATED = re.compile(
    r"(?:^|(?<=[\s\"“”]))The (?P<attribute>[^.!?\n]{1,60}?) of (?P<subject>[^.!?\n]{1,60}?) is "
    r"(?P<value>[^!?\n]{1,200}?)\.(?=[\s\"“”]|$)"
    r"|(?:^|(?<=[。！？”\s]))(?P<zh_subject>[^，。！？；：“”、\s]{1,20}?)"
    r"的(?P<zh_attribute>[^，。！？；：“”、\s的是]{1,20})是(?P<zh_value>[^。！？\n]{1,100})。",
    re.MULTILINE,
)
_ENTRY = re.compile(
    r"(?P<subject>[^:|(]+?)(?: \((?P<aliases>[^)]*)\))?(?: \| (?P<attribute>[^:]+?))?: (?P<says>.*)"
)


@dataclass(frozen=True)
class Stated:
    """A fact as a text states it; ``quote`` is the whole sentence, exactly."""

    subject: str
    attribute: str
    value: str
    quote: str


@dataclass(frozen=True)
class Entry:
    """A memory entry as a prompt shows it."""

    id: str
    subject: str
    aliases: tuple[str, ...]
    attribute: str
    statement: str

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(plain(name) for name in (self.subject, *self.aliases))

    def value_of(self, attribute: str) -> str | None:
        """Return what the entry says of ``attribute``, or None when it says nothing of it."""
        for stated in find(self.statement):
            if plain(stated.attribute) == plain(attribute):
                return stated.value
        if plain(self.attribute) == plain(attribute):
            return self.statement.strip().rstrip(".。")
        if self.attribute:
            return None
        said = rf"{re.escape(attribute)}\s*(?:is|are|was|:|是)\s*(.+?)[.。]?$"
        told = re.search(said, self.statement, re.IGNORECASE)
        return told.group(1) if told else None


def plain(text: str) -> str:
    """Return ``text`` in lower case, with every run of marks and blanks as one blank."""
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def find(text: str) -> Iterator[Stated]:
    """Yield the facts that ``text`` states, in order."""
    for found in _STATED.finditer(text):
        kind = "" if found["subject"] else "zh_"
        subject, attribute, value = (found[kind + k] for k in ("subject", "attribute", "value"))
        yield Stated(subject, attribute, value, found.group())


def entries(text: str) -> list[Entry]:
    """Return the memory entries that stand in ``text``, one a line."""
    matches = ((item.id, _ENTRY.fullmatch(item.text)) for item in items(text))
    return [
        Entry(entry, m["subject"], _names(m["aliases"]), m["attribute"] or "", m["says"])
        for entry, m in matches
        if m
    ]


def _names(given: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (given or "").split(",") if name.strip())


def known_value(prompt: Prompt, subject: str, attribute: str) -> str | None:
    """Return what a prompt's memory, summary or last passage says of a subject; None: nothing.

    Memory counts before summary and passage, entries before passages, and then what stands last.
    """
    for values in _told(prompt, subject, attribute):
        if values:
            return values[-1]
    return None


def told_values(prompt: Prompt, subject: str, attribute: str) -> list[str]:
    """Return every value that a prompt gives for an attribute of a subject."""
    return [value for values in _told(prompt, subject, attribute) for value in values]


def _told(prompt: Prompt, subject: str, attribute: str) -> Iterator[list[str]]:
    """Yield the values that entries, then passages, of each part of a prompt give.

    The subject goes by every name that an entry of the prompt gives it.
    """
    listed = [e for tag in ("memory", "summary", "before") for e in entries(prompt.block(tag))]
    names = {plain(subject)}.union(*(e.names for e in listed if plain(subject) in e.names))
    for tag in ("memory", "summary", "before"):
        text = prompt.block(tag)
        known = (e.value_of(attribute) for e in entries(text) if e.names & names)
        yield [value for value in known if value is not None]
        yield [
            stated.value
            for stated in find(text)
            if plain(stated.subject) in names and plain(stated.attribute) == plain(attribute)
        ]


def aliases(config: SimConfig, subject: str) -> tuple[str, ...]:
    """Return the other names under which ``subject`` was planted."""
    names = (f.aliases for f in config.facts if plain(f.subject) == plain(subject))
    return tuple(dict.fromkeys(alias for given in names for alias in given))


def known_as(config: SimConfig, name: str) -> tuple[str, ...]:
    """Return ``name``, and every other name of whom it is planted for."""
    planted = ((f.subject, *f.aliases) for f in config.facts)
    same = (names for names in planted if plain(name) in map(plain, names))
    return (name, *dict.fromkeys(other for names in same for other in names))


def tongue_of(prompt: Prompt) -> Tongue:
    """Return the language that the piece is written in."""
    return Chinese() if prompt.chinese else English()


def statements(prompt: Prompt, config: SimConfig) -> list[str]:
    """Return the sentences by which the section that ``prompt`` is about states its facts."""
    return stated_in(prompt.section, prompt, config, partial(known_value, prompt))


def stated_in(
    section: str, prompt: Prompt, config: SimConfig, known: Callable[[str, str], str | None]
) -> list[str]:
    """Return the sentences of the facts of ``section``; ``known``: what its writer was shown."""
    tongue = tongue_of(prompt)
    facts = [
        (f.subject, f.attribute, f.value)
        for f in config.facts
        if f.section == section and f.brief in prompt.brief
    ]
    for need in config.needs:
        if need.section == section and need.brief in prompt.brief:
            shown = known(need.subject, need.attribute) or need.wrong
            value = shown or _made_up(section, prompt, need, tongue)
            facts.append((need.subject, need.attribute, value))
    facts += _distractors(section, prompt, config, tongue)
    return [tongue.fact(*fact) for fact in facts]


def _made_up(section: str, prompt: Prompt, need: Need, tongue: Tongue) -> str:
    """Return a value that nobody planted."""
    rng = Dice(prompt.request).random(f"{section}/{need.subject}/{need.attribute}")
    return tongue.name(rng)


def _distractors(
    section: str, prompt: Prompt, config: SimConfig, tongue: Tongue
) -> Iterable[tuple[str, str, str]]:
    """Return facts that depend on the work and the section only, so that a redraft keeps them."""
    rng = Dice(prompt.request + config.salt).random(f"distractors/{section}")
    return [(tongue.name(rng), *tongue.trait(rng)) for _ in range(config.distractors)]
