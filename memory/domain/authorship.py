"""Who wrote what: the words of a draft that are a person's, and those a model wrote."""

from collections.abc import Iterable

from inkwright.memory.base import Value
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.protected_spans import ProtectedSpan, merged
from inkwright.memory.text.words import count_words


class WordShare(Value):
    """Words of one text, by who wrote them."""

    section: str
    version: int
    person: int
    model: int


def share(draft: Draft) -> WordShare:
    """Return how many words of a draft are the person's, and how many a model's."""
    person = sum(count_words(draft.text[s.start : s.end]) for s in of_person(draft.held))
    person = min(person, draft.words)
    return WordShare(
        section=draft.section, version=draft.version, person=person, model=draft.words - person
    )


def of_person(held: Iterable[ProtectedSpan]) -> tuple[ProtectedSpan, ...]:
    """Return the stretches that a person wrote; what is merely locked is not among them."""
    return merged(h for h in held if h.why == "person")
