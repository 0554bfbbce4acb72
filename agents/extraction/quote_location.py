"""Where a fact stands in a text: the exact span, found from a quote that may not be quite exact.

A small model copies nearly, or states a fact and forgets to quote it. What is stored is always the
text's own words.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from inkwright.memory.text.names import terms
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.words import Sentence, sentences, words

MIN_QUOTE_SHARE = 0.8
"""Share of a quote's words that a passage must have, in their order, to be what it quotes."""
MIN_STATEMENT_SHARE = 0.7
"""Share of a statement's terms that a sentence must have to be where the fact stands."""
MIN_STATEMENT_TERMS = 2
"""A single word stands in many sentences: it says nothing of where a fact does."""
MIN_BORNE_OUT_SHARE = 0.5
"""Share of a statement's terms that its own passage must have: the rest may be other words."""
STEM_LETTERS = 5
"""Terms that begin with so many equal letters count as one word: ``prepares``, ``preparing``."""
MAX_SENTENCES = 3
"""Sentences in a row that one quote may run over."""


class TextRange(NamedTuple):
    """A piece of a text; ``start`` and ``end`` in code points."""

    start: int
    end: int


def locate_fact(text: str, quote: str, statement: str) -> TextRange | None:
    """Return where ``text`` states a fact: by its quote, else by its statement; None: nowhere."""
    return locate_quote(text, quote) or _locate_statement(text, statement)


def locate_quote(text: str, quote: str) -> TextRange | None:
    """Return the words of ``text`` that ``quote`` copies, exactly or nearly; None: none."""
    quote = quote.strip()
    if not quote:
        return None
    start = text.find(quote)
    if start >= 0:
        return TextRange(start, start + len(quote))
    quoted_words = _fold(words(quote))
    if not quoted_words:
        return None
    return _locate_words(text, quoted_words) or _locate_nearly(text, quoted_words)


def is_borne_out(statement: str, passage: str) -> bool:
    """True when ``passage`` has the numbers of ``statement`` and at least half of its words."""
    return share_of_terms(statement, passage) >= MIN_BORNE_OUT_SHARE


def find_sentence_around(text: str, place: TextRange) -> str:
    """Return the sentences of ``text`` that reach into ``place``."""
    around = [s for s in sentences(text) if s.start < place.end and s.end > place.start]
    return text[around[0].start : around[-1].end] if around else text[place.start : place.end]


def list_sentences_before(text: str, place: TextRange) -> list[str]:
    """Return the sentences of ``text`` before the one in which ``place`` begins, nearest first."""
    return [s.text for s in reversed(sentences(text)) if s.end <= place.start]


def list_sentences_in(text: str, place: TextRange) -> list[str]:
    """Return the sentences of ``text`` of which ``place`` has more than half."""
    return [
        s.text
        for s in sentences(text)
        if 2 * (min(s.end, place.end) - max(s.start, place.start)) > s.end - s.start
    ]


def _locate_words(text: str, quoted_words: Sequence[str]) -> TextRange | None:
    """Return where these words stand in a row, whatever marks and capitals are around them."""
    text_words = _list_words(text)
    folded = [word for word, _ in text_words]
    size = len(quoted_words)
    for first in range(len(folded) - size + 1):
        if folded[first] == quoted_words[0] and folded[first : first + size] == quoted_words:
            return _include_end_mark(
                text, TextRange(text_words[first][1].start, text_words[first + size - 1][1].end)
            )
    return None


def _locate_nearly(text: str, quoted_words: Sequence[str]) -> TextRange | None:
    """Return the passage that has most of these words in their order, numbers among them."""
    best_share, best_place = MIN_QUOTE_SHARE, None
    numbers = {word for word in quoted_words if any(c.isdigit() for c in word)}
    for window in _list_windows(text):
        text_words = [
            (word, TextRange(window.start + place.start, window.start + place.end))
            for word, place in _list_words(window.text)
        ]
        matcher = SequenceMatcher(None, [w for w, _ in text_words], quoted_words, autojunk=False)
        blocks = [b for b in matcher.get_matching_blocks() if b.size]
        share = sum(b.size for b in blocks) / len(quoted_words)
        if share < best_share or (share == best_share and best_place is not None):
            continue
        matched = text_words[blocks[0].a : blocks[-1].a + blocks[-1].size]
        is_dense = sum(b.size for b in blocks) >= MIN_QUOTE_SHARE * len(matched)
        if is_dense and numbers <= {word for word, _ in matched}:
            best_share = share
            best_place = TextRange(matched[0][1].start, matched[-1][1].end)
    return _include_end_mark(text, best_place) if best_place else None


def _locate_statement(text: str, statement: str) -> TextRange | None:
    """Return the sentence that has the numbers and most of the words of a statement."""
    if len(terms(statement)) < MIN_STATEMENT_TERMS:
        return None
    shares = [(share_of_terms(statement, s.text), s) for s in sentences(text)]
    share, sentence = max(shares, key=lambda pair: pair[0], default=(0.0, None))
    if sentence is None or share < MIN_STATEMENT_SHARE:
        return None
    return TextRange(sentence.start, sentence.end)


def share_of_terms(statement: str, passage: str) -> float:
    """Return how much of what ``statement`` says is in ``passage``: 0 where a number is not."""
    statement_words = set(normalise(statement).split())
    passage_words = set(normalise(passage).split())
    if any(any(c.isdigit() for c in w) and w not in passage_words for w in statement_words):
        return 0.0
    statement_terms, passage_terms = terms(statement), terms(passage)
    if not statement_terms:
        return float(bool(statement_words) and statement_words <= passage_words)
    stems = {term[:STEM_LETTERS] for term in passage_terms if len(term) >= STEM_LETTERS}
    shared = [
        term
        for term in statement_terms
        if term in passage_terms or (len(term) >= STEM_LETTERS and term[:STEM_LETTERS] in stems)
    ]
    return len(shared) / len(statement_terms)


def _list_windows(text: str) -> Iterator[Sentence]:
    """Yield every sentence of ``text``, and every few that follow each other, as one."""
    text_sentences = sentences(text)
    for size in range(1, MAX_SENTENCES + 1):
        for first in range(len(text_sentences) - size + 1):
            start, end = text_sentences[first].start, text_sentences[first + size - 1].end
            yield Sentence(text[start:end], start, end)


@lru_cache(maxsize=1024)
def _list_words(text: str) -> tuple[tuple[str, TextRange], ...]:
    """Return the words of ``text``, folded, with their places."""
    placed_words, offset = [], 0
    for word in words(text):
        start = text.index(word, offset)
        offset = start + len(word)
        placed_words.append((_fold_word(word), TextRange(start, offset)))
    return tuple(placed_words)


def _fold(text_words: Sequence[str]) -> list[str]:
    return [_fold_word(word) for word in text_words]


def _fold_word(word: str) -> str:
    return word.casefold().replace("’", "'")


def _include_end_mark(text: str, place: TextRange) -> TextRange:
    """Let a place that ends just before the mark that ends its sentence have that too."""
    end = place.end
    while end < len(text) and text[end] in ".!?。！？…":
        end += 1
    return TextRange(place.start, end)
