"""``inkwright doctor``, ``trust`` and ``graph``, and what is asked about a file not trusted yet."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from inkwright.app.config.paths import SETTINGS_FILE, parsed, read_toml_file
from inkwright.app.config.trust import Decide, UntrustedFile, lines, remember, visible
from inkwright.app.config.trust import forget as forget_file
from inkwright.memory.errors import BadInput

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def doctor() -> None:
    """Check models, library and index, and say how to mend what is missing."""
    from inkwright.app.services.doctor import run_doctor

    raise typer.Exit(run_doctor(typer.echo))


@commands.command()
def trust(
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="With an inkwright.toml of its own.")
    ] = Path(),
    forget: Annotated[bool, typer.Option("--forget", help="Trust it no longer.")] = False,
) -> None:
    """Let a folder's inkwright.toml, as it is now, set addresses, keys, models and paths."""
    path = folder.resolve() / SETTINGS_FILE
    if forget:
        if not forget_file(path):
            raise BadInput(f"{visible(str(path))} is not trusted")
        typer.echo(f"no longer trusted: {visible(str(path))}")
        return
    if not path.exists():
        raise BadInput(f"{visible(str(path))}: no such file")
    content = read_toml_file(path)
    settings = parsed(content, path)
    remember(path, content)
    typer.echo(f"trusted until it changes: {visible(str(path))}")
    for line in lines(settings):
        typer.echo(f"  {line}")


@commands.command()
def graph() -> None:
    """Print the work graph and the section graph as Mermaid."""
    from inkwright.agents.orchestration.diagram import draw_graphs

    typer.echo(draw_graphs())


def at_the_terminal() -> Decide:
    """Return how the command line decides: it asks a person once a file; else one line says so."""
    decisions: dict[tuple[Path, bytes], bool] = {}

    def decide(file: UntrustedFile) -> bool:
        decision_key = (file.path, file.content)
        if decision_key not in decisions:
            decisions[decision_key] = _ask(file)
        return decisions[decision_key]

    return decide


def _ask(file: UntrustedFile) -> bool:
    if sys.stdin.isatty() and sys.stderr.isatty():
        typer.echo(f"{visible(str(file.path))} is not trusted. It sets:", err=True)
        for line in lines(file.guarded):
            typer.echo(f"  {line}", err=True)
        if (owner := file.path.stat().st_uid) != os.getuid():
            typer.echo(f"It belongs to another user (number {owner}).", err=True)
        typer.echo("Used, it can send your keys and texts elsewhere and spend money.", err=True)
        if typer.confirm("Trust this file until it changes?", default=False, err=True):
            remember(file.path, file.content)
            return True
    typer.echo(f"inkwright: {file}", err=True)
    return False
