"""One door for every format: what was asked for, made, checked, and put in its place."""

import re
from pathlib import Path

from inkwright.app.export.formats import (
    Exported,
    ExportOptions,
    RenderedFile,
    build_file_name,
    get_suffix,
)
from inkwright.app.export.selection import ExportSelection, build_selection
from inkwright.app.files import output_folder
from inkwright.app.manuscripts.assemble import assemble
from inkwright.app.manuscripts.citation_report import append_references
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import WorkId
from inkwright.memory.store.library import Library

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def render_file(library: Library, work_id: WorkId, options: ExportOptions) -> RenderedFile:
    """Return the file that was asked for.

    Raises:
        BadInput: there is nothing to take away, or something given is wrong.
        ExportFailed: it could not be made.
    """
    _check_options(options)
    if options.format == "archive":
        from inkwright.app.export.archive import build_archive

        return build_archive(library, work_id, journal=options.journal)
    selection = build_selection(
        library,
        work_id,
        sections=options.sections,
        title=options.title,
        author=options.author,
        language=options.language,
        fiction=options.fiction,
    )
    if options.format not in ("md", "bib"):
        selection = selection.printable()
    content, notices = _render_content(selection, options)
    gaps = tuple(f"{s.id} “{' '.join(s.title.split())}”" for s in selection.gaps)
    return RenderedFile(
        build_file_name(selection.title, options.format), content, selection.words, gaps, notices
    )


def export_file(
    library: Library, work_id: WorkId, options: ExportOptions, out: Path | None = None
) -> Exported:
    """Make the file and write it to ``out``: a file, or a folder; None: the current one.

    Raises:
        BadInput: as ``render_file``, or it cannot be written there; nothing is left half-written.
        ExportFailed: it could not be made.
    """
    out = Path.cwd() if out is None else out.expanduser()
    try:
        in_folder = out.is_dir()
    except OSError as fault:
        raise BadInput(f"--out {out}: {fault.strerror}") from fault
    if not in_folder and out.suffix.lower() != get_suffix(options.format):
        raise BadInput(
            f"--out {out}: the name of a {options.format} file ends in {get_suffix(options.format)}"
        )
    folder = output_folder.prepare_folder(out if in_folder else out.parent)
    rendered_file = render_file(library, work_id, options)
    file = folder / (rendered_file.name if in_folder else out.name)
    path = output_folder.write_file(library, work_id, file, rendered_file.content)
    notices = rendered_file.notices
    if path != file:
        notices = (*notices, f"{file} was changed since, or is not ours; this one is beside it")
    return Exported(path, rendered_file.words, rendered_file.gaps, notices)


def _check_options(options: ExportOptions) -> None:
    if options.language is not None and not _LANGUAGE.fullmatch(options.language):
        raise BadInput(f"--language: expected a code such as en or zh, not {options.language!r}")
    if options.reference is not None and options.format != "docx":
        raise BadInput("--reference-doc is for --format docx alone")
    if options.format != "pdf" and (options.paper or options.fonts):
        raise BadInput("--paper and --fonts are for --format pdf alone")
    if options.fonts is not None and not options.fonts.expanduser().is_dir():
        raise BadInput(f"--fonts {options.fonts}: not a folder")
    if options.format != "archive" and options.journal:
        raise BadInput("--journal is for --format archive alone")
    if options.format == "archive" and options.sections:
        raise BadInput("an archive is of the whole work: leave --sections out")


def _render_content(
    selection: ExportSelection, options: ExportOptions
) -> tuple[bytes, tuple[str, ...]]:
    if options.format == "md":
        text = assemble(selection.outline, selection.drafts, selection.brief.headings)
        text = append_references(text, selection.endmatter)
        return text.encode("utf-8", "replace"), ()
    if options.format == "bib":
        from inkwright.app.manuscripts.citeproc import build_bibtex

        if not selection.sources:
            raise BadInput(f"{selection.work} cites no source, so there is no bibliography to take")
        return build_bibtex(selection.sources).encode("utf-8", "replace"), ()
    if options.format == "docx":
        from inkwright.app.export.docx import build_docx

        content = build_docx(
            selection,
            reference=options.reference,
            with_contents=options.contents,
            title_page=options.title_page,
        )
        return content, ()
    if options.format == "epub":
        from inkwright.app.export.epub import build_epub

        return build_epub(
            selection, with_contents=options.contents, title_page=options.title_page
        ), ()
    assert options.format == "pdf", f"nothing makes a {options.format} file"
    from inkwright.app.export.pdf import build_pdf

    return build_pdf(
        selection,
        with_contents=options.contents,
        title_page=options.title_page,
        paper="us-letter" if options.paper == "letter" else options.paper,
        fonts=options.fonts.expanduser() if options.fonts else None,
    )
