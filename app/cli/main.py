"""The command line: which commands there are. A command's module is imported when it is called."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from inkwright.app.cli.errors import Exit, exit_on_error
from inkwright.app.cli.options import HELP_SETTINGS
from inkwright.app.config.trust import Decide, UntrustedFile, deciding, lines, remember, visible
from inkwright.memory.errors import BadInput

COMMANDS = {
    "write": ("write", "Write a piece: plan, draft, settle, review, assemble."),
    "plan": ("write", "Make the outline, print which section carries which constraint, and stop."),
    "resume": ("write", "Go on with a work; what is written is not written again."),
    "batch": ("batch", "Write many pieces: one line in, one line out as each finishes."),
    "settle": (
        "write",
        "Check every stale section against what changed, and patch what contradicts it.",
    ),
    "redraft": ("write", "Write sections anew; the old drafts are kept in the library."),
    "status": ("status", "Say where works stand; of one work, where its sections do."),
    "import": (
        "transfer",
        "Make a work of what you have written: headings become the outline, the text stays yours.",
    ),
    "sync": (
        "transfer",
        "Take back what you changed in an exported manuscript: those sections, and no others.",
    ),
    "remember": ("transfer", "Read into memory what you have written and no model has read yet."),
    "purge": ("status", "Remove a work from the library, its journal, index and temporary files."),
    "serve": (
        "setup",
        "Start vLLM with settings for this load; any other option goes to it as it stands.",
    ),
    "ui": ("setup", "Open the writing studio in the browser, on this machine alone."),
    "doctor": (
        "setup",
        "Say what is missing and how to mend it, find model servers, and try a model.",
    ),
    "connect": (
        "setup",
        "Write the settings for a served model into the library's inkwright.toml.",
    ),
    "demo": (
        "setup",
        "Write a short story with the small CPU model, or with a server that runs on this machine.",
    ),
    "trust": (
        "setup",
        "Let a folder's inkwright.toml, as it is now, set addresses, keys, models and paths.",
    ),
    "graph": ("setup", "Print the work graph and the section graph as Mermaid."),
    "text": (
        "sections",
        "Print a section's text, or replace it: what is new in it is yours, and stays as it is.",
    ),
    "edit": (
        "sections",
        "Let an editor change a section as you say, and take of its hunks what you like.",
    ),
    "lock": ("sections", "Lock words of a section: no model changes them."),
    "history": (
        "sections",
        "Say which versions there are, of every section, of one, or of a memory entry.",
    ),
    "diff": (
        "sections",
        "Print what became of one version of a section in another, word by word.",
    ),
    "restore": ("sections", "Make an earlier version of a section its newest."),
    "candidates": (
        "sections",
        "Draft a section several times over, to choose from; its text stays as it is.",
    ),
    "choose": (
        "sections",
        "Make a candidate a section's text; the other candidates stay among its versions.",
    ),
    "export": (
        "transfer",
        (
            "Take a work away: Markdown, Word, EPUB, PDF, what it cites as BibTeX, or an archive"
            " that `import` brings back."
        ),
    ),
    "memory": ("memory", "Read what a work knows, see what an edit would reach, and make it."),
    "sources": ("sources", "Read what a work is written from, add to it, and take from it."),
    "model": (
        "model",
        "Fetch a model that can write on this machine's CPU, list them, remove one.",
    ),
}
"""In the order of `inkwright --help`: the module of ``app/cli`` that holds the command, or the
group of this name, and the first sentence of its help. A test holds the two to each other."""


class _Commands(TyperGroup):
    """The commands of ``COMMANDS``, listed without importing them."""

    def __init__(self, **options: Any) -> None:
        summaries = [TyperCommand(name, help=summary) for name, (_, summary) in COMMANDS.items()]
        super().__init__(**options | {"commands": summaries})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command or a group of commands, from its module."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"inkwright.app.cli.{COMMANDS[cmd_name][0]}")
        group = typer.main.get_group(module.commands)
        return group.commands.get(cmd_name, group)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands with their summaries."""
        TyperGroup(commands=dict(self.commands)).format_commands(ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line, if it is text."""
        exit_on_error(lambda: _check_text(args))
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what goes wrong is said in one line."""
        invoke = super().invoke
        with deciding(_ask_once()):
            return exit_on_error(lambda: invoke(ctx))


app = typer.Typer(
    cls=_Commands,
    help="Write long pieces from a brief: planned, drafted in parallel, reviewed, resumable.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=HELP_SETTINGS,
)


@app.callback(invoke_without_command=True)
def _print_version(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from inkwright.app.config.version import VERSION

        typer.echo(f"inkwright {VERSION}")
        raise typer.Exit(0)


def _check_text(args: list[str]) -> None:
    """Refuse what is not text in the encoding of this terminal.

    Raises:
        BadInput: naming the argument.
    """
    for argument in args:
        try:
            argument.encode()
        except UnicodeEncodeError as fault:
            raise BadInput(
                f"not UTF-8 text: {argument[:60]!a}; type it again, or rename the file"
            ) from fault


def _ask_once() -> Decide:
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


def main() -> None:
    """Run the command line."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
