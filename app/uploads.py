"""Documents that come as bytes, as a browser hands them over: read as those of a brief are."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from inkwright.app.documents.gather import MAX_CHARS, Gathered, read_files
from inkwright.memory.errors import BadInput

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
            last = Path(name.replace("\\", "/").replace("\0", "")).name.encode()
            file = place / (last[-NAME_BYTES:].decode(errors="ignore") or "unnamed")
            file.write_bytes(content)
            files.append(file)
        yield files


def read_uploads(given: Iterable[tuple[str, bytes]]) -> Gathered:
    """Return the sources in files of these names, and a line for each that cannot be read.

    Raises:
        BadInput: they are too much together.
    """
    with as_files(given) as files:
        found, unread = read_files(files)
    sources = tuple(source for file in files for source in found.get(file, ()))
    if sum(len(s.text) for s in sources) > MAX_CHARS:
        raise BadInput(f"the sources have more than {MAX_CHARS:,} characters together")
    return Gathered(sources=sources, unread=tuple(unread))
