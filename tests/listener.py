"""A host that notes what it is sent: a stranger's, or the user's own."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Listener:
    """An HTTP server on loopback; it lists one model, and refuses all else."""

    def __init__(self, redirect: str | None = None) -> None:
        """``redirect``: the root of the server that it sends everyone on to."""
        self.requests: list[str] = []
        """Whole requests: the line, the headers, the body."""
        listener = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                listener.requests.append(f"{self.requestline}\n{self.headers}{body.decode()}")
                listed = json.dumps({"data": [{"id": "m"}]}).encode()
                answer = listed if self.path.endswith("/models") else b"{}"
                self.send_response(307 if redirect else 200 if answer == listed else 404)
                if redirect:
                    self.send_header("Location", f"{redirect}{self.path}")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.root = f"http://127.0.0.1:{self._server.server_port}"

    @property
    def base(self) -> str:
        return f"{self.root}/v1"

    @contextmanager
    def listening(self) -> Iterator["Listener"]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()
