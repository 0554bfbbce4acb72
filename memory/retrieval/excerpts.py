"""Excerpts: sentences of earlier text that name a subject and say what memory has no entry for.

An archivist misses things. What it missed still stands in the text, and is found there by name.
"""

from collections.abc import Iterable, Iterator, Sequence, Set

from inkwright.memory.domain.entry import Entry
from inkwright.memory.retrieval.passages import Passage
from inkwright.memory.text.names import names_in, terms
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.words import sentences


def expand_names(names: Set[str], entries: Iterable[Entry]) -> frozenset[str]:
    """Return ``names`` with all others that ``entries`` give the same subjects."""
    return frozenset(names).union(*(e.names for e in entries if e.names & names))


def find_passages_naming(passages: Sequence[Passage], names: Set[str]) -> Iterator[Passage]:
    """Yield the passages that may name one of ``names``, by their longest words."""
    longest_words = {max(name.split(), key=len) for name in names if name}
    for passage in passages:
        text = passage.text.casefold()
        if any(word in text for word in longest_words):
            yield passage


def find_sentences_naming(text: str, names: Set[str]) -> list[str]:
    """Return the sentences of ``text`` that name one of ``names``."""
    return [s.text for s in sentences(text) if names_in(s.text).select_mentioned(names)]


def find_untold_sentences(text: str, names: Set[str], entries: Iterable[Entry]) -> list[str]:
    """Return the sentences of ``text`` that name one of ``names`` and that no entry tells.

    ``entries`` are what memory has about the subjects of those names.
    """
    entry_list = list(entries)
    return [
        sentence
        for sentence in find_sentences_naming(text, names)
        if not any(
            is_stated_in(e, sentence)
            for e in entry_list
            if names_in(sentence).select_mentioned(e.names)
        )
    ]


def speaks_of(sentence: str, entries: Sequence[Entry]) -> bool:
    """True when ``sentence`` has the attribute of one of ``entries``, and a name of its subject."""
    sentence_terms, names = terms(sentence), names_in(sentence)
    subject_names = expand_names(
        names.select_mentioned({n for e in entries for n in e.names}), entries
    )
    return any(
        e.attribute and terms(e.attribute) <= sentence_terms and e.names & subject_names
        for e in entries
    )


def is_stated_in(entry: Entry, sentence: str) -> bool:
    """True when ``sentence`` has every word of what ``entry`` states."""
    statement_terms = terms(entry.statement) - frozenset().union(
        *(terms(name) for name in entry.names)
    )
    return (
        statement_terms <= terms(sentence)
        if statement_terms
        else normalise(entry.statement) in normalise(sentence)
    )


class SubjectFacts:
    """What memory holds of its subjects, to be found in sentences that do no more than say so."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries_by_word: dict[str, list[Entry]] = {}
        for entry in entries:
            if (
                entry.attribute
                and entry.kind != "event"
                and (statement_terms := terms(entry.statement))
            ):
                self._entries_by_word.setdefault(
                    max(statement_terms, key=lambda w: (len(w), w)), []
                ).append(entry)

    def covers_sentence(self, sentence: str) -> bool:
        """True when half the words of ``sentence`` or more are those of one fact, all of it."""
        sentence_terms = terms(sentence)
        return any(
            2 * len(terms(entry.line) & sentence_terms) >= len(sentence_terms)
            and is_stated_in(entry, sentence)
            and names_in(sentence).select_mentioned(entry.names)
            for word in sentence_terms
            for entry in self._entries_by_word.get(word, ())
        )
