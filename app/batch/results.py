"""What comes out of a batch: one line for each brief, and the file that holds the lines.

A line is written whole, once, when its work has ended. The file is only ever added to while a batch
runs; when one begins it is put in order: a torn last line is cut off, and lines that are no longer
true are moved to ``NAME.old.jsonl`` beside it.
"""

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from pydantic import ConfigDict, Field, ValidationError

from inkwright.app.batch.input import BatchLine
from inkwright.app.display.formatting import whole
from inkwright.memory.base import Value, digest
from inkwright.memory.errors import BadInput

SCHEMA: Literal["inkwright.batch/1"] = "inkwright.batch/1"
"""Name and version of what a line says. Another number is another meaning, never only more keys."""
_LINE_ENDS = {ord(c): f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"}
"""JSON lets these stand as they are, and some readers of lines would end one there."""
Status = Literal["complete", "flagged", "partial", "failed", "planned"]


class Sections(Value):
    """How many sections stand, of how many."""

    done: int = 0
    of: int = 0


class Calls(Value):
    """Model calls that the work has taken, over all runs."""

    total: int = 0
    by_role: dict[str, int] = Field(default_factory=dict)


class Tokens(Value):
    """Tokens of those calls; ``cached`` are among ``prompt``."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0


class PlannedSection(Value):
    """One section of an outline that waits for approval."""

    id: str
    title: str
    within: tuple[str, ...] = ()
    """Titles of the headings it stands under."""
    purpose: str = ""
    words: int
    constraints: tuple[str, ...] = ()
    """What it must do, in the brief's words."""


class Result(Value):
    """One line of a batch's output."""

    model_config = ConfigDict(
        use_attribute_docstrings=True, json_schema_serialization_defaults_required=True
    )

    schema_: Literal["inkwright.batch/1"] = Field(default=SCHEMA, alias="schema")
    id: str
    """The line's own id, or one made of its content."""
    digest: str
    """Of the brief, together with the id: another one is another work."""
    line: int
    """Number of the line in the input."""
    status: Status
    """``complete``; ``flagged``: a required constraint is broken or was not reviewed; ``partial``:
    gaps, named; ``failed``: no text, ``error`` says why; ``planned``: waits for approval."""
    error: str | None = None
    """Why it failed, or why it ends before its end."""
    work: str | None = None
    """Id of the work in the library. None: the line is no brief."""
    title: str = ""
    text: str = ""
    """The manuscript, Markdown."""
    words: int = 0
    target_words: int = 0
    sections: Sections = Sections()
    problems: tuple[str, ...] = ()
    """What still fails, one line each."""
    outline: tuple[PlannedSection, ...] = ()
    """Of a ``planned`` line."""
    files: dict[str, str] = Field(default_factory=dict)
    """Format to the file it was exported to, from the output's folder."""
    calls: Calls = Calls()
    tokens: Tokens = Tokens()
    models: dict[str, str] = Field(default_factory=dict)
    """Role to the name of the model that answered."""
    seconds: float = 0.0
    """Of the last run of this work."""
    unfinished: bool = False
    """True: a limit for each brief ended it, and a higher one goes on; or, when it failed, an error
    that was not expected did, and the next run tries it again."""
    input: dict[str, Any] = Field(default_factory=dict)
    """The line as it was given, the caller's own fields with it."""

    def as_json(self) -> str:
        """Return the line, without the line break: one line to whatever counts lines."""
        fields = self.model_dump(mode="json", by_alias=True)
        line = whole(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))
        return line.translate(_LINE_ENDS)


@dataclass(frozen=True)
class RecordedLine:
    """A line that the file holds: where it stands, and what is needed of it without its text."""

    start: int
    end: int
    digest: str
    status: Status
    unfinished: bool
    words: int
    line: int
    files: Mapping[str, str]
    given: str
    """Digest of the line as it was given."""


