"""``inkwright export``: a work, or some of its sections, as a file."""

from pathlib import Path
from typing import Annotated, Literal

import typer

export_commands = typer.Typer()


@export_commands.command()
def export(
    work: Annotated[
        str, typer.Argument(metavar="WORK", help="A work's id, or enough of its beginning.")
    ],
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
    from inkwright.app.commands import export
    from inkwright.app.export.formats import ExportOptions, detect_format

    export_options = ExportOptions(
        format=format or detect_format(out) or "md",
        sections=export.parse_sections(sections),
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
    raise typer.Exit(int(export.export(work, export_options, out)))
