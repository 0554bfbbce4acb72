"""Finding by meaning: embeds texts when they are first needed, and asks the index for the nearest.

The index is filled here and nowhere else. Whatever it lacks, because it is new, lost or rebuilt, is
embedded again from the library's own text.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import numpy as np

from inkwright.memory.errors import ModelError
from inkwright.memory.retrieval.vector_index import VectorIndex

Embed = Callable[[Sequence[str]], Awaitable[np.ndarray]]
NEAREST = 60
"""Candidates that vector search hands to recall."""
BATCH = 64
FAILURES_IN_A_ROW = 3
"""Calls without an answer after which the embedder is asked no more in this run."""


class VectorSearch:
    """Vector search over one work. Without an index it finds nothing, and recall does without."""

    def __init__(self, work: str, index: VectorIndex | None, embed: Embed | None) -> None:
        self._work, self._index, self._embed = work, index, embed
        self._filling = asyncio.Lock()
        self._failures = 0
        self.embedded = 0
        """Texts embedded in this run."""

    async def nearest(self, query: str, texts: Mapping[str, str]) -> dict[str, float]:
        """Return ids of ``texts`` (id to text) nearest to ``query``, with cosine distance."""
        given_up = self._failures >= FAILURES_IN_A_ROW
        if self._index is None or self._embed is None or not texts or given_up:
            return {}
        ids = list(texts)
        if not await asyncio.to_thread(self._index.missing, self._work, ids):
            vector = (await self._embedded([query]))[0]
        else:
            async with self._filling:
                vector = await self._filled(query, texts, ids)
        return await asyncio.to_thread(self._index.nearest, self._work, vector, ids, NEAREST)

    async def _filled(self, query: str, texts: Mapping[str, str], ids: Sequence[str]) -> np.ndarray:
        """Embed what the index lacks, and return the query's vector, from the first call of it."""
        assert self._index is not None
        missing = await asyncio.to_thread(self._index.missing, self._work, ids)
        first, rest = missing[: BATCH - 1], missing[BATCH - 1 :]
        vectors = await self._embedded([query, *(texts[i] for i in first)])
        await asyncio.to_thread(
            self._index.add, self._work, dict(zip(first, vectors[1:], strict=True))
        )
        for start in range(0, len(rest), BATCH):
            batch = rest[start : start + BATCH]
            more = await self._embedded([texts[i] for i in batch])
            rows = dict(zip(batch, more, strict=True))
            await asyncio.to_thread(self._index.add, self._work, rows)
        query_vector: np.ndarray = vectors[0]
        return query_vector

    async def _embedded(self, texts: Sequence[str]) -> np.ndarray:
        assert self._embed is not None
        try:
            vectors = await self._embed(texts)
        except ModelError:
            self._failures += 1
            raise
        self._failures = 0
        self.embedded += len(texts)
        return vectors
