"""One work in a library: what the parts of the API that are about one work have in common."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

from inkwright.app.config.settings import Settings
from inkwright.app.services import engine
from inkwright.app.services.library_status import find_work_id
from inkwright.memory.store.library import Library


class WorkHandle:
    """One work, by its id or enough of its beginning.

    Each method opens the library for itself; in a ``with`` block it is opened once for all.

    Raises:
        WorkNotFound: the library has none of this id.
    """

    def __init__(self, work: str, *, settings: Settings | None = None) -> None:
        self._settings = settings or Settings.load()
        library_address = self._settings.library_address
        self.work = find_work_id(self._settings.home, library_address, work)
        """The work's whole id."""
        self._library: Library | None = None
        self._block = ExitStack()

    def __enter__(self) -> Self:
        self._library = self._block.enter_context(engine.open_library(self._settings))
        return self

    def __exit__(self, *_: object) -> None:
        self._library = None
        self._block.close()

    @contextmanager
    def _open(self) -> Iterator[Library]:
        if self._library is not None:
            yield self._library
            return
        with engine.open_library(self._settings) as library:
            yield library
