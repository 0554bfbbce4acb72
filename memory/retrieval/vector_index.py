"""The vector index: Chroma, holding vectors of entries and passages under opaque ids.

It is an index, never the truth: it keeps no text, is told which ids may be found, and is rebuilt
from the library whenever something is missing from it.
"""

import hashlib
import os
import shutil
import sqlite3
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import httpx
import numpy as np

from inkwright.memory.errors import IndexUnusable
from inkwright.memory.ids import NO_WORK, WorkId

COLLECTIONS = 64
"""Works share this many collections: one each would cost 3 MB and 4 descriptors an open work, and
one for all would slow every query as the library grows."""
DATABASE = "chroma.sqlite3"
HEADER = "header.bin"
HEADER_FORMAT = struct.Struct("<iQQQQ")
LENGTH_BYTES = 4
BATCH = 1000
BUSY_TIMEOUT_S = 30


class VectorIndex(Protocol):
    """Finds the nearest of given ids."""

    def find_missing(self, work_id: WorkId, ids: Sequence[str]) -> list[str]:
        """Return those of ``ids`` that have no vector yet."""
        ...

    def add(self, work_id: WorkId, vectors: Mapping[str, np.ndarray]) -> None:
        """Store vectors by id."""
        ...

    def find_nearest(
        self, work_id: WorkId, vector: np.ndarray, ids: Sequence[str], limit: int
    ) -> dict[str, float]:
        """Return up to ``limit`` of ``ids``, nearest first, with their cosine distance."""
        ...

    def delete_work(self, work_id: WorkId) -> None:
        """Forget everything about a work."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


class ChromaIndex:
    """A persistent Chroma in ``folder``, for vectors of one embedder."""

    _client: Any

    def __init__(self, folder: Path, embedder: str) -> None:
        os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
        import chromadb
        from chromadb.config import Settings

        self._folder = folder
        self._set_up(embedder, f"in {folder}", "delete that folder, and it is built anew")
        with self._translate_faults():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._client = chromadb.PersistentClient(
                path=folder, settings=Settings(_env_file=None, anonymized_telemetry=False)
            )

    def _set_up(self, embedder: str, where: str, remedy: str) -> None:
        self._where, self._remedy = where, remedy
        self._stored_ids: dict[str, set[str]] = {}
        self._collections: dict[int, Any] = {}
        self._write_lock = Lock()
        self._embedder = hashlib.sha256(embedder.encode()).hexdigest()[:12]

    def find_missing(self, work_id: WorkId, ids: Sequence[str]) -> list[str]:
        stored_ids = self._load_stored_ids(work_id)
        return [i for i in ids if i not in stored_ids]

    def add(self, work_id: WorkId, vectors: Mapping[str, np.ndarray]) -> None:
        if not vectors:
            return
        stored_ids, prefix = self._load_stored_ids(work_id), build_id_prefix(work_id)
        ids = list(vectors)
        with self._translate_faults(work_id), self._blank_spare_room():
            self._collection(work_id).upsert(
                ids=[prefix + i for i in ids],
                embeddings=[vectors[i] for i in ids],
                metadatas=[{"work": prefix}] * len(ids),
            )
        stored_ids.update(ids)

    def find_nearest(
        self, work_id: WorkId, vector: np.ndarray, ids: Sequence[str], limit: int
    ) -> dict[str, float]:
        stored_ids, prefix = self._load_stored_ids(work_id), build_id_prefix(work_id)
        candidate_ids = [prefix + i for i in ids if i in stored_ids]
        if not candidate_ids:
            return {}
        with self._translate_faults(work_id):
            result = self._query_collection(
                work_id,
                lambda collection: collection.query(
                    query_embeddings=[vector],
                    ids=candidate_ids,
                    n_results=min(limit, len(candidate_ids)),
                    include=["distances"],
                ),
            )
        if not result["ids"][0]:
            self._stored_ids.pop(work_id, None)
            raise IndexUnusable(
                f"the vector index {self._where} has lost its vectors; they are built anew"
            )
        assert result["distances"] is not None
        pairs = zip(result["ids"][0], result["distances"][0], strict=True)
        ranked_pairs = sorted((round(d, 6), i.removeprefix(prefix)) for i, d in pairs)
        return {i: d for d, i in ranked_pairs}

    def delete_work(self, work_id: WorkId) -> None:
        """Forget a work and leave no byte of its vectors.

        Chroma marks what is deleted and keeps it in its files. So the collections that the work
        shares are written anew without it, and the database is packed.
        """
        with self._translate_faults(work_id):
            for collection in self._list_shared_collections(work_id):
                self._rewrite(collection, excluded_prefix=build_id_prefix(work_id))
            _compact(self._folder)
        self._stored_ids.pop(work_id, None)

    def drop_cached_ids(self, work_id: WorkId) -> None:
        """Keep no longer in mind what is stored of a work; it is looked up again when asked for."""
        self._stored_ids.pop(work_id, None)

    def close(self) -> None:
        """Let go of files and memory; the index is not used afterwards."""
        self._client.close()

    def _list_shared_collections(self, work_id: WorkId) -> list[Any]:
        """Return the collections that may hold vectors of a work, of any embedder."""
        all_collections = self._client.list_collections()
        return [c for c in all_collections if c.name.endswith(f"-{_compute_shard(work_id)}")]

    def _rewrite(self, collection: Any, *, excluded_prefix: str) -> None:
        remaining_ids = [
            i for i in collection.get(include=[])["ids"] if not i.startswith(excluded_prefix)
        ]
        batches = [
            collection.get(ids=remaining_ids[n : n + BATCH], include=["embeddings", "metadatas"])
            for n in range(0, len(remaining_ids), BATCH)
        ]
        name = collection.name
        self._client.delete_collection(name)
        for batch in batches:
            self._get_or_create_collection(name).upsert(
                ids=batch["ids"], embeddings=batch["embeddings"], metadatas=batch["metadatas"]
            )

    def _load_stored_ids(self, work_id: WorkId) -> set[str]:
        stored_ids = self._stored_ids.get(work_id)
        if stored_ids is None:
            prefix = build_id_prefix(work_id)
            with self._translate_faults(work_id):
                result = self._collection(work_id).get(where={"work": prefix}, include=[])
            work_ids = {i.removeprefix(prefix) for i in result["ids"]}
            # Another thread may have looked too, and added since: what it keeps in mind stands.
            stored_ids = self._stored_ids.setdefault(work_id, work_ids)
        return stored_ids

    def _query_collection(self, work_id: WorkId, run_query: Callable[[Any], Any]) -> Any:
        """Return what the work's collection answers, looked up anew if it was rewritten."""
        from chromadb.errors import NotFoundError

        shard = _compute_shard(work_id)
        if shard in self._collections:
            try:
                return run_query(self._collections[shard])
            except NotFoundError:
                del self._collections[shard]
        self._collections[shard] = self._collection(work_id)
        return run_query(self._collections[shard])

    def _collection(self, work_id: WorkId) -> Any:
        return self._get_or_create_collection(f"{self._embedder}-{_compute_shard(work_id)}")

    def _get_or_create_collection(self, name: str) -> Any:
        return self._client.get_or_create_collection(
            name,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
        )

    @contextmanager
    def _blank_spare_room(self) -> Iterator[None]:
        """Zero the spare room of what is written meanwhile."""
        with self._write_lock:
            earlier_times = _read_write_times(self._folder)
            yield
            for segment, write_time in _read_write_times(self._folder).items():
                if earlier_times.get(segment) != write_time:
                    _blank_segment(segment)

    @contextmanager
    def _translate_faults(self, work_id: WorkId = NO_WORK) -> Iterator[None]:
        """Turn Chroma's faults into one clear line, and look again next time what is there."""
        from chromadb.errors import ChromaError

        try:
            yield
        except (ChromaError, httpx.HTTPError, OSError) as fault:
            self._stored_ids.pop(work_id, None)
            message = " ".join(str(fault).split())[:120]
            raise IndexUnusable(
                f"the vector index {self._where} cannot be used ({message}); {self._remedy}"
            ) from fault


