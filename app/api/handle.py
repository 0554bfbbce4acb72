"""One work in a library: what the parts of the API that are about one work have in common."""

from collections.abc import Iterator
from contextlib import contextmanager

from inkwright.app.config.settings import Settings
from inkwright.app.services import engine
from inkwright.app.services.library_status import find_work_id
from inkwright.memory.store.library import Library


class WorkHandle:
    """One work, by its id or enough of its beginning.

    Raises:
        WorkNotFound: the library has none of this id.
    """

    def __init__(self, work: str, *, settings: Settings | None = None) -> None:
        self._settings = settings or Settings.load()
        library_address = self._settings.library_address
        self.work = find_work_id(self._settings.home, library_address, work)
        """The work's whole id."""

    @contextmanager
    def _open(self) -> Iterator[Library]:
        with engine.open_library(self._settings) as library:
            yield library
