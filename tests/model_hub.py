"""A model hub of our own on loopback, and the other host that its bytes come from."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REPO = "someone/Small-GGUF"
FILE = "small-q4.gguf"


@dataclass
class Sent:
    """One request, as a server got it."""

    method: str
    path: str
    headers: Message


@dataclass
class FakeHub:
    """What the hub and its other host hold, do wrong, and were sent."""

    content: bytes = b"GGUF" + bytes(range(256)) * 400
    folder: str = ""
    """Of the file, in the repository; with its slash."""
    sha256: str | None = None
    """What the hub says instead of the truth."""
    size: int | None = None
    has_headers: bool = True
    """False: only the listing tells size and SHA-256."""
    has_lfs: bool = True
    status: int = 0
    """Of every answer of the hub, instead of the file."""
    moved_from: str = ""
    """A repository's old name, which redirects to the new one."""
    cut_after: list[int] = field(default_factory=list)
    """Bytes after which each of the next answers breaks off."""
    knows_ranges: bool = True
    requests: list[Sent] = field(default_factory=list)
    served: list[Sent] = field(default_factory=list)
    """What the other host was sent."""
    address: str = ""

    @property
    def name(self) -> str:
        return f"{REPO}/{self.folder}{FILE}"

    def answer(self, http: "_Answer", host: str) -> None:
        sent = Sent(http.command, http.path, http.headers)
        (self.served if host == "cdn" else self.requests).append(sent)
        if host == "cdn":
            self._send_bytes(http)
        elif self.status:
            http.reply(self.status)
        elif self.moved_from and self.moved_from in http.path:
            http.reply(307, {"Location": http.path.replace(self.moved_from, REPO)})
        elif http.path == f"/{REPO}/resolve/main/{self.folder}{FILE}":
            http.reply(302, {"Location": http.cdn, **self._build_headers()})
        elif http.path == f"/api/models/{REPO}/tree/main/{self.folder}".rstrip("/"):
            http.reply(200, {}, json.dumps(self._build_listing()).encode())
        else:
            http.reply(404)

    def _build_headers(self) -> dict[str, str]:
        if not self.has_headers:
            return {}
        size, sha256 = self._describe()
        return {"X-Linked-Size": str(size), "X-Linked-Etag": f'"{sha256}"'}

    def _build_listing(self) -> list[object]:
        size, sha256 = self._describe()
        lfs = {"lfs": {"oid": sha256, "size": size}} if self.has_lfs else {}
        file = {"type": "file", "path": f"{self.folder}{FILE}", "size": size, "oid": "0" * 40}
        return [{"type": "file", "path": "README.md", "size": 3}, {**file, **lfs}]

    def _describe(self) -> tuple[int, str]:
        digest = self.sha256 or hashlib.sha256(self.content).hexdigest()
        return (len(self.content) if self.size is None else self.size), digest

    def _send_bytes(self, http: "_Answer") -> None:
        wish = re.fullmatch(r"bytes=(\d+)-", http.headers.get("Range", ""))
        start = int(wish[1]) if wish and self.knows_ranges else 0
        rest = self.content[start:]
        total = len(self.content)
        range_header = {"Content-Range": f"bytes {start}-{total - 1}/{total}"} if start else {}
        cut = self.cut_after.pop(0) if self.cut_after else len(rest)
        http.reply(206 if start else 200, range_header, rest[:cut], length=len(rest))
        http.close_connection = True


class _Answer(BaseHTTPRequestHandler):
    hub: FakeHub
    host: str
    cdn: str

    def do_GET(self) -> None:
        self.hub.answer(self, self.host)

    def do_HEAD(self) -> None:
        self.hub.answer(self, self.host)

    def reply(
        self,
        status: int,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        *,
        length: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve(hub: FakeHub) -> Iterator[FakeHub]:
    """Serve the hub, and its other host under another name."""
    answers = {
        host: type("Answer", (_Answer,), {"hub": hub, "host": host}) for host in ("hub", "cdn")
    }
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), answer) for answer in answers.values()]
    hub.address = f"http://127.0.0.1:{servers[0].server_port}"
    answers["hub"].cdn = f"http://localhost:{servers[1].server_port}/blob?signed=1"
    threads = [threading.Thread(target=s.serve_forever, args=(0.01,)) for s in servers]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()
