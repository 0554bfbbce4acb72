"""As much of HTTP/1.1 as model clients use, with full control over how a connection misbehaves.

Written on asyncio alone: aiohttp.web takes longer to import than the server may take to start.
"""

import asyncio
import hashlib
import json
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

JSON = "application/json"
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Request:
    """One request, read to its end."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""

    @property
    def digest(self) -> str:
        """SHA-256 of the body."""
        return hashlib.sha256(self.body).hexdigest()

    def json(self) -> Any:
        """Return the body as JSON; raises ValueError."""
        return json.loads(self.body)


class BadRequest(Exception):
    """The bytes that came are not a request."""


class Connection(asyncio.Protocol):
    """One client connection: requests are answered in turn, by ``answer``.

    A request whose client goes away is cancelled.
    """

    def __init__(self, answer: "Answer") -> None:
        self._answer = answer
        self._buffer = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._keep_alive = True

    # What answers use

    def reply(
        self,
        status: int,
        body: bytes,
        content_type: str = JSON,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Send a whole answer."""
        self._write(self._head(status, content_type, headers, len(body)) + body)

    def reply_json(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        """Send ``body`` as JSON."""
        self.reply(status, json.dumps(body).encode(), JSON, headers)

    def reply_in_part(self, status: int, body: bytes, share: float) -> None:
        """Announce all of ``body``, send a ``share`` of it, and close the connection."""
        self._write(self._head(status, JSON, None, len(body)) + body[: int(len(body) * share)])
        self.drop()

    def begin(self, content_type: str) -> None:
        """Begin an answer in chunks."""
        self._write(self._head(200, content_type, None, None))

    def send(self, data: bytes) -> None:
        """Send one chunk."""
        self._write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def finish(self) -> None:
        """End an answer in chunks."""
        self._write(b"0\r\n\r\n")

    def send_raw(self, data: bytes) -> None:
        """Send bytes that are no answer, and close the connection."""
        self._write(data)
        self.drop()

    def drop(self) -> None:
        """Close the connection after what was sent."""
        self._keep_alive = False
        if self._transport:
            self._transport.close()

    def _head(
        self, status: int, content_type: str, headers: Mapping[str, str] | None, length: int | None
    ) -> bytes:
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "server: uvicorn"]
        lines.append(f"content-type: {content_type}")
        size = "transfer-encoding: chunked" if length is None else f"content-length: {length}"
        lines += [size, *(f"{name}: {value}" for name, value in (headers or {}).items())]
        return "\r\n".join(lines).encode("latin-1") + _HEAD_END

    def _write(self, data: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(data)

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._advance()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._task:
            self._task.cancel()

    def _advance(self) -> None:
        """Begin the next request if no other is being answered and all of it is here."""
        if self._task or not self._transport:
            return
        try:
            request, used = read_request(bytes(self._buffer))
        except (BadRequest, ValueError) as fault:
            self.reply_json(400, {"error": str(fault)})
            self.drop()
            return
        if request:
            del self._buffer[:used]
            self._keep_alive = request.headers.get("connection", "").lower() != "close"
            self._task = asyncio.get_running_loop().create_task(self._serve(request))

    async def _serve(self, request: Request) -> None:
        try:
            await self._answer(request, self)
        except Exception:  # a fault of the simulator itself: say so on both sides
            traceback.print_exc(file=sys.stderr)
            self.reply_json(500, {"error": {"message": traceback.format_exc(), "code": 500}})
        finally:
            self._task = None
            if not self._keep_alive:
                self.drop()
            self._advance()


Answer = Callable[[Request, Connection], Awaitable[None]]


def read_request(data: bytes) -> tuple[Request | None, int]:
    """Return the first request in ``data`` and its size; None while a part is missing."""
    end = data.find(_HEAD_END)
    if end < 0:
        return None, 0
    first, *lines = data[:end].decode("latin-1").split("\r\n")
    try:
        method, target, _ = first.split(" ")
    except ValueError:
        raise BadRequest(f"not a request line: {first[:80]!r}") from None
    headers = {n.strip().lower(): v.strip() for n, _, v in (h.partition(":") for h in lines)}
    body, used = _read_body(headers, data, end + len(_HEAD_END))
    if body is None:
        return None, 0
    url = urlsplit(target)
    return Request(method, url.path, dict(parse_qsl(url.query)), headers, body), used


def _read_body(headers: Mapping[str, str], data: bytes, start: int) -> tuple[bytes | None, int]:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _read_chunks(data, start)
    end = start + int(headers.get("content-length") or 0)
    return (data[start:end], end) if len(data) >= end else (None, 0)


def _read_chunks(data: bytes, start: int) -> tuple[bytes | None, int]:
    parts: list[bytes] = []
    while (line_end := data.find(b"\r\n", start)) >= 0:
        size = int(data[start:line_end].split(b";")[0], 16)
        start = line_end + 2 + size + 2
        if len(data) < start:
            break
        if size == 0:
            return b"".join(parts), start
        parts.append(data[start - size - 2 : start - 2])
    return None, 0
