"""The vector index on a Chroma server, for a library that several machines write."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx

from inkwright.memory.ids import WorkId
from inkwright.memory.retrieval.vector_index import ChromaIndex, build_id_prefix
from inkwright.memory.store.library import Library

INDEX_FOLDER = "index"
"""The index in the library folder, used where no server is named."""
DEFAULT_DATABASE = "inkwright"
"""Chroma's database where the address names none."""
DEFAULT_PORTS = {"http": 80, "https": 443}
HTTP_CONFLICT = 409
"""What the server answers when it is asked to make a database that it has."""


def open_index(library: Library, embedder: str) -> ChromaIndex:
    """Return the vector index of a library, open: on the server that is named, or in its folder.

    Raises:
        IndexUnusable: it cannot be opened.
    """
    if library.index_url is not None:
        return ChromaServerIndex(library.index_url, embedder)
    return ChromaIndex(library.home / INDEX_FOLDER, embedder)


class ChromaServerIndex(ChromaIndex):
    """A Chroma server, by an address such as ``http://host:8000/NAME``.

    NAME is Chroma's database; it is made at first use, and every library has one of its own.
    """

    def __init__(self, url: str, embedder: str) -> None:
        os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
        import chromadb
        from chromadb.config import Settings

        self._set_up(embedder, f"at {url}", "start that server, or correct INKWRIGHT_INDEX_URL")
        address = urlsplit(url)
        client_settings = Settings(_env_file=None, anonymized_telemetry=False)
        database_name = address.path.strip("/") or DEFAULT_DATABASE
        port = address.port or DEFAULT_PORTS[address.scheme]
        with self._translate_faults():
            _ensure_database(f"{address.scheme}://{address.netloc}", database_name)
            self._client = chromadb.HttpClient(
                address.hostname or "",
                port,
                ssl=address.scheme == "https",
                settings=client_settings,
                database=database_name,
            )

    def delete_work(self, work_id: WorkId) -> None:
        """Forget a work. What its vectors were stays in the server's files until it packs them."""
        with self._translate_faults(work_id):
            for collection in self._list_shared_collections(work_id):
                collection.delete(where={"work": build_id_prefix(work_id)})
        self.drop_cached_ids(work_id)

    @contextmanager
    def _blank_spare_room(self) -> Iterator[None]:
        """Do nothing: the files are the server's."""
        yield

    def close(self) -> None:
        """Let go of memory and connections; Chroma leaves those to the garbage collector."""
        http_sessions = [c._server._session for c in (self._client, self._client._admin_client)]
        super().close()
        for http_session in http_sessions:
            http_session.close()


def _ensure_database(server_url: str, name: str) -> None:
    """Make Chroma's database where it is not there yet."""
    databases_url = f"{server_url}/api/v2/tenants/default_tenant/databases"
    response = httpx.post(databases_url, json={"name": name}, timeout=30.0)
    if response.status_code != HTTP_CONFLICT:
        response.raise_for_status()
