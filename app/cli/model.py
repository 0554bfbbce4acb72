"""``inkwright model``: fetch a model that can write on this CPU, list them, remove one."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkwright.app.cli.options import HELP_SETTINGS, Yes
from inkwright.app.config.paths import find_library_home, load_file_settings
from inkwright.memory.errors import BadInput

if TYPE_CHECKING:
    from inkwright.app.serving.model_hub import Progress

commands = typer.Typer(
    help="Fetch a model that can write on this machine's CPU, list them, remove one.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings=HELP_SETTINGS,
)


@commands.command()
def get(
    model: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A name that `inkwright model list` shows, or org/repo/file.gguf."
        ),
    ],
    name: Annotated[str | None, typer.Option(help="Name for it here; else the file's.")] = None,
    yes: Yes = False,
) -> None:
    """Fetch a model from Hugging Face, or the hub of HF_ENDPOINT; run it again to go on.

    Size and SHA-256 are the hub's; they are shown before, and checked after. HF_TOKEN is sent to
    that hub alone.
    """
    from inkwright.app.serving.model_hub import (
        ModelHub,
        choose_target,
        format_size,
        is_current,
        parse_reference,
    )

    reference = parse_reference(model, name)
    target = choose_target(find_library_home(), reference)
    with ModelHub.open(os.environ) as hub:
        origin = hub.look_up(reference)
        if is_current(target, origin):
            typer.echo(f"{reference.name} is here already: {target}")
            _print_next_steps(reference.name, target)
            return
        licence = reference.licence or f"as {origin.hub}/{reference.repo} says"
        typer.echo(f"{reference.name}: {reference.file} of {reference.repo}, from {hub.host}")
        typer.echo(f"  size     {format_size(origin.size_bytes)} ({origin.size_bytes:,} bytes)")
        typer.echo(f"  SHA-256  {origin.sha256}")
        typer.echo(f"  licence  {licence}")
        typer.echo(f"  goes to  {target}{', in place of another' if target.exists() else ''}")
        if not yes:
            _confirm(reference.name)
        with _show_progress(origin.size_bytes) as progress:
            hub.download(origin, target, progress)
    typer.echo(f"fetched, and its SHA-256 is right: {target}")
    _print_next_steps(reference.name, target)


@commands.command("list")
def list_() -> None:
    """List the models that are here, and a few that can be fetched by name."""
    from inkwright.app.config.model_folder import list_models
    from inkwright.app.serving.model_catalogue import CATALOGUE
    from inkwright.app.serving.model_hub import format_size

    models = list_models(find_library_home())
    for model in models:
        source = model.origin.reference if model.origin else "a file of your own"
        size = format_size(model.path.stat().st_size)
        typer.echo(f"here     {model.name:<14} {size:>8}  {source}")
    for entry in CATALOGUE:
        if entry.name not in {model.name for model in models}:
            size = f"{entry.size_gb:.1f} GB"
            typer.echo(f"to get   {entry.name:<14} {size:>8}  {entry.licence}; {entry.purpose}")
    typer.echo("`inkwright model get NAME` fetches one; any other: org/repo/file.gguf")


@commands.command()
def remove(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="As `inkwright model list` shows it.")
    ],
) -> None:
    """Remove a model from the library folder, or what was fetched of it so far."""
    from inkwright.app.config.model_folder import remove_model

    model = remove_model(find_library_home(), name)
    typer.echo(f"removed {model.path}")


def _confirm(name: str) -> None:
    if not sys.stdin.isatty():
        raise BadInput(f"to fetch {name} without being asked, give --yes")
    typer.confirm("Fetch it?", default=True, abort=True)


def _print_next_steps(name: str, target: Path) -> None:
    """Say how to write with a model, and what stands in the way."""
    from inkwright.agents.llm.local_server import EmbeddedMissing, EmbeddedServer

    try:
        EmbeddedServer(target)
    except EmbeddedMissing as fault:
        typer.echo(f"to do first: {fault}")
    if os.environ.get("INKWRIGHT_API_BASE") or load_file_settings().get("api_base"):
        typer.echo("to do first: unset INKWRIGHT_API_BASE, for an endpoint comes before a file")
    typer.echo(f"to write with it: export INKWRIGHT_MODEL={name}")


@contextmanager
def _show_progress(size_bytes: int) -> Iterator["Progress"]:
    """Show a bar at a terminal, and nothing elsewhere."""
    from rich import progress
    from rich.console import Console

    columns = (
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with progress.Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=size_bytes)
        yield lambda done_bytes: bar.update(task, completed=done_bytes)
