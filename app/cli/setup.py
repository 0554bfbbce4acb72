"""``inkwright doctor``, ``connect`` and ``demo``: what models there are, and how to use one."""

from pathlib import Path
from typing import Annotated

import typer

setup_commands = typer.Typer()

Url = Annotated[
    str | None,
    typer.Argument(metavar="[URL]", help="A server's address; else those on this machine."),
]
Model = Annotated[str | None, typer.Option(help="The model that is meant, as it is served.")]
Paid = Annotated[
    bool, typer.Option("--paid", help="Send calls to other networks too: they may cost money.")
]


@setup_commands.command()
def doctor(
    url: Url = None,
    model: Model = None,
    paid: Paid = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and ask nothing.")] = False,
) -> None:
    """Check what is there, find model servers, try a model, and say how to mend what is missing."""
    from inkwright.app.cli import setup_actions

    raise typer.Exit(setup_actions.doctor(url, model, asks_paid=paid, as_json=as_json))


@setup_commands.command()
def connect(
    url: Url = None,
    model: Model = None,
    write_key: Annotated[
        bool, typer.Option("--write-key", help="Write the key too, in clear.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
) -> None:
    """Write the settings for a served model into the library's inkwright.toml."""
    from inkwright.app.cli import setup_actions

    raise typer.Exit(setup_actions.connect(url, model, writes_key=write_key, asks=not yes))


@setup_commands.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the piece and its reports.")] = Path("demo"),
) -> None:
    """Write a short story with the small CPU model, or with a server that runs on this machine."""
    from inkwright.app.cli import setup_actions

    raise typer.Exit(setup_actions.demo(out))
