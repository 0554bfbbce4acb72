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

    def missing(self, work: str, ids: Sequence[str]) -> list[str]:
        """Return those of ``ids`` that have no vector yet."""
        ...

    def add(self, work: str, vectors: Mapping[str, np.ndarray]) -> None:
        """Store vectors by id."""
        ...

    def nearest(
        self, work: str, vector: np.ndarray, ids: Sequence[str], limit: int
    ) -> dict[str, float]:
        """Return up to ``limit`` of ``ids``, nearest first, with their cosine distance."""
        ...

    def drop(self, work: str) -> None:
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
        self._begin(embedder, f"in {folder}", "delete that folder, and it is built anew")
        with self._readable_faults():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._client = chromadb.PersistentClient(
                path=folder, settings=Settings(_env_file=None, anonymized_telemetry=False)
            )

    def _begin(self, embedder: str, where: str, remedy: str) -> None:
        self._where, self._remedy = where, remedy
        self._present: dict[str, set[str]] = {}
        self._handles: dict[int, Any] = {}
        self._adding = Lock()
        self._embedder = hashlib.sha256(embedder.encode()).hexdigest()[:12]

    def missing(self, work: str, ids: Sequence[str]) -> list[str]:
        known = self._known(work)
        return [i for i in ids if i not in known]

    def add(self, work: str, vectors: Mapping[str, np.ndarray]) -> None:
        if not vectors:
            return
        known, prefix = self._known(work), prefix_of(work)
        ids = list(vectors)
        with self._readable_faults(work), self._blanking():
            self._collection(work).upsert(
                ids=[prefix + i for i in ids],
                embeddings=[vectors[i] for i in ids],
                metadatas=[{"work": prefix}] * len(ids),
            )
        known.update(ids)

    def nearest(
        self, work: str, vector: np.ndarray, ids: Sequence[str], limit: int
    ) -> dict[str, float]:
        known, prefix = self._known(work), prefix_of(work)
        there = [prefix + i for i in ids if i in known]
        if not there:
            return {}
        with self._readable_faults(work):
            found = self._asked(
                work,
                lambda collection: collection.query(
                    query_embeddings=[vector],
                    ids=there,
                    n_results=min(limit, len(there)),
                    include=["distances"],
                ),
            )
        if not found["ids"][0]:
            self._present.pop(work, None)
            raise IndexUnusable(
                f"the vector index {self._where} has lost its vectors; they are built anew"
            )
        assert found["distances"] is not None
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        ranked = sorted((round(d, 6), i.removeprefix(prefix)) for i, d in pairs)
        return {i: d for d, i in ranked}

    def drop(self, work: str) -> None:
        """Forget a work and leave no byte of its vectors.

        Chroma marks what is deleted and keeps it in its files. So the collections that the work
        shares are written anew without it, and the database is packed.
        """
        with self._readable_faults(work):
            for collection in self._shared_by(work):
                self._rewrite(collection, without=prefix_of(work))
            _pack(self._folder)
        self._present.pop(work, None)

    def forget(self, work: str) -> None:
        """Keep no longer in mind what is stored of a work; it is looked up again when asked for."""
        self._present.pop(work, None)

    def close(self) -> None:
        """Let go of files and memory; the index is not used afterwards."""
        self._client.close()

    def _shared_by(self, work: str) -> list[Any]:
        """Return the collections that may hold vectors of a work, of any embedder."""
        there = self._client.list_collections()
        return [c for c in there if c.name.endswith(f"-{_shard(work)}")]

    def _rewrite(self, collection: Any, *, without: str) -> None:
        others = [i for i in collection.get(include=[])["ids"] if not i.startswith(without)]
        kept = [
            collection.get(ids=others[n : n + BATCH], include=["embeddings", "metadatas"])
            for n in range(0, len(others), BATCH)
        ]
        name = collection.name
        self._client.delete_collection(name)
        for batch in kept:
            self._named(name).upsert(
                ids=batch["ids"], embeddings=batch["embeddings"], metadatas=batch["metadatas"]
            )

    def _known(self, work: str) -> set[str]:
        known = self._present.get(work)
        if known is None:
            prefix = prefix_of(work)
            with self._readable_faults(work):
                found = self._collection(work).get(where={"work": prefix}, include=[])
            there = {i.removeprefix(prefix) for i in found["ids"]}
            # Another thread may have looked too, and added since: what it keeps in mind stands.
            known = self._present.setdefault(work, there)
        return known

    def _asked(self, work: str, ask: Callable[[Any], Any]) -> Any:
        """Return what the work's collection answers, looked up anew if it was rewritten."""
        from chromadb.errors import NotFoundError

        shard = _shard(work)
        if shard in self._handles:
            try:
                return ask(self._handles[shard])
            except NotFoundError:
                del self._handles[shard]
        self._handles[shard] = self._collection(work)
        return ask(self._handles[shard])

    def _collection(self, work: str) -> Any:
        return self._named(f"{self._embedder}-{_shard(work)}")

    def _named(self, name: str) -> Any:
        return self._client.get_or_create_collection(
            name,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
        )

    @contextmanager
    def _blanking(self) -> Iterator[None]:
        """Zero the spare room of what is written meanwhile."""
        with self._adding:
            before = _written(self._folder)
            yield
            for segment, when in _written(self._folder).items():
                if before.get(segment) != when:
                    _blank(segment)

    @contextmanager
    def _readable_faults(self, work: str = "") -> Iterator[None]:
        """Turn Chroma's faults into one clear line, and look again next time what is there."""
        from chromadb.errors import ChromaError

        try:
            yield
        except (ChromaError, httpx.HTTPError, OSError) as fault:
            self._present.pop(work, None)
            said = " ".join(str(fault).split())[:120]
            raise IndexUnusable(
                f"the vector index {self._where} cannot be used ({said}); {self._remedy}"
            ) from fault


def _written(folder: Path) -> dict[Path, int]:
    """Return when each collection's file was written: with its first vectors, then every 1,000."""
    return {file.parent: file.stat().st_mtime_ns for file in folder.glob(f"*/{HEADER}")}


def _pack(folder: Path) -> None:
    """Rewrite Chroma's database, and remove the files of collections that are no more."""
    with closing(sqlite3.connect(folder / DATABASE, timeout=BUSY_TIMEOUT_S)) as db:
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        used = {name for (name,) in db.execute("SELECT id FROM segments")}
    for part in folder.iterdir():
        if part.is_dir() and part.name not in used:
            shutil.rmtree(part)
        elif (part / HEADER).exists():
            _blank(part)


def _blank(segment: Path) -> None:
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


def prefix_of(work: str) -> str:
    """Return what the ids of a work's vectors begin with."""
    return hashlib.sha256(work.encode()).hexdigest()[:16] + "/"


def _shard(work: str) -> int:
    return int(hashlib.sha256(work.encode()).hexdigest()[:8], 16) % COLLECTIONS