class ResultsFile:
    """The output of a batch, held by one process at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, RecordedLine] = {}
        """The lines there are, by id."""
        self._torn = False

    @classmethod
    def read(cls, path: Path) -> Iterator[Result]:
        """Yield the lines of a file that nobody writes just now."""
        found = cls(path.expanduser())
        found._read()
        yield from found.results()

    @contextmanager
    def held(self, locks: Path) -> Iterator[None]:
        """Hold the file, with what it says read; ``locks`` is a folder for the lock.

        Raises:
            BadInput: another process holds it, or it is not the output of a batch.
        """
        name = hashlib.sha256(str(self.path.resolve()).encode()).hexdigest()[:16]
        with (locks / f"batch-{name}.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as fault:
                raise BadInput(f"{self.path} is being written by another batch") from fault
            self._read()
            yield

    def results(self) -> Iterator[Result]:
        """Yield the lines the file holds, whole, in the order they were written."""
        if self.known:
            with self.path.open("rb") as file:
                for known in self.known.values():
                    yield Result.model_validate_json(_at(file, known))

    def add(self, result: Result) -> None:
        """Add one line, whole, before anybody is told of it."""
        content = result.as_json().encode("utf-8", "replace") + b"\n"
        with _readable_faults(self.path):
            start = _append(self.path, content)
        self.known[result.id] = _known(result, start, start + len(content))

    def put_in_order(self, lines: Iterable[BatchLine], redone: Collection[str]) -> int:
        """Leave what is still true of these lines; return how many were moved away.

        Lines of other briefs, and of briefs that were changed, go to a file beside this one; those
        that are to be ``redone`` go away.
        """
        wanted = {line.id: line for line in lines}
        kept, moved = {}, []
        for own_id, known in self.known.items():
            line = wanted.get(own_id)
            if line is None or line.digest != known.digest:
                moved.append(known)
            elif own_id not in redone:
                kept[own_id] = line
        as_given = all(
            self.known[i].line == line.number and self.known[i].given == digest(line.given)
            for i, line in kept.items()
        )
        if len(kept) < len(self.known) or self._torn or not as_given:
            with _readable_faults(self.path):
                self._rewrite(kept, moved)
        return len(moved)

    def _read(self) -> None:
        with _readable_faults(self.path):
            try:
                file = self.path.open("rb")
            except FileNotFoundError:
                return
            with file:
                start = 0
                for number, raw in enumerate(file, 1):
                    self._take(number, raw, start)
                    start += len(raw)

    def _take(self, number: int, raw: bytes, start: int) -> None:
        """Note one line; a last one that was never finished will be cut off."""
        if not raw.strip():
            return
        try:
            result = Result.model_validate_json(raw)
        except ValidationError as fault:
            if not raw.endswith(b"\n") and b'{"schema":"inkwright.batch/'.startswith(raw[:27]):
                self._torn = True
                return
            raise BadInput(
                f"{self.path} line {number} is no result of a batch of this version "
                f"({SCHEMA}); give another file with --out"
            ) from fault
        self._torn = not raw.endswith(b"\n")
        self.known[result.id] = _known(result, start, start + len(raw))

    def _rewrite(self, kept: Mapping[str, BatchLine], moved: Collection[RecordedLine]) -> None:
        """Put a file with only ``kept`` in place of this one, in one step."""
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        temporary, known = Path(name), {}
        try:
            with self.path.open("rb") as old, os.fdopen(handle, "wb") as new:
                if moved:
                    aside = self.path.with_name(f"{self.path.stem}.old.jsonl")
                    _append(aside, b"".join(_at(old, k).rstrip(b"\n") + b"\n" for k in moved))
                for own_id, line in kept.items():
                    result = Result.model_validate_json(_at(old, self.known[own_id]))
                    told = {"line": line.number, "input": line.given}
                    result = result.model_copy(update=told)
                    start = new.tell()
                    new.write(result.as_json().encode("utf-8", "replace") + b"\n")
                    known[own_id] = _known(result, start, new.tell())
                new.flush()
                os.fsync(new.fileno())
            temporary.chmod(self.path.stat().st_mode & 0o777)
            temporary.replace(self.path)
        finally:
            temporary.unlink(missing_ok=True)
        self.known, self._torn = known, False


def _known(result: Result, start: int, end: int) -> RecordedLine:
    return RecordedLine(
        start=start,
        end=end,
        digest=result.digest,
        status=result.status,
        unfinished=result.unfinished,
        words=result.words,
        line=result.line,
        files=result.files,
        given=digest(result.input),
    )


def _at(file: BinaryIO, known: RecordedLine) -> bytes:
    file.seek(known.start)
    return file.read(known.end - known.start)


def _append(path: Path, content: bytes) -> int:
    """Append ``content``, on the disk when this returns; return where it begins."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        start = os.fstat(handle).st_size
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, start)
            raise
        return start
    finally:
        os.close(handle)


@contextmanager
def _readable_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise BadInput(
            f"cannot use {path}: {fault.strerror or fault}; make room or give another file with "
            "--out; the works are safe in the library"
        ) from fault
