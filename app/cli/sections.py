"""``inkwright text``, ``edit``, ``lock``, ``history``, ``candidates``, ...: a section's words."""

from pathlib import Path
from typing import Annotated

import typer

from inkwright.app.display.formatting import Operation

text_commands = typer.Typer()

Work = Annotated[
    str, typer.Argument(metavar="WORK", help="A work's id, or enough of its beginning.")
]
Section = Annotated[str, typer.Argument(metavar="SECTION", help="A section's id, or its number.")]


@text_commands.command()
def text(
    work: Work,
    section: Section,
    file: Annotated[
        Path | None, typer.Option("--from", help="Take this file's words; - reads them here.")
    ] = None,
) -> None:
    """Print a section's text, or replace it: what is new in it is yours, and stays as it is."""
    from inkwright.app.commands import sections

    sections.text(work, section, file)


@text_commands.command()
def edit(
    work: Work,
    section: Section,
    told: Annotated[
        str, typer.Argument(metavar="[INSTRUCTION]", help="What is to change, in plain words.")
    ] = "",
    op: Annotated[
        Operation | None, typer.Option(help="A ready-made change; an instruction may add to it.")
    ] = None,
    span: Annotated[
        str | None,
        typer.Option(help="Only sentences with these words, or with code points A:B."),
    ] = None,
    accept: Annotated[
        str | None, typer.Option(metavar="N,N", help="Take these hunks, by number.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Take every hunk that breaks no constraint.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the hunks; ask nothing, change nothing.")
    ] = False,
) -> None:
    """Let an editor change a section as you say, and take of its hunks what you like."""
    from inkwright.app.commands import edit

    edit.edit(
        work, section, told, op=op, span=span, accept=accept, everything=everything, dry_run=dry_run
    )


@text_commands.command()
def lock(
    work: Work,
    section: Section,
    words: Annotated[str | None, typer.Argument(help="Words in it; none: all of it.")] = None,
    off: Annotated[bool, typer.Option("--off", help="Unlock them.")] = False,
) -> None:
    """Lock words of a section: no model changes them."""
    from inkwright.app.commands import sections

    sections.lock(work, section, words, off=off)


@text_commands.command()
def history(
    work: Work,
    of: Annotated[
        str | None, typer.Argument(metavar="[SECTION|ENTRY]", help="A section, or an entry.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say which versions there are, of every section, of one, or of a memory entry."""
    from inkwright.app.commands import sections

    sections.history(work, of, as_json=as_json)


@text_commands.command()
def diff(
    work: Work,
    section: Section,
    one: Annotated[int | None, typer.Argument(help="A version; none: the one before.")] = None,
    other: Annotated[int | None, typer.Argument(help="Another; none: the newest.")] = None,
) -> None:
    """Print what became of one version of a section in another, word by word."""
    from inkwright.app.commands import sections

    sections.diff(work, section, one, other)


@text_commands.command()
def restore(
    work: Work,
    section: Section,
    version: Annotated[int, typer.Argument(help="As `inkwright history` counts them.")],
) -> None:
    """Make an earlier version of a section its newest. It is yours then."""
    from inkwright.app.commands import sections

    sections.restore(work, section, version)


@text_commands.command()
def candidates(
    work: Work,
    section: Section,
    note: Annotated[str, typer.Option(help="What they should do otherwise.")] = "",
    count: Annotated[int, typer.Option(help="How many.")] = 3,
) -> None:
    """Draft a section several times over, to choose from; its text stays as it is."""
    from inkwright.app.commands import sections

    sections.candidates(work, section, note=note, count=count)


@text_commands.command()
def choose(
    work: Work,
    section: Section,
    version: Annotated[int, typer.Argument(help="A candidate, as `inkwright history` counts.")],
) -> None:
    """Make a candidate a section's text; the other candidates stay among its versions."""
    from inkwright.app.commands import sections

    sections.choose(work, section, version)
