"""The source index: a work's sources cut into passages, found by words they share with a query.

Lexical search is BM25 (Robertson and Zaragoza 2009, doi:10.1561/1500000019) by ``bm25s``. Its index
is made of the library's own text when a run first needs it, and kept nowhere.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from inkwright.memory.domain.source import Evidence, Source
from inkwright.memory.retrieval.passages import find_piece_spans, split_source
from inkwright.memory.store.sources import StoredSource
from inkwright.memory.text.names import list_terms


class SourceIndex:
    """The passages of some sources, in the order of the documents."""

    def __init__(self, sources: Sequence[StoredSource]) -> None:
        self.sources = {
            k.source.key: k.source for k in sources if k.source.kind != "request" and k.source.key
        }
        """What can be cited, by key; a line of a bibliography has no passages."""
        self.passages = [
            _build_passage(k, start, end)
            for k in sources
            if k.source.kind == "document"
            for start, end in _find_passage_spans(k.source)
        ]
        self.requests = [
            p
            for k in sources
            if k.source.kind == "request"
            for p in split_source(k.number, k.source.text)
        ]
        """The part of a long request beyond its instructions: shown like memory, never cited."""

    def get_text(self, evidence: Evidence) -> str:
        """Return the words of a span, exactly as the source has them."""
        return self.sources[evidence.key].text[evidence.start : evidence.end]

    def select_held(self, evidence: Iterable[Evidence]) -> list[Evidence]:
        """Return what is of sources that are still here: one may have been dropped since."""
        return [e for e in evidence if e.key in self.sources]

    def list_passages(self, key: str) -> list[Evidence]:
        """Return the passages of one source."""
        return self._passages_by_key.get(key, [])

    def search_words(self, query: str, limit: int) -> list[Evidence]:
        """Return up to ``limit`` passages that share words with ``query``, the best first."""
        terms, index = self._lexicon
        query_terms = sorted({t for t in list_terms(query) if t in terms})
        if not query_terms:
            return []
        scores = index.get_scores(query_terms)
        limit = min(limit, len(scores))
        best_places = np.argpartition(-scores, limit - 1)[:limit]
        ranked_places = sorted(best_places, key=lambda i: (-scores[i], i))
        return [self.passages[i] for i in ranked_places if scores[i] > 0]

    @cached_property
    def _passages_by_key(self) -> dict[str, list[Evidence]]:
        passages_by_key: dict[str, list[Evidence]] = {}
        for passage in self.passages:
            passages_by_key.setdefault(passage.key, []).append(passage)
        return passages_by_key

    @cached_property
    def _lexicon(self) -> tuple[dict[str, int], Any]:
        import bm25s

        terms: dict[str, int] = {}
        tokens = [
            [terms.setdefault(t, len(terms)) for t in list_terms(self.get_text(p))]
            for p in self.passages
        ]
        index = bm25s.BM25()
        if terms:
            index.index((tokens, terms), show_progress=False)
        return terms, index


def _find_passage_spans(source: Source) -> Iterator[tuple[int, int]]:
    """Yield where each passage begins and ends; none runs over the end of a page."""
    for start, end in pairwise((*(source.pages or (0,)), len(source.text))):
        for first, last in find_piece_spans(source.text[start:end]):
            yield start + first, start + last


def _build_passage(stored_source: StoredSource, start: int, end: int) -> Evidence:
    source: Source = stored_source.source
    return Evidence(
        source=stored_source.number,
        key=source.key,
        start=start,
        end=end,
        page=source.page_at(start),
    )
