"""One door for every format: what was asked for, made, checked, and put in its place."""

import re
from pathlib import Path

from inkwright.app.export.result import Exported, Made, Wanted, file_name, suffix_of
from inkwright.app.export.selection import ExportSelection, piece
from inkwright.app.files import output_folder
from inkwright.app.manuscripts.assemble import assemble
from inkwright.app.manuscripts.citation_report import with_references
from inkwright.memory.errors import BadInput
from inkwright.memory.store.library import Library

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def make(library: Library, work: str, wanted: Wanted) -> Made:
    """Return the file that was asked for.

    Raises:
        BadInput: there is nothing to take away, or something given is wrong.
        ExportFailed: it could not be made.
    """
    _check(wanted)
    if wanted.format == "archive":
        from inkwright.app.export.archive import archive

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
    folder = output_folder.prepare(out if in_folder else out.parent)
    made = make(library, work, wanted)
    file = folder / (made.name if in_folder else out.name)
    path = output_folder.write_file(library, work, file, made.content)
    notices = made.notices
    if path != file:
        notices = (*notices, f"{file} was changed since, or is not ours; this one is beside it")
    return Exported(path, made.words, made.gaps, notices)


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


def _content(found: ExportSelection, wanted: Wanted) -> tuple[bytes, tuple[str, ...]]:
    if wanted.format == "md":
        text = assemble(found.outline, found.drafts, found.brief.headings)
        text = with_references(text, found.endmatter)
        return text.encode("utf-8", "replace"), ()
    if wanted.format == "bib":
        from inkwright.app.manuscripts.citeproc import bibtex

        if not found.sources:
            raise BadInput(f"{found.work} cites no source, so there is no bibliography to take")
        return bibtex(found.sources).encode("utf-8", "replace"), ()
    if wanted.format == "docx":
        from inkwright.app.export.docx import word

        content = word(
            found,
            reference=wanted.reference,
            with_contents=wanted.contents,
            title_page=wanted.title_page,
        )
        return content, ()
    if wanted.format == "epub":
        from inkwright.app.export.epub import epub

        return epub(found, with_contents=wanted.contents, title_page=wanted.title_page), ()
    from inkwright.app.export.pdf import pdf

    return pdf(
        found,
        with_contents=wanted.contents,
        title_page=wanted.title_page,
        paper="us-letter" if wanted.paper == "letter" else wanted.paper,
        fonts=wanted.fonts.expanduser() if wanted.fonts else None,
    )
