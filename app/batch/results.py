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
from inkwright.app.reports.report import Tokens
from inkwright.memory.base import Value, digest
from inkwright.memory.errors import BadInput

SCHEMA: Literal["inkwright.batch/1"] = "inkwright.batch/1"
"""Name and version of what a line says. Another number is another meaning, never only more keys."""
_LINE_ENDS = {ord(c): f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"}
"""JSON lets these stand as they are, and some readers of lines would end one there."""
Status = Literal["complete", "flagged", "partial", "failed", "planned"]


class SectionCounts(Value):
    """How many sections stand, of how many."""

    done: int = 0
    of: int = 0


class Calls(Value):
    """Model calls that the work has taken, over all runs."""

    total: int = 0
    by_role: dict[str, int] = Field(default_factory=dict)


class OutlinedSection(Value):
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
    sections: SectionCounts = SectionCounts()
    problems: tuple[str, ...] = ()
    """What still fails, one line each."""
    outline: tuple[OutlinedSection, ...] = ()
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
    input_digest: str
    """Digest of the line as it was given."""


class ResultsFile:
    """The output of a batch, held by one process at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.recorded_lines: dict[str, RecordedLine] = {}
        """The lines there are, by id."""
        self._has_torn_line = False

    @classmethod
    def read(cls, path: Path) -> Iterator[Result]:
        """Yield the lines of a file that nobody writes just now."""
        results_file = cls(path.expanduser())
        results_file._read_lines()
        yield from results_file.read_results()

    @contextmanager
    def hold_lock(self, lock_folder: Path) -> Iterator[None]:
        """Hold the file, with what it says read; ``lock_folder`` is a folder for the lock.

        Raises:
            BadInput: another process holds it, or it is not the output of a batch.
        """
        name = hashlib.sha256(str(self.path.resolve()).encode()).hexdigest()[:16]
        with (lock_folder / f"batch-{name}.lock").open("a") as lock_file:
            try:
                fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as fault:
                raise BadInput(f"{self.path} is being written by another batch") from fault
            self._read_lines()
            yield

    def read_results(self) -> Iterator[Result]:
        """Yield the lines the file holds, whole, in the order they were written."""
        if self.recorded_lines:
            with self.path.open("rb") as file:
                for recorded_line in self.recorded_lines.values():
                    yield Result.model_validate_json(_read_line_at(file, recorded_line))

    def add(self, result: Result) -> None:
        """Add one line, whole, before anybody is told of it."""
        content = result.as_json().encode("utf-8", "replace") + b"\n"
        with _translate_faults(self.path):
            start = _append(self.path, content)
        self.recorded_lines[result.id] = _build_recorded_line(result, start, start + len(content))

    def put_in_order(self, lines: Iterable[BatchLine], ids_to_redo: Collection[str]) -> int:
        """Leave what is still true of these lines; return how many were moved away.

        Lines of other briefs, and of briefs that were changed, go to a file beside this one; those
        of ``ids_to_redo`` go away.
        """
        line_by_id = {line.id: line for line in lines}
        kept_lines, moved_lines = {}, []
        for own_id, recorded_line in self.recorded_lines.items():
            line = line_by_id.get(own_id)
            if line is None or line.digest != recorded_line.digest:
                moved_lines.append(recorded_line)
            elif own_id not in ids_to_redo:
                kept_lines[own_id] = line
        is_unchanged = all(
            self.recorded_lines[i].line == line.number
            and self.recorded_lines[i].input_digest == digest(line.input_fields)
            for i, line in kept_lines.items()
        )
        if len(kept_lines) < len(self.recorded_lines) or self._has_torn_line or not is_unchanged:
            with _translate_faults(self.path):
                self._rewrite(kept_lines, moved_lines)
        return len(moved_lines)

    def _read_lines(self) -> None:
        with _translate_faults(self.path):
            try:
                file = self.path.open("rb")
            except FileNotFoundError:
                return
            with file:
                start = 0
                for number, raw in enumerate(file, 1):
                    self._record_line(number, raw, start)
                    start += len(raw)

    def _record_line(self, number: int, raw: bytes, start: int) -> None:
        """Note one line; a last one that was never finished will be cut off."""
        if not raw.strip():
            return
        try:
            result = Result.model_validate_json(raw)
        except ValidationError as fault:
            if not raw.endswith(b"\n") and b'{"schema":"inkwright.batch/'.startswith(raw[:27]):
                self._has_torn_line = True
                return
            raise BadInput(
                f"{self.path} line {number} is no result of a batch of this version "
                f"({SCHEMA}); give another file with --out"
            ) from fault
        self._has_torn_line = not raw.endswith(b"\n")
        self.recorded_lines[result.id] = _build_recorded_line(result, start, start + len(raw))

    def _rewrite(
        self, kept_lines: Mapping[str, BatchLine], moved_lines: Collection[RecordedLine]
    ) -> None:
        """Put a file with only ``kept_lines`` in place of this one, in one step."""
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        temporary, recorded_lines = Path(name), {}
        try:
            with self.path.open("rb") as old_file, os.fdopen(handle, "wb") as new_file:
                if moved_lines:
                    aside_path = self.path.with_name(f"{self.path.stem}.old.jsonl")
                    _append(
                        aside_path,
                        b"".join(
                            _read_line_at(old_file, k).rstrip(b"\n") + b"\n" for k in moved_lines
                        ),
                    )
                for own_id, line in kept_lines.items():
                    result = Result.model_validate_json(
                        _read_line_at(old_file, self.recorded_lines[own_id])
                    )
                    line_update = {"line": line.number, "input": line.input_fields}
                    result = result.model_copy(update=line_update)
                    start = new_file.tell()
                    new_file.write(result.as_json().encode("utf-8", "replace") + b"\n")
                    recorded_lines[own_id] = _build_recorded_line(result, start, new_file.tell())
                new_file.flush()
                os.fsync(new_file.fileno())
            temporary.chmod(self.path.stat().st_mode & 0o777)
            temporary.replace(self.path)
        finally:
            temporary.unlink(missing_ok=True)
        self.recorded_lines, self._has_torn_line = recorded_lines, False


def _build_recorded_line(result: Result, start: int, end: int) -> RecordedLine:
    return RecordedLine(
        start=start,
        end=end,
        digest=result.digest,
        status=result.status,
        unfinished=result.unfinished,
        words=result.words,
        line=result.line,
        files=result.files,
        input_digest=digest(result.input),
    )


def _read_line_at(file: BinaryIO, recorded_line: RecordedLine) -> bytes:
    file.seek(recorded_line.start)
    return file.read(recorded_line.end - recorded_line.start)


def _append(path: Path, content: bytes) -> int:
    """Append ``content``, on the disk when this returns; return where it begins."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        start = os.fstat(handle).st_size
        try:
            unwritten_bytes = memoryview(content)
            while unwritten_bytes:
                unwritten_bytes = unwritten_bytes[os.write(handle, unwritten_bytes) :]
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, start)
            raise
        return start
    finally:
        os.close(handle)


@contextmanager
def _translate_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise BadInput(
            f"cannot use {path}: {fault.strerror or fault}; make room or give another file with "
            "--out; the works are safe in the library"
        ) from fault
