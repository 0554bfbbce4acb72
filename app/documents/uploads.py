"""Documents that come as bytes, as a browser hands them over: read as those of a brief are."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from inkwright.app.documents.loader import MAX_CHARS, LoadedSources, read_files
from inkwright.memory.cleanup import storable
from inkwright.memory.errors import BadInput
from inkwright.memory.store.sources import remove_duplicates

MAX_NAME_BYTES = 200
"""Of a name that many are kept, its last: no file system takes more than 255."""


@contextmanager
def open_as_files(uploads: Iterable[tuple[str, bytes]]) -> Iterator[list[Path]]:
    """Yield them as files of these names, each in a folder of its own, while this is open."""
    with tempfile.TemporaryDirectory(prefix="inkwright-") as folder:
        files = []
        for number, (name, content) in enumerate(uploads):
            file_folder = Path(folder) / str(number)
            file_folder.mkdir()
            name_bytes = Path(storable(name).replace("\\", "/")).name.encode()
            file = file_folder / (name_bytes[-MAX_NAME_BYTES:].decode(errors="ignore") or "unnamed")
            file.write_bytes(content)
            files.append(file)
        yield files


def add_uploads(
    loaded_sources: LoadedSources, uploads: Iterable[tuple[str, bytes]]
) -> LoadedSources:
    """Return what was gathered with the sources in files of these names, none of them twice.

    Raises:
        BadInput: they are too much together.
    """
    with open_as_files(uploads) as files:
        sources_by_file, unread_lines = read_files(files)
    new_sources = (source for file in files for source in sources_by_file.get(file, ()))
    sources = tuple(remove_duplicates((*loaded_sources.sources, *new_sources)))
    if sum(len(s.text) for s in sources) > MAX_CHARS:
        raise BadInput(f"the sources have more than {MAX_CHARS:,} characters together")
    return LoadedSources(
        sources=sources, unread=tuple(dict.fromkeys((*loaded_sources.unread, *unread_lines)))
    )
