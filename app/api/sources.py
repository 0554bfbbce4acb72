"""The sources of one work, as its person adds, reads and drops them."""

from collections.abc import Sequence
from pathlib import Path

from inkwright.app.api.handle import WorkHandle
from inkwright.app.documents.loader import read_files, within
from inkwright.app.manuscripts.citation_report import (
    CitationReport,
    SourceReport,
    UncitedReport,
    followed,
    listed,
    uncited,
)
from inkwright.memory.domain.source import Source
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts, plans, sources, works
from inkwright.memory.store.sources import StoredSource


def read_sources(*paths: Path | str) -> tuple[Source, ...]:
    """Return what documents and folders of documents hold, for ``Brief(sources=...)``.

    >>> import inkwright, pathlib
    >>> _ = pathlib.Path("tides.md").write_text("# Tides\\n\\nThe range is 7.2 metres.\\n")
    >>> [source.title for source in inkwright.read_sources("tides.md")]
    ['Tides']

    Raises:
        BadInput: one of them cannot be read; the message says which and why.
    """
    files = _files(paths)
    found, told = read_files(files)
    if not all(found[file] for file in files):
        raise BadInput("; ".join(told))
    return tuple(source for file in files for source in found[file])


class Sources(WorkHandle):
    """The sources of a work. What rests on one that is dropped is stale until it is settled.

    >>> import inkwright, pathlib
    >>> _ = pathlib.Path("tides.md").write_text("# Tides\\n\\nThe range is 7.2 metres.\\n")
    >>> brief = inkwright.Brief(
    ...     request="A note on the tides of Brest.", words=120,
    ...     sources=inkwright.read_sources("tides.md"),
    ... )
    >>> piece = inkwright.write(brief)
    >>> [kept.source.key for kept in inkwright.Sources(piece.work).all()]
    ['tides']
    """

    def all(self) -> list[StoredSource]:
        """Return the sources in use, in the order they came."""
        with self._open() as library:
            return [k for k in sources.kept(library, self.work) if k.source.kind != "request"]

    def standing(self) -> list[SourceReport]:
        """Return the same sources with the sections planned for each, and those that cite it."""
        with self._open() as library:
            plan, texts = plans.current(library, self.work), drafts.current(library, self.work)
            return listed(plan, texts, sources.kept(library, self.work))

    def citations(self) -> list[CitationReport]:
        """Return every sentence that cites, with the exact passages it rests on."""
        with self._open() as library:
            texts = drafts.current(library, self.work)
            manifests = drafts.manifests(library, self.work)
            return followed(texts, manifests, sources.kept(library, self.work))

    def uncited(self) -> list[UncitedReport]:
        """Return the sentences that give a figure or a quotation, and rest on no source."""
        with self._open() as library:
            return uncited(drafts.current(library, self.work), sources.kept(library, self.work))

    def one(self, key: str) -> StoredSource:
        """Return one source by its key.

        Raises:
            BadInput: there is none.
        """
        for kept in self.all():
            if kept.source.key == key.removeprefix("@"):
                return kept
        raise BadInput(f"{self.work} has no source {key!r}")

    def add(self, *paths: Path | str) -> tuple[list[StoredSource], list[str]]:
        """Read documents and keep them; return what is new, and a line for what is not read."""
        found, unread = _read(paths)
        with self._open() as library, works.leased(library, self.work) as lease:
            return sources.keep(library, lease, found), unread

    def drop(self, key: str) -> StoredSource:
        """Take a source out of use.

        Raises:
            BadInput: there is none of this key.
        """
        with self._open() as library, works.leased(library, self.work) as lease:
            return sources.drop(library, lease, key.removeprefix("@"))

    def take_up(self, key: str) -> None:
        """Take a source into use again that was dropped.

        Raises:
            BadInput: there is none of this key.
        """
        with self._open() as library, works.leased(library, self.work) as lease:
            known = sources.kept(library, self.work, dropped=True)
            found = [k.source for k in known if k.source.key == key.removeprefix("@")]
            if not found:
                raise BadInput(f"{self.work} has no source {key!r}")
            sources.keep(library, lease, found)


def _read(paths: Sequence[Path | str]) -> tuple[list[Source], list[str]]:
    files = _files(paths)
    found, unread = read_files(files)
    return [source for file in files for source in found[file]], unread


def _files(paths: Sequence[Path | str]) -> list[Path]:
    """Return the files that are named, and those in folders, each once."""
    files = dict.fromkeys(f for path in paths for f in within(Path(path).expanduser()))
    if not files:
        raise BadInput("there is no document here; name a file, or a folder with documents")
    return list(files)
