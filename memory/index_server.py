"""The vector index on a Chroma server, for a library that several machines write."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from inkwright.memory.errors import IndexUnusable
from inkwright.memory.index import ChromaIndex, prefix_of
from inkwright.memory.library import Library

FOLDER = "index"
"""The index in the library folder, used where no server is named."""
NAME = "inkwright"
"""Chroma's database where the address names none."""
PORTS = {"http": 8000, "https": 443}


def index_of(library: Library, embedder: str) -> ChromaIndex:
    """Return the vector index of a library, open: on the server that is named, or in its folder.

    Raises:
        IndexUnusable: it cannot be opened.
    """
    if library.index_url is not None:
        return ServedIndex(library.index_url, embedder)
    return ChromaIndex(library.home / FOLDER, embedder)


class ServedIndex(ChromaIndex):
    """A Chroma server, by an address such as ``http://host:8000/NAME``.

    NAME is Chroma's database; it is made at first use, and every library has one of its own.
    """

    def __init__(self, url: str, embedder: str) -> None:
        os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
        import chromadb
        from chromadb.config import Settings

        self._begin(embedder, f"at {url}", "start that server, or correct INKWRIGHT_INDEX_URL")
        at, settings = urlsplit(url), Settings(anonymized_telemetry=False)
        name = at.path.strip("/") or NAME
        with self._readable_faults():
            try:
                chromadb.HttpClient(
                    at.hostname or "",
                    at.port or PORTS[at.scheme],
                    ssl=at.scheme == "https",
                    settings=settings,
                )
            except ValueError as fault:  # Chroma's word for a server that is not there
                raise IndexUnusable(
                    f"no Chroma server answers at {url}: start it, or correct INKWRIGHT_INDEX_URL"
                ) from fault
            _see_to_it(chromadb.AdminClient(settings), name)
            self._client = chromadb.HttpClient(
                settings.chroma_server_host,
                settings.chroma_server_http_port,
                ssl=at.scheme == "https",
                settings=settings,
                database=name,
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


def _see_to_it(admin: Any, name: str) -> None:
    """Make Chroma's database where it is not there yet."""
    from chromadb.errors import ChromaError, NotFoundError

    try:
        admin.get_database(name)
    except NotFoundError:
        try:
            admin.create_database(name)
        except ChromaError:
            admin.get_database(name)  # another process was first
