"""``inkwright import``: a manuscript from outside becomes a work of its author's own sections."""

import re
from dataclasses import dataclass
from pathlib import Path

from inkwright.agents.llm.config import Ablation
from inkwright.app.files.language import language_of
from inkwright.app.files.text_files import MAX_FILE_BYTES
from inkwright.app.manuscripts.split_chapters import SplitManuscript, take_apart
from inkwright.memory.domain.brief import Brief, Continuity
from inkwright.memory.domain.source_formatting import BOM, normal
from inkwright.memory.errors import BadInput
from inkwright.memory.store import plans, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.works import Work
from inkwright.memory.user_work import imported_drafts

KINDS = (".md", ".markdown", ".txt", ".docx")
LONGEST_TITLE = 400


@dataclass(frozen=True)
class Imported:
    """A work that was made from a file."""

    work: str
    title: str
    sections: int
    unwritten: tuple[str, ...]
    """Titles of sections that have no text yet."""
    words: int
    notices: tuple[str, ...]
    """What the file has that was not read, one line each."""
    new: bool
    """False: it had been imported before, from the same text, and was left as it is."""


@dataclass(frozen=True)
class ImportOptions:
    """What the person says about the manuscript."""

    title: str | None = None
    language: str | None = None
    continuity: Continuity | None = None
    depth: int = 6


def import_manuscript(library: Library, file: Path, chosen: ImportOptions) -> Imported:
    """Make a work of a Markdown, text or Word file.

    Raises:
        BadInput: one line that names the file and what is wrong; nothing is stored.
    """
    text, file_title, notices = _read(file)
    if not text.strip(BOM).strip():
        raise BadInput(f"{file}: there is no text in it")
    found = take_apart(
        text,
        _one_line(file.stem) or "Untitled",
        title=_given_title(chosen.title) or file_title,
        continuity=chosen.continuity or "strict",
        depth=chosen.depth,
    )
    if not found.texts:
        raise BadInput(
            f"{file}: it has headings but no text; `inkwright write REQUEST --outline {file}` "
            "writes a piece by an outline"
        )
    work, new = _work(library, found, _brief(file, found, chosen, text))
    current = plans.current(library, work.id)
    assert current is not None
    return Imported(
        work=work.id,
        title=current.outline.title,
        sections=len(found.outline.sections),
        unwritten=tuple(s.title for s in found.outline.sections if s.id not in found.texts),
        words=sum(s.target_words for s in found.outline.sections if s.id in found.texts),
        notices=notices,
        new=new,
    )


def read_raw(file: Path) -> str:
    """Return a UTF-8 file exactly as it stands, byte order mark and line ends included.

    Raises:
        BadInput: not there, not a file, too large, binary, or not UTF-8.
    """
    try:
        return _bytes(file).decode()
    except UnicodeDecodeError as fault:
        raise BadInput(
            f"{file}: not UTF-8 text (byte {fault.start:,}); save it as UTF-8"
        ) from fault


def _bytes(file: Path) -> bytes:
    try:
        if not file.exists():
            raise BadInput(f"{file}: no such file")
        if not file.is_file():
            raise BadInput(f"{file}: not a file")
        if (size := file.stat().st_size) > MAX_FILE_BYTES:
            raise BadInput(f"{file}: {size:,} bytes; at most {MAX_FILE_BYTES:,} are read")
        content = file.read_bytes()
    except OSError as fault:
        raise BadInput(f"{file}: {fault.strerror}") from fault
    if b"\0" in content:
        raise BadInput(f"{file}: a binary file, or not UTF-8; save it as UTF-8 text")
    return content


def _read(file: Path) -> tuple[str, str | None, tuple[str, ...]]:
    kind = file.suffix.lower()
    if kind not in KINDS:
        raise BadInput(f"{file}: only .md, .txt and .docx files are imported")
    if kind != ".docx":
        return read_raw(file), None, ()
    if not file.is_file():
        raise BadInput(f"{file}: {'not a file' if file.exists() else 'no such file'}")
    from inkwright.app.manuscripts.word_reader import read_docx

    read = read_docx(file)
    return read.text, read.title, read.notices


def _given_title(title: str | None) -> str | None:
    if title is None:
        return None
    if not (title := _one_line(title)):
        raise BadInput("--title is empty")
    if len(title) > LONGEST_TITLE:
        raise BadInput(f"--title has {len(title)} characters; at most {LONGEST_TITLE} are kept")
    return title


def _brief(file: Path, found: SplitManuscript, chosen: ImportOptions, text: str) -> Brief:
    language = (chosen.language or "").strip().lower() or None
    if language is not None and not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", language):
        raise BadInput(f"--language: expected a code such as en or zh, not {chosen.language!r}")
    return Brief(
        request=f"The manuscript “{found.outline.title}”, which its author has begun. "
        "What is still to be written follows on from what is there, in its voice.",
        title=found.outline.title[:LONGEST_TITLE],
        language=language or language_of(text),
        continuity=found.outline.continuity,
    )


def _work(library: Library, found: SplitManuscript, brief: Brief) -> tuple[Work, bool]:
    """Return the work of this manuscript: the one that was made of the same text, or a new one."""
    arms = Ablation().model_dump()
    work = works.begin(library, brief, arms)
    plan = plans.current(library, work.id)
    if plan is not None:
        if _same(library, work.id, found):
            return work, False
        work = works.begin(library, brief, arms, fresh=True)
    try:
        with works.leased(library, work.id) as lease:
            imported_drafts.take(library, lease, found.texts, outline=found.outline)
            whole = len(found.texts) == len(found.outline.sections)
            works.record(library, lease, status="complete" if whole else "partial")
            works.approve(library, work.id)
    except BaseException:
        works.purge(library, work.id)
        raise
    return works.get(library, work.id), True


def _same(library: Library, work: str, found: SplitManuscript) -> bool:
    """True when a work began with this very manuscript."""
    first = plans.first(library, work)
    return first is not None and first.outline == found.outline


def _one_line(text: str) -> str:
    return " ".join(normal(text).split())
