"""Who wrote what: the words of a draft that are a person's, and those a model wrote."""

from collections.abc import Iterable

from inkwright.memory.base import Value
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.protected_spans import ProtectedSpan, merge_spans
from inkwright.memory.ids import SectionId
from inkwright.memory.text.words import count_words


class WordShare(Value):
    """Words of one text, by who wrote them."""

    section: SectionId
    version: int
    person: int
    model: int


def compute_word_share(draft: Draft) -> WordShare:
    """Return how many words of a draft are the person's, and how many a model's."""
    user_words = sum(
        count_words(draft.text[s.start : s.end]) for s in select_user_spans(draft.held)
    )
    user_words = min(user_words, draft.words)
    return WordShare(
        section=draft.section,
        version=draft.version,
        person=user_words,
        model=draft.words - user_words,
    )


def select_user_spans(spans: Iterable[ProtectedSpan]) -> tuple[ProtectedSpan, ...]:
    """Return the stretches that a person wrote; what is merely locked is not among them."""
    return merge_spans(h for h in spans if h.why == "person")
