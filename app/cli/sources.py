"""``inkwright sources``: the commands on what a work is written from."""

from pathlib import Path
from typing import Annotated

import typer

sources = typer.Typer(
    help="Read what a work is written from, add to it, and take from it.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Work = Annotated[
    str, typer.Argument(metavar="WORK", help="A work's id, or enough of its beginning.")
]
Key = Annotated[str, typer.Argument(metavar="KEY", help="A source's key, such as smith2020.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@sources.command()
def add(
    work: Work,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Documents, or folders of them.")
    ],
) -> None:
    """Read documents into a work; sections written from now on can cite them."""
    from inkwright.app.commands import sources

    sources.add(work, paths)


@sources.command("list")
def list_(
    work: Work,
    as_json: AsJson = False,
    bib: Annotated[bool, typer.Option("--bib", help="Print BibTeX.")] = False,
) -> None:
    """List the sources of a work, and the sections that cite each."""
    from inkwright.app.commands import sources

    if bib:
        sources.print_bibtex(work)
    else:
        sources.list_sources(work, as_json=as_json)


@sources.command()
def show(work: Work, key: Key) -> None:
    """Print what was read of one source."""
    from inkwright.app.commands import sources

    sources.show(work, key)


@sources.command()
def drop(work: Work, key: Key) -> None:
    """Take a source out of use; `inkwright settle` then mends what rests on it."""
    from inkwright.app.commands import sources

    sources.drop(work, key)
