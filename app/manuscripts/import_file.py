"""``inkwright import``: a manuscript from outside becomes a work of its author's own sections."""

import re
from dataclasses import dataclass
from pathlib import Path

from inkwright.agents.llm.config import Ablation
from inkwright.app.files.language import detect_language
from inkwright.app.files.text_files import read_bytes
from inkwright.app.manuscripts.split_chapters import SplitManuscript, split_manuscript
from inkwright.memory.domain.brief import Brief, Continuity
from inkwright.memory.domain.source_formatting import BOM, normalise_text
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import WorkId
from inkwright.memory.store import plans, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.works import Work
from inkwright.memory.user_work import imported_drafts

FILE_SUFFIXES = (".md", ".markdown", ".txt", ".docx")
MAX_TITLE_CHARS = 400


@dataclass(frozen=True)
class Imported:
    """A work that was made from a file."""

    work: WorkId
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


def import_manuscript(library: Library, file: Path, options: ImportOptions) -> Imported:
    """Make a work of a Markdown, text or Word file.

    Raises:
        BadInput: one line that names the file and what is wrong; nothing is stored.
    """
    text, file_title, notices = _read_manuscript(file)
    if not text.strip(BOM).strip():
        raise BadInput(f"{file}: there is no text in it")
    manuscript = split_manuscript(
        text,
        _collapse_whitespace(file.stem) or "Untitled",
        title=_check_title(options.title) or file_title,
        continuity=options.continuity or "strict",
        depth=options.depth,
    )
    if not manuscript.texts:
        raise BadInput(
            f"{file}: it has headings but no text; `inkwright write REQUEST --outline {file}` "
            "writes a piece by an outline"
        )
    work, is_new = _store_work(library, manuscript, _build_brief(file, manuscript, options, text))
    plan = plans.current(library, work.id)
    assert plan is not None
    return Imported(
        work=work.id,
        title=plan.outline.title,
        sections=len(manuscript.outline.sections),
        unwritten=tuple(
            s.title for s in manuscript.outline.sections if s.id not in manuscript.texts
        ),
        words=sum(s.target_words for s in manuscript.outline.sections if s.id in manuscript.texts),
        notices=notices,
        new=is_new,
    )


def read_raw(file: Path) -> str:
    """Return a UTF-8 file exactly as it stands, byte order mark and line ends included.

    Raises:
        BadInput: not there, not a file, too large, binary, or not UTF-8.
    """
    content = read_bytes(file)
    if b"\0" in content:
        raise BadInput(f"{file}: a binary file, or not UTF-8; save it as UTF-8 text")
    try:
        return content.decode()
    except UnicodeDecodeError as fault:
        raise BadInput(
            f"{file}: not UTF-8 text (byte {fault.start:,}); save it as UTF-8"
        ) from fault


def _read_manuscript(file: Path) -> tuple[str, str | None, tuple[str, ...]]:
    suffix = file.suffix.lower()
    if suffix not in FILE_SUFFIXES:
        raise BadInput(f"{file}: only .md, .txt and .docx files are imported")
    if suffix != ".docx":
        return read_raw(file), None, ()
    if not file.is_file():
        raise BadInput(f"{file}: {'not a file' if file.exists() else 'no such file'}")
    from inkwright.app.manuscripts.word_reader import read_docx

    word_document = read_docx(file)
    return word_document.text, word_document.title, word_document.notices


def _check_title(title: str | None) -> str | None:
    if title is None:
        return None
    if not (title := _collapse_whitespace(title)):
        raise BadInput("--title is empty")
    if len(title) > MAX_TITLE_CHARS:
        raise BadInput(f"--title has {len(title)} characters; at most {MAX_TITLE_CHARS} are kept")
    return title


def _build_brief(
    file: Path, manuscript: SplitManuscript, options: ImportOptions, text: str
) -> Brief:
    language = (options.language or "").strip().lower() or None
    if language is not None and not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", language):
        raise BadInput(f"--language: expected a code such as en or zh, not {options.language!r}")
    return Brief(
        request=f"The manuscript “{manuscript.outline.title}”, which its author has begun. "
        "What is still to be written follows on from what is there, in its voice.",
        title=manuscript.outline.title[:MAX_TITLE_CHARS],
        language=language or detect_language(text),
        continuity=manuscript.outline.continuity,
    )


def _store_work(library: Library, manuscript: SplitManuscript, brief: Brief) -> tuple[Work, bool]:
    """Return the work of this manuscript: the one that was made of the same text, or a new one."""
    ablation_fields = Ablation().model_dump()
    work = works.begin(library, brief, ablation_fields)
    plan = plans.current(library, work.id)
    if plan is not None:
        if _is_same_manuscript(library, work.id, manuscript):
            return work, False
        work = works.begin(library, brief, ablation_fields, fresh=True)
    try:
        with works.hold_lease(library, work.id) as lease:
            imported_drafts.store_texts(
                library, lease, manuscript.texts, outline=manuscript.outline
            )
            is_complete = len(manuscript.texts) == len(manuscript.outline.sections)
            works.record_status(library, lease, "complete" if is_complete else "partial")
            works.approve(library, work.id)
    except BaseException:
        works.purge(library, work.id)
        raise
    return works.get(library, work.id), True


def _is_same_manuscript(library: Library, work_id: WorkId, manuscript: SplitManuscript) -> bool:
    """True when a work began with this very manuscript."""
    first_plan = plans.first(library, work_id)
    return first_plan is not None and first_plan.outline == manuscript.outline


def _collapse_whitespace(text: str) -> str:
    return " ".join(normalise_text(text).split())
