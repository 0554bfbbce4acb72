"""Excerpts: sentences of earlier text that name a subject and say what memory has no entry for.

An archivist misses things. What it missed still stands in the text, and is found there by name.
"""

from collections.abc import Iterable, Iterator, Sequence, Set

from inkwright.memory.domain.entry import Entry
from inkwright.memory.retrieval.passages import Passage
from inkwright.memory.text.names import names_in, terms
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.words import sentences


def every_name(names: Set[str], entries: Iterable[Entry]) -> frozenset[str]:
    """Return ``names`` with all others that ``entries`` give the same subjects."""
    return frozenset(names).union(*(e.names for e in entries if e.names & names))


def passages_naming(passages: Sequence[Passage], names: Set[str]) -> Iterator[Passage]:
    """Yield the passages that may name one of ``names``, by their longest words."""
    wanted = {max(name.split(), key=len) for name in names if name}
    for passage in passages:
        text = passage.text.casefold()
        if any(word in text for word in wanted):
            yield passage


def naming(text: str, names: Set[str]) -> list[str]:
    """Return the sentences of ``text`` that name one of ``names``."""
    return [s.text for s in sentences(text) if names_in(s.text).among(names)]


def untold(text: str, names: Set[str], entries: Iterable[Entry]) -> list[str]:
    """Return the sentences of ``text`` that name one of ``names`` and that no entry tells.

    ``entries`` are what memory has about the subjects of those names.
    """
    known = list(entries)
    return [
        sentence
        for sentence in naming(text, names)
        if not any(tells(e, sentence) for e in known if names_in(sentence).among(e.names))
    ]


def speaks_of(sentence: str, entries: Sequence[Entry]) -> bool:
    """True when ``sentence`` has the attribute of one of ``entries``, and a name of its subject."""
    said, names = terms(sentence), names_in(sentence)
    named = every_name(names.among({n for e in entries for n in e.names}), entries)
    return any(e.attribute and terms(e.attribute) <= said and e.names & named for e in entries)


def tells(entry: Entry, sentence: str) -> bool:
    """True when ``sentence`` has every word of what ``entry`` states."""
    said = terms(entry.statement) - frozenset().union(*(terms(name) for name in entry.names))
    return said <= terms(sentence) if said else normalise(entry.statement) in normalise(sentence)


class SubjectFacts:
    """What memory holds of its subjects, to be found in sentences that do no more than say so."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._by_word: dict[str, list[Entry]] = {}
        for entry in entries:
            if entry.attribute and entry.kind != "event" and (said := terms(entry.statement)):
                self._by_word.setdefault(max(said, key=lambda w: (len(w), w)), []).append(entry)

    def stated(self, sentence: str) -> bool:
        """True when half the words of ``sentence`` or more are those of one fact, all of it."""
        said = terms(sentence)
        return any(
            2 * len(terms(entry.line) & said) >= len(said)
            and tells(entry, sentence)
            and names_in(sentence).among(entry.names)
            for word in said
            for entry in self._by_word.get(word, ())
        )