def _read_write_times(folder: Path) -> dict[Path, int]:
    """Return when each collection's file was written: with its first vectors, then every 1,000."""
    return {file.parent: file.stat().st_mtime_ns for file in folder.glob(f"*/{HEADER}")}


def _compact(folder: Path) -> None:
    """Rewrite Chroma's database, and remove the files of collections that are no more."""
    with closing(sqlite3.connect(folder / DATABASE, timeout=BUSY_TIMEOUT_S)) as db:
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        used_names = {name for (name,) in db.execute("SELECT id FROM segments")}
    for part in folder.iterdir():
        if part.is_dir() and part.name not in used_names:
            shutil.rmtree(part)
        elif (part / HEADER).exists():
            _blank_segment(part)


def _blank_segment(segment: Path) -> None:
    """Zero the room that hnswlib keeps for elements to come.

    It writes its arrays as they lie in memory, so that room holds whatever the process held there
    before: another work's vectors, or its text. The header begins with the version (4 bytes) and
    the offset (8), then the room, the elements and the bytes of each (hnswlib, ``persistDirty``).
    """
    _, _, _, elements, element_bytes = HEADER_FORMAT.unpack_from((segment / HEADER).read_bytes())
    for name, size in (("data_level0.bin", element_bytes), ("length.bin", LENGTH_BYTES)):
        with (segment / name).open("r+b") as file:
            room = file.seek(0, os.SEEK_END) - elements * size
            if room > 0:
                file.seek(elements * size)
                file.write(bytes(room))


def build_id_prefix(work_id: WorkId) -> str:
    """Return what the ids of a work's vectors begin with."""
    return hashlib.sha256(work_id.encode()).hexdigest()[:16] + "/"


def _compute_shard(work_id: WorkId) -> int:
    return int(hashlib.sha256(work_id.encode()).hexdigest()[:8], 16) % COLLECTIONS
