"""The sources of one work, as its person adds, reads and drops them."""

from collections.abc import Sequence
from pathlib import Path

from inkwright.app.api.handle import WorkHandle
from inkwright.app.documents.loader import list_documents, read_files
from inkwright.app.manuscripts.citation_report import (
    CitationReport,
    SourceReport,
    UncitedReport,
    build_citation_reports,
    build_source_reports,
    find_uncited,
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
    files = _list_files(paths)
    sources_by_file, problems = read_files(files)
    if not all(sources_by_file[file] for file in files):
        raise BadInput("; ".join(problems))
    return tuple(source for file in files for source in sources_by_file[file])


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
            return [
                k for k in sources.load_sources(library, self.work) if k.source.kind != "request"
            ]

    def standing(self) -> list[SourceReport]:
        """Return the same sources with the sections planned for each, and those that cite it."""
        with self._open() as library:
            plan = plans.current(library, self.work)
            current_drafts = drafts.current(library, self.work)
            return build_source_reports(
                plan, current_drafts, sources.load_sources(library, self.work)
            )

    def citations(self) -> list[CitationReport]:
        """Return every sentence that cites, with the exact passages it rests on."""
        with self._open() as library:
            current_drafts = drafts.current(library, self.work)
            manifests = drafts.load_manifests(library, self.work)
            return build_citation_reports(
                current_drafts, manifests, sources.load_sources(library, self.work)
            )

    def uncited(self) -> list[UncitedReport]:
        """Return the sentences that give a figure or a quotation, and rest on no source."""
        with self._open() as library:
            return find_uncited(
                drafts.current(library, self.work), sources.load_sources(library, self.work)
            )

    def one(self, key: str) -> StoredSource:
        """Return one source by its key.

        Raises:
            BadInput: there is none.
        """
        for stored_source in self.all():
            if stored_source.source.key == key.removeprefix("@"):
                return stored_source
        raise BadInput(f"{self.work} has no source {key!r}")

    def add(self, *paths: Path | str) -> tuple[list[StoredSource], list[str]]:
        """Read documents and keep them; return what is new, and a line for what is not read."""
        new_sources, problems = _read_documents(paths)
        with self._open() as library, works.hold_lease(library, self.work) as lease:
            return sources.add_sources(library, lease, new_sources), problems

    def drop(self, key: str) -> StoredSource:
        """Take a source out of use.

        Raises:
            BadInput: there is none of this key.
        """
        with self._open() as library, works.hold_lease(library, self.work) as lease:
            return sources.drop_source(library, lease, key.removeprefix("@"))

    def take_up(self, key: str) -> None:
        """Take a source into use again that was dropped.

        Raises:
            BadInput: there is none of this key.
        """
        with self._open() as library, works.hold_lease(library, self.work) as lease:
            stored_sources = sources.load_sources(library, self.work, include_dropped=True)
            matching_sources = [
                k.source for k in stored_sources if k.source.key == key.removeprefix("@")
            ]
            if not matching_sources:
                raise BadInput(f"{self.work} has no source {key!r}")
            sources.add_sources(library, lease, matching_sources)


def _read_documents(paths: Sequence[Path | str]) -> tuple[list[Source], list[str]]:
    files = _list_files(paths)
    sources_by_file, problems = read_files(files)
    return [source for file in files for source in sources_by_file[file]], problems


def _list_files(paths: Sequence[Path | str]) -> list[Path]:
    """Return the files that are named, and those in folders, each once."""
    files = dict.fromkeys(f for path in paths for f in list_documents(Path(path).expanduser()))
    if not files:
        raise BadInput("there is no document here; name a file, or a folder with documents")
    return list(files)
