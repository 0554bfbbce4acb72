"""Documents that come as bytes, as a browser hands them over: read as those of a brief are."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from inkwright.app.documents.loader import MAX_CHARS, LoadedSources, read_files
from inkwright.memory.cleanup import storable
from inkwright.memory.errors import BadInput
from inkwright.memory.store.sources import distinct

NAME_BYTES = 200
"""Of a name that many are kept, its last: no file system takes more than 255."""


@contextmanager
def as_files(given: Iterable[tuple[str, bytes]]) -> Iterator[list[Path]]:
    """Yield them as files of these names, each in a folder of its own, while this is open."""
    with tempfile.TemporaryDirectory(prefix="inkwright-") as folder:
        files = []
        for number, (name, content) in enumerate(given):
            place = Path(folder) / str(number)
            place.mkdir()
            last = Path(storable(name).replace("\\", "/")).name.encode()
            file = place / (last[-NAME_BYTES:].decode(errors="ignore") or "unnamed")
            file.write_bytes(content)
            files.append(file)
        yield files


def with_uploads(before: LoadedSources, given: Iterable[tuple[str, bytes]]) -> LoadedSources:
    """Return what was gathered with the sources in files of these names, none of them twice.

    Raises:
        BadInput: they are too much together.
    """
    with as_files(given) as files:
        found, unread = read_files(files)
    new = (source for file in files for source in found.get(file, ()))
    sources = tuple(distinct((*before.sources, *new)))
    if sum(len(s.text) for s in sources) > MAX_CHARS:
        raise BadInput(f"the sources have more than {MAX_CHARS:,} characters together")
    return LoadedSources(sources=sources, unread=tuple(dict.fromkeys((*before.unread, *unread))))
