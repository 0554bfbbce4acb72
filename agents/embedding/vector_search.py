"""Finding by meaning: embeds texts when they are first needed, and asks the index for the nearest.

The index is filled here and nowhere else. Whatever it lacks, because it is new, lost or rebuilt, is
embedded again from the library's own text.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import numpy as np

from inkwright.memory.errors import ModelError
from inkwright.memory.ids import WorkId
from inkwright.memory.retrieval.vector_index import VectorIndex

Embed = Callable[[Sequence[str]], Awaitable[np.ndarray]]
MAX_HITS = 60
"""Candidates that vector search hands to recall."""
BATCH_TEXTS = 64
MAX_FAILURES_IN_A_ROW = 3
"""Calls without an answer after which the embedder is asked no more in this run."""


class VectorSearch:
    """Vector search over one work. Without an index it finds nothing, and recall does without."""

    def __init__(self, work_id: WorkId, index: VectorIndex | None, embed: Embed | None) -> None:
        self._work_id, self._index, self._embed = work_id, index, embed
        self._fill_lock = asyncio.Lock()
        self._failure_count = 0
        self.embedded_count = 0
        """Texts embedded in this run."""

    async def find_nearest(self, query: str, texts: Mapping[str, str]) -> dict[str, float]:
        """Return ids of ``texts`` (id to text) nearest to ``query``, with cosine distance."""
        has_given_up = self._failure_count >= MAX_FAILURES_IN_A_ROW
        if self._index is None or self._embed is None or not texts or has_given_up:
            return {}
        ids = list(texts)
        if not await asyncio.to_thread(self._index.find_missing, self._work_id, ids):
            vector = (await self._embed_texts([query]))[0]
        else:
            async with self._fill_lock:
                vector = await self._fill_index(query, texts, ids)
        return await asyncio.to_thread(
            self._index.find_nearest, self._work_id, vector, ids, MAX_HITS
        )

    async def _fill_index(
        self, query: str, texts: Mapping[str, str], ids: Sequence[str]
    ) -> np.ndarray:
        """Embed what the index lacks, and return the query's vector, from the first call of it."""
        assert self._index is not None
        missing_ids = await asyncio.to_thread(self._index.find_missing, self._work_id, ids)
        first_ids, remaining_ids = missing_ids[: BATCH_TEXTS - 1], missing_ids[BATCH_TEXTS - 1 :]
        vectors = await self._embed_texts([query, *(texts[i] for i in first_ids)])
        await asyncio.to_thread(
            self._index.add, self._work_id, dict(zip(first_ids, vectors[1:], strict=True))
        )
        for start in range(0, len(remaining_ids), BATCH_TEXTS):
            batch = remaining_ids[start : start + BATCH_TEXTS]
            batch_vectors = await self._embed_texts([texts[i] for i in batch])
            rows = dict(zip(batch, batch_vectors, strict=True))
            await asyncio.to_thread(self._index.add, self._work_id, rows)
        query_vector: np.ndarray = vectors[0]
        return query_vector

    async def _embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        assert self._embed is not None
        try:
            vectors = await self._embed(texts)
        except ModelError:
            self._failure_count += 1
            raise
        self._failure_count = 0
        self.embedded_count += len(texts)
        return vectors
