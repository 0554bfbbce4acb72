"""Reading documents in a process of its own, with a limit on its memory and time."""

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from inkwright.memory.base import Value
from inkwright.memory.domain.source import Source

SUFFIXES = (".pdf", ".docx", ".pptx", ".xlsx", ".html", ".htm", ".md", ".txt", ".epub", ".bib")
MAX_FILE_BYTES = 100_000_000
MAX_SECONDS = 120.0
"""For one document."""
_START_SECONDS = 60.0


class DocumentText(Value):
    """What was read of one file."""

    file: Path
    sources: tuple[Source, ...] = ()
    """Its text; a bibliography holds several."""
    notes: tuple[str, ...] = ()
    """What of it was not read, one line each."""
    unread: str = ""
    """Why nothing was. Empty: it was read."""


def read_all(files: Sequence[Path]) -> Iterator[DocumentText]:
    """Yield what was read of each file, in their order.

    Blocking: call it in a thread. Nothing is fetched: a document's links stay links.
    """
    with _Process() as process:
        for file in files:
            reason = _explain_refusal(file)
            yield DocumentText(file=file, unread=reason) if reason else process.read(file)


def _explain_refusal(file: Path) -> str:
    """Say why a file need not be opened."""
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        return f"{suffix or 'a name without suffix'}: only {', '.join(SUFFIXES)} are read"
    if not file.is_file():
        return "no such file"
    if (size := file.stat().st_size) > MAX_FILE_BYTES:
        return f"{size:,} bytes; at most {MAX_FILE_BYTES:,} are read"
    return ""


class _Process:
    """The reading process, started when first needed and again after a document ended it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "_Process":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def read(self, file: Path) -> DocumentText:
        process = self._ensure_started()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(str(file.resolve())).encode() + b"\n")
            process.stdin.flush()
            line = self._read_line(MAX_SECONDS)
        except BrokenPipeError:
            line = b""
        if not line:
            is_late = process.poll() is None
            self._stop()
            reason = (
                f"it took more than {MAX_SECONDS:.0f} s"
                if is_late
                else "it is broken, or far too large"
            )
            return DocumentText(file=file, unread=reason)
        return DocumentText(file=file, **json.loads(line))

    def _ensure_started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._stop()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "inkwright.app.documents.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            if not self._read_line(_START_SECONDS):
                raise RuntimeError("the process that reads documents did not start")
        return self._process

    def _read_line(self, seconds: float) -> bytes:
        """Return the next line, or nothing when the process ended or ``seconds`` went by."""
        assert self._process is not None
        assert self._process.stdout is not None
        stdout_fd, line, deadline = self._process.stdout.fileno(), b"", time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(stdout_fd, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(deadline - time.monotonic(), 0)):
                    return b""
                if not (piece := os.read(stdout_fd, 1 << 20)):
                    return b""
                line += piece
        return line

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):  # what it was not told, it need not know now
                        pipe.close()
