"""The simulated server: its addresses, and its command line."""

import argparse
import asyncio
import gc
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast

from tests.simserver.ask import Ask, Refused
from tests.simserver.chat import complete
from tests.simserver.config import SimConfig
from tests.simserver.embeddings import embed_all
from tests.simserver.http import Connection, Request
from tests.simserver.log import CallLog, Stage
from tests.simserver.simulator import Simulator
from tests.simserver.tokens import token_id, tokenize
from tests.simserver.wire import check_key, read_json, refuse

VERSION = "0.11.0+sim"
Handler = Callable[[Request, Connection, Simulator], Awaitable[None]]


async def health(request: Request, connection: Connection, sim: Simulator) -> None:
    connection.reply(200, b"")


async def version(request: Request, connection: Connection, sim: Simulator) -> None:
    connection.reply_json(200, {"version": VERSION})


async def metrics(request: Request, connection: Connection, sim: Simulator) -> None:
    text = sim.engine.metrics().encode()
    connection.reply(200, text, "text/plain; version=0.0.4; charset=utf-8")


async def models(request: Request, connection: Connection, sim: Simulator) -> None:
    """List what is served, with the context length."""
    check_key(request, sim.config)
    cards = [
        {
            "id": name,
            "object": "model",
            "created": 0,
            "owned_by": "vllm",
            "root": f"simulated/{name}",
            "parent": None,
            "max_model_len": sim.config.max_model_len,
        }
        for name in (*sim.config.models, sim.config.embedding_model)
    ]
    connection.reply_json(200, {"object": "list", "data": cards})


async def tokenization(request: Request, connection: Connection, sim: Simulator) -> None:
    """Count the tokens of a prompt, or of messages within the chat template."""
    body = read_json(request, SimConfig())
    served = (*sim.config.models, sim.config.embedding_model)
    if not isinstance(body, dict) or not {"prompt", "messages"} & body.keys():
        raise Refused(400, "prompt: Field required")
    if body.get("model", served[0]) not in served:
        raise Refused(404, f"The model `{body['model']}` does not exist.", "NotFoundError")
    chat = "messages" in body
    tokens = Ask.read(body, "").prompt_tokens() if chat else tokenize(body["prompt"])
    counted = {"count": len(tokens), "max_model_len": sim.config.max_model_len}
    connection.reply_json(200, counted | {"tokens": [token_id(t) for t in tokens]})


async def show_config(request: Request, connection: Connection, sim: Simulator) -> None:
    connection.reply_json(200, sim.config.model_dump(mode="json", by_alias=True))


async def change_config(request: Request, connection: Connection, sim: Simulator) -> None:
    """Take over the fields in the body; with ``?afresh=1`` the others get their defaults."""
    try:
        sim.configure(request.json(), afresh=bool(request.query.get("afresh")))
    except ValueError as fault:
        raise Refused(400, str(fault)) from None
    await show_config(request, connection, sim)


async def show_log(request: Request, connection: Connection, sim: Simulator) -> None:
    calls = [call.model_dump(mode="json") for call in sim.log.calls]
    connection.reply_json(200, {"calls": calls})


async def reset(request: Request, connection: Connection, sim: Simulator) -> None:
    sim.reset(cache=bool(request.query.get("cache")))
    connection.reply_json(200, {})


async def release(request: Request, connection: Connection, sim: Simulator) -> None:
    sim.release()
    connection.reply_json(200, {})


async def wait(request: Request, connection: Connection, sim: Simulator) -> None:
    """Answer when ``count`` calls (of ``role``) have reached ``stage``."""
    count, role = int(request.query["count"]), request.query.get("role")
    stage = cast(Stage, request.query.get("stage", "finished"))
    connection.reply_json(200, {"count": await sim.log.wait(count, stage, role)})


ADDRESSES: Mapping[tuple[str, str], Handler] = {
    ("POST", "/v1/chat/completions"): complete,
    ("POST", "/v1/embeddings"): embed_all,
    ("GET", "/v1/models"): models,
    ("POST", "/tokenize"): tokenization,
    ("GET", "/health"): health,
    ("GET", "/version"): version,
    ("GET", "/metrics"): metrics,
    ("GET", "/sim/config"): show_config,
    ("POST", "/sim/config"): change_config,
    ("GET", "/sim/log"): show_log,
    ("GET", "/sim/wait"): wait,
    ("POST", "/sim/reset"): reset,
    ("POST", "/sim/release"): release,
}


class _Stdin(asyncio.Protocol):
    """Sets ``closed`` when standard input ends, as it does when the parent dies."""

    def __init__(self, closed: asyncio.Event) -> None:
        self._closed = closed

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set()


async def serve(sim: Simulator, port: int, *, die_with_stdin: bool) -> None:
    """Serve on 127.0.0.1 until a signal comes, or standard input closes."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    async def answer(request: Request, connection: Connection) -> None:
        handler = ADDRESSES.get((request.method, request.path))
        try:
            if handler is None:
                raise Refused(404, f"no {request.method} {request.path} here", "NotFoundError")
            await handler(request, connection, sim)
        except Refused as refused:
            refuse(connection, refused)

    server = await loop.create_server(lambda: Connection(answer), "127.0.0.1", port, backlog=1024)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if die_with_stdin:
        await loop.connect_read_pipe(lambda: _Stdin(stopped), sys.stdin)
    sys.stdout.write(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await stopped.wait()
    server.close()


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.simserver", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--config", type=Path, help="JSON file with SimConfig's fields")
    parser.add_argument("--log", type=Path, help="JSON-lines file for finished calls")
    parser.add_argument("--die-with-stdin", action="store_true", help="stop when stdin closes")
    told = parser.parse_args()
    fields: dict[str, Any] = json.loads(told.config.read_text("utf-8")) if told.config else {}
    sim = Simulator(SimConfig.model_validate(fields), CallLog(told.log))
    gc.freeze()
    asyncio.run(serve(sim, told.port, die_with_stdin=told.die_with_stdin))
