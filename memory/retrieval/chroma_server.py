"""The vector index on a Chroma server, for a library that several machines write."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx

from inkwright.memory.retrieval.vector_index import ChromaIndex, prefix_of
from inkwright.memory.store.library import Library

FOLDER = "index"
"""The index in the library folder, used where no server is named."""
NAME = "inkwright"
"""Chroma's database where the address names none."""
PORTS = {"http": 80, "https": 443}
ALREADY_THERE = 409
"""What the server answers when it is asked to make a database that it has."""


def index_of(library: Library, embedder: str) -> ChromaIndex:
    """Return the vector index of a library, open: on the server that is named, or in its folder.

    Raises:
        IndexUnusable: it cannot be opened.
    """
    if library.index_url is not None:
        return ChromaServerIndex(library.index_url, embedder)
    return ChromaIndex(library.home / FOLDER, embedder)


class ChromaServerIndex(ChromaIndex):
    """A Chroma server, by an address such as ``http://host:8000/NAME``.

    NAME is Chroma's database; it is made at first use, and every library has one of its own.
    """

    def __init__(self, url: str, embedder: str) -> None:
        os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
        import chromadb
        from chromadb.config import Settings

        self._begin(embedder, f"at {url}", "start that server, or correct INKWRIGHT_INDEX_URL")
        at, quiet = urlsplit(url), Settings(_env_file=None, anonymized_telemetry=False)
        name, port = at.path.strip("/") or NAME, at.port or PORTS[at.scheme]
        with self._readable_faults():
            _see_to_it(f"{at.scheme}://{at.netloc}", name)
            self._client = chromadb.HttpClient(
                at.hostname or "", port, ssl=at.scheme == "https", settings=quiet, database=name
            )

    def drop(self, work: str) -> None:
        """Forget a work. What its vectors were stays in the server's files until it packs them."""
        with self._readable_faults(work):
            for collection in self._shared_by(work):
                collection.delete(where={"work": prefix_of(work)})
        self.forget(work)

    @contextmanager
    def _blanking(self) -> Iterator[None]:
        """Do nothing: the files are the server's."""
        yield

    def close(self) -> None:
        """Let go of memory and connections; Chroma leaves those to the garbage collector."""
        held = [c._server._session for c in (self._client, self._client._admin_client)]
        super().close()
        for connections in held:
            connections.close()


def _see_to_it(root: str, name: str) -> None:
    """Make Chroma's database where it is not there yet."""
    there = f"{root}/api/v2/tenants/default_tenant/databases"
    answer = httpx.post(there, json={"name": name}, timeout=30.0)
    if answer.status_code != ALREADY_THERE:
        answer.raise_for_status()
