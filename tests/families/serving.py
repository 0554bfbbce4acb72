"""One HTTP server in a thread, with every fake on a path of its own."""

import asyncio
from threading import Thread
from types import TracebackType
from typing import Self, TypeVar

from tests.families.fake import FakeServer
from tests.simserver.http import Connection, Request

F = TypeVar("F", bound=FakeServer)


class Town:
    """The server, while the ``with`` block lasts. Fakes move in one by one."""

    def __init__(self) -> None:
        self._fakes: dict[str, FakeServer] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def house(self, fake: F) -> str:
        """Return the root address that ``fake`` answers at from now on."""
        name = f"f{len(self._fakes)}"
        self._fakes[name] = fake
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/{name}"

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(lambda: Connection(self._answer), "127.0.0.1", 0)

    async def _end(self) -> None:
        assert self._server is not None
        self._server.close()
        running = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _answer(self, request: Request, connection: Connection) -> None:
        _, name, *rest = request.path.split("/", 2)
        fake = self._fakes.get(name)
        if fake is None:
            connection.reply_json(404, {"detail": "Not Found"})
        else:
            await fake.answer(request, "/" + "".join(rest), connection)
