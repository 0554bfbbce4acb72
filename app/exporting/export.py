"""One door for every format: what was asked for, made, checked, and put in its place."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from inkwright.app import output
from inkwright.app.assemble import assemble
from inkwright.app.cited import with_references
from inkwright.app.exporting.piece import Piece, piece
from inkwright.memory.errors import BadInput
from inkwright.memory.library import Library

Format = Literal["md", "docx", "epub", "pdf", "bib", "archive"]
FORMATS: tuple[Format, ...] = get_args(Format)
Paper = Literal["a4", "a5", "letter"]
LONGEST_NAME = 60
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True)
class Wanted:
    """What is to be taken away, and how."""

    format: Format = "md"
    sections: tuple[str, ...] = ()
    """Ids or numbers; none: all of them."""
    title: str | None = None
    """None: as the outline has it."""
    author: str | None = None
    language: str | None = None
    """A code such as ``en``; None: as the brief says, or the text shows."""
    fiction: bool | None = None
    """Ornaments between scenes, and chapters that begin a page. None: as the brief's kind says."""
    contents: bool = True
    title_page: bool = True
    reference: Path | None = None
    """A Word document whose styles a .docx takes over."""
    paper: Paper | None = None
    """Of a PDF; None: A5 for fiction, else A4."""
    fonts: Path | None = None
    """A folder of further fonts for a PDF."""
    journal: bool = False
    """Of an archive: every prompt and answer too."""


@dataclass(frozen=True)
class Made:
    """A file, whole, before it is put anywhere."""

    name: str
    """What to call it."""
    content: bytes
    words: int
    gaps: tuple[str, ...]
    """Sections that have no text yet: a line in the file names each."""
    notices: tuple[str, ...]
    """What could not be shown, one line each."""


@dataclass(frozen=True)
class Exported:
    """A file that was written."""

    path: Path
    """Where it is: a file that a person has changed since is left alone, this one beside it."""
    words: int
    gaps: tuple[str, ...]
    notices: tuple[str, ...]


def make(library: Library, work: str, wanted: Wanted) -> Made:
    """Return the file that was asked for.

    Raises:
        BadInput: there is nothing to take away, or something given is wrong.
        ExportFailed: it could not be made.
    """
    _check(wanted)
    if wanted.format == "archive":
        from inkwright.app.exporting.archive import archive

        return archive(library, work, journal=wanted.journal)
    found = piece(
        library,
        work,
        sections=wanted.sections,
        title=wanted.title,
        author=wanted.author,
        language=wanted.language,
        fiction=wanted.fiction,
    )
    if wanted.format not in ("md", "bib"):
        found = found.printable()
    content, notices = _content(found, wanted)
    gaps = tuple(f"{s.id} “{' '.join(s.title.split())}”" for s in found.gaps)
    return Made(file_name(found.title, wanted.format), content, found.words, gaps, notices)


def export(library: Library, work: str, wanted: Wanted, out: Path | None = None) -> Exported:
    """Make the file and write it to ``out``: a file, or a folder; None: the current one.

    Raises:
        BadInput: as ``make``, or it cannot be written there; nothing is left half-written.
        ExportFailed: it could not be made.
    """
    out = Path.cwd() if out is None else out.expanduser()
    try:
        in_folder = out.is_dir()
    except OSError as fault:
        raise BadInput(f"--out {out}: {fault.strerror}") from fault
    if not in_folder and out.suffix.lower() != suffix_of(wanted.format):
        raise BadInput(
            f"--out {out}: the name of a {wanted.format} file ends in {suffix_of(wanted.format)}"
        )
    folder = output.prepare(out if in_folder else out.parent)
    made = make(library, work, wanted)
    file = folder / (made.name if in_folder else out.name)
    path = output.write_file(library, work, file, made.content)
    notices = made.notices
    if path != file:
        notices = (*notices, f"{file} was changed since, or is not ours; this one is beside it")
    return Exported(path, made.words, made.gaps, notices)


def suffix_of(format: Format) -> str:
    """Return how the name of a file of this format ends."""
    return ".zip" if format == "archive" else f".{format}"


def format_of(file: Path | None) -> Format | None:
    """Return the format that a file's name asks for."""
    endings = {suffix_of(known): known for known in FORMATS}
    return endings.get(file.suffix.lower()) if file is not None else None


def file_name(title: str, format: Format) -> str:
    """Return what a file with this title is called."""
    words = re.sub(r"[^\w]+", "-", title).strip("-_")
    short = words.encode()[:LONGEST_NAME].decode("utf-8", "ignore").strip("-_")
    return f"{short or 'manuscript'}{suffix_of(format)}"


def _check(wanted: Wanted) -> None:
    if wanted.language is not None and not _LANGUAGE.fullmatch(wanted.language):
        raise BadInput(f"--language: expected a code such as en or zh, not {wanted.language!r}")
    if wanted.reference is not None and wanted.format != "docx":
        raise BadInput("--reference-doc is for --format docx alone")
    if wanted.format != "pdf" and (wanted.paper or wanted.fonts):
        raise BadInput("--paper and --fonts are for --format pdf alone")
    if wanted.fonts is not None and not wanted.fonts.expanduser().is_dir():
        raise BadInput(f"--fonts {wanted.fonts}: not a folder")
    if wanted.format != "archive" and wanted.journal:
        raise BadInput("--journal is for --format archive alone")
    if wanted.format == "archive" and wanted.sections:
        raise BadInput("an archive is of the whole work: leave --sections out")


def _content(found: Piece, wanted: Wanted) -> tuple[bytes, tuple[str, ...]]:
    if wanted.format == "md":
        text = assemble(found.outline, found.drafts, found.brief.headings)
        text = with_references(text, found.endmatter)
        return text.encode("utf-8", "replace"), ()
    if wanted.format == "bib":
        from inkwright.app.citing import bibtex

        if not found.sources:
            raise BadInput(f"{found.work} cites no source, so there is no bibliography to take")
        return bibtex(found.sources).encode("utf-8", "replace"), ()
    if wanted.format == "docx":
        from inkwright.app.exporting.word import word

        content = word(
            found,
            reference=wanted.reference,
            with_contents=wanted.contents,
            title_page=wanted.title_page,
        )
        return content, ()
    if wanted.format == "epub":
        from inkwright.app.exporting.epub import epub

        return epub(found, with_contents=wanted.contents, title_page=wanted.title_page), ()
    from inkwright.app.exporting.pdf import pdf

    return pdf(
        found,
        with_contents=wanted.contents,
        title_page=wanted.title_page,
        paper="us-letter" if wanted.paper == "letter" else wanted.paper,
        fonts=wanted.fonts.expanduser() if wanted.fonts else None,
    )
