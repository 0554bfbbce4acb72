"""``inkwright import``, ``sync``, ``remember`` and ``export``: what comes in and what goes out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from inkwright.agents.llm.config import Limits
from inkwright.app.cli.errors import Exit
from inkwright.app.cli.options import Continuity, Out, Work, limited
from inkwright.app.cli.runs import (
    load_reading_options,
    print_stale_sections,
    remember_if_model_set,
    resolve_work,
)
from inkwright.app.cli.runs import remember as read_into_memory
from inkwright.app.config import endpoints
from inkwright.app.export.archive_import import is_archive
from inkwright.app.export.formats import ExportOptions, detect_format
from inkwright.app.manuscripts.import_file import Imported, ImportOptions
from inkwright.app.manuscripts.sync import MANUSCRIPT_NAME, CannotSync
from inkwright.app.services import engine
from inkwright.memory.errors import BadInput

TITLES_SHOWN = 5

commands = typer.Typer(rich_markup_mode=None)


@commands.command("import")
@limited
def import_(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A .md, .txt or .docx manuscript, or a .zip archive."),
    ],
    title: Annotated[str | None, typer.Option(help="What the work is called.")] = None,
    language: Annotated[str | None, typer.Option(help="Its language: en, zh...")] = None,
    continuity: Continuity = None,
    depth: Annotated[
        int, typer.Option(min=1, max=6, help="Deeper headings than this stay text.")
    ] = 6,
    out: Out = None,
    *,
    limits: Limits,
) -> None:
    """Make a work of what you have written: headings become the outline, the text stays yours."""
    run_options = load_reading_options(limits)
    imported, manuscript = engine.import_file(
        file.expanduser(),
        ImportOptions(title, language, continuity, depth),
        run_options,
        out=out,
    )
    for line in _describe_import(imported):
        typer.echo(line)
    if manuscript is not None and manuscript.path is not None:
        typer.echo(f"manuscript: {manuscript.path}")
    if not is_archive(file):
        remember_if_model_set(imported.work, run_options)
    if imported.unwritten:
        typer.echo(f"`inkwright resume {imported.work}` writes what is not written yet")


@commands.command()
@limited
def sync(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="With manuscript.md and its report.json.")
    ],
    titles: Annotated[
        bool, typer.Option("--titles", help="Take new words of a heading as its new title.")
    ] = False,
    *,
    limits: Limits,
) -> None:
    """Take back what you changed in an exported manuscript: those sections, and no others."""
    run_options, folder = load_reading_options(limits), folder.expanduser()
    try:
        synced = engine.sync(folder, run_options, take_titles=titles)
    except CannotSync as fault:
        for line in fault.lines:
            typer.echo(f"inkwright: {folder / MANUSCRIPT_NAME}: {line}", err=True)
        raise typer.Exit(Exit.BAD_INPUT) from None
    for section_id, title in synced.titles.items():
        typer.echo(f"{section_id or 'the whole'} is now “{title}”")
    for notice in synced.notices:
        typer.echo(f"  - {notice}")
    if not synced.changed:
        typer.echo(f"{synced.work}: no section has other words than before")
        return
    typer.echo(f"{synced.work}: taken back as yours: {', '.join(synced.changed)}")
    remember_if_model_set(synced.work, run_options)
    print_stale_sections(synced.work, run_options.settings)


@commands.command()
@limited
def remember(work: Work, *, limits: Limits) -> None:
    """Read into memory what you have written and no model has read yet."""
    work_id, run_options = resolve_work(work), load_reading_options(limits)
    endpoints.resolve_models(run_options.settings)
    read_into_memory(work_id, run_options)


@commands.command()
def export(
    work: Work,
    format: Annotated[
        Literal["md", "docx", "epub", "pdf", "bib", "archive"] | None,
        typer.Option(help="What to make; none: as the name of --out says, else md."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A file, or a folder for it; none: the current folder.")
    ] = None,
    sections: Annotated[
        str | None, typer.Option(metavar="s1,s3", help="Only these: ids, or their numbers.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Another title.")] = None,
    author: Annotated[str | None, typer.Option(help="Who wrote it.")] = None,
    language: Annotated[str | None, typer.Option(help="Its language: en, zh-CN...")] = None,
    reference_doc: Annotated[
        Path | None, typer.Option(help="A .docx whose styles the .docx takes over.")
    ] = None,
    fiction: Annotated[
        bool | None,
        typer.Option(
            "--fiction/--no-fiction",
            help="Ornaments between scenes, chapters on pages of their own; none: by its kind.",
        ),
    ] = None,
    contents: Annotated[
        bool, typer.Option("--contents/--no-contents", help="A table of contents.")
    ] = True,
    title_page: Annotated[
        bool, typer.Option("--title-page/--no-title-page", help="A page with the title.")
    ] = True,
    paper: Annotated[Literal["a4", "a5", "letter"] | None, typer.Option(help="Of a PDF.")] = None,
    fonts: Annotated[Path | None, typer.Option(help="A folder of further fonts for a PDF.")] = None,
    journal: Annotated[
        bool, typer.Option("--journal", help="Into an archive: every prompt and answer too.")
    ] = False,
) -> None:
    """Take a work away: Markdown, Word, EPUB, PDF, what it cites as BibTeX, or an archive that
    `import` brings back."""
    export_options = ExportOptions(
        format=format or detect_format(out) or "md",
        sections=_parse_sections(sections),
        title=title,
        author=author,
        language=language,
        fiction=fiction,
        contents=contents,
        title_page=title_page,
        reference=reference_doc,
        paper=paper,
        fonts=fonts,
        journal=journal,
    )
    exported_file = engine.export(resolve_work(work), export_options, out=out)
    typer.echo(f"{exported_file.path}: {exported_file.words:,} words")
    for notice in exported_file.notices:
        typer.echo(f"  - {notice}", err=True)
    if exported_file.gaps:
        typer.echo(f"  - not written yet: {'; '.join(exported_file.gaps)}", err=True)
        raise typer.Exit(Exit.PARTIAL)


def _describe_import(imported: Imported) -> Sequence[str]:
    written_count = imported.sections - len(imported.unwritten)
    lines = [
        f"“{imported.title}”: {imported.words:,} words in {written_count} "
        f"section{'s' if written_count != 1 else ''}"
        if imported.new
        else f"“{imported.title}” was imported before, and is left as it is"
    ]
    if imported.unwritten and imported.new:
        shown_titles = "; ".join(imported.unwritten[:TITLES_SHOWN])
        more_count = len(imported.unwritten) - TITLES_SHOWN
        lines.append(
            f"to be written: {shown_titles}{f' and {more_count} more' if more_count > 0 else ''}"
        )
    return [*lines, *imported.notices, f"work: {imported.work}"]


def _parse_sections(sections: str | None) -> tuple[str, ...]:
    """Return what ``s1,s3`` names.

    Raises:
        BadInput: it names nothing.
    """
    if sections is None:
        return ()
    section_names = tuple(part.strip() for part in sections.split(",") if part.strip())
    if not section_names:
        raise BadInput("--sections is empty; give ids such as s1,s3, or leave it out")
    return section_names
