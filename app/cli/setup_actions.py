"""``inkwright doctor``, ``connect`` and ``demo``."""

import json
import os
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

import typer

from inkwright.app.commands import write
from inkwright.app.commands.errors import Exit
from inkwright.app.config.paths import SETTINGS_FILE
from inkwright.app.config.settings import Settings
from inkwright.app.servers.connection import ServedChoice, list_choices
from inkwright.app.services import doctor_servers
from inkwright.app.services.doctor import run_doctor
from inkwright.memory.text.addresses import without_secrets

DEMO_BRIEF = "lighthouse.yaml"
SMALL_MODEL_NOTE = (
    "This model, of 135 million parameters, only shows the machinery. To go on with a real one:"
)
NEXT_STEPS = (
    "  inkwright doctor            finds model servers on this machine, and tries one",
    "  inkwright connect           sets Inkwright to one of them, or to an address you give",
    "  inkwright model get NAME    fetches a small model that can write on a CPU",
    "  inkwright ui                opens the studio in the browser",
)


def doctor(url: str | None, model: str | None, *, asks_paid: bool, as_json: bool) -> int:
    """Look, and try a model that is named or chosen; return the exit code."""
    may_ask = not as_json and write.is_interactive()
    report = run_doctor(
        _ignore if as_json else typer.echo,
        url=url,
        model=model,
        asks_paid=asks_paid,
        choose=_ask_which if may_ask else None,
    )
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
    return report.exit_code


def connect(url: str | None, model: str | None, *, writes_key: bool, asks: bool) -> int:
    """Write the settings for a served model, after they were shown; return the exit code."""
    settings = Settings.load()
    servers = doctor_servers.find_servers(url, settings)
    may_ask = asks and write.is_interactive()
    chosen = doctor_servers.choose_model(servers, model, _ask_which if may_ask else None)
    if chosen is None:
        return Exit.COMPLETE
    changes = doctor_servers.build_settings(chosen, settings)
    key = doctor_servers.get_key(chosen.server.base, settings, is_named=url is not None)
    if writes_key and key:
        changes["api_key"] = key
    path = settings.home / SETTINGS_FILE
    typer.echo(f"{path}:")
    visible_changes = {
        name: "***" if name == "api_key" else value for name, value in changes.items()
    }
    for line in doctor_servers.format_settings(visible_changes):
        typer.echo(f"  {line}")
    if may_ask and not typer.confirm("Write these lines?", default=True):
        typer.echo("nothing was written")
        return Exit.COMPLETE
    doctor_servers.save_settings(settings, changes)
    typer.echo("written; everything else in the file is as it was")
    if key and not writes_key:
        typer.echo("the key was not written: it stays in INKWRIGHT_API_KEY, or --write-key")
    for line in doctor_servers.explain_overrides(changes):
        typer.echo(line)
    typer.echo(f"next: inkwright doctor --model {chosen.model.name}   tries what it can do")
    return Exit.COMPLETE


def demo(out: Path) -> int:
    """Write the example; return the exit code.

    Its outline and its constraints are given, so that nothing is asked of the planner.
    """
    chosen = _offer_local_server() if write.is_interactive() else None
    if chosen is None:
        os.environ["INKWRIGHT_MODEL"] = "embedded"
    else:
        os.environ["INKWRIGHT_API_BASE"] = chosen.server.base
        os.environ["INKWRIGHT_MODEL"] = chosen.setting
    with as_file(files("inkwright.app") / "examples" / DEMO_BRIEF) as brief:
        options = write.PieceOptions(str(brief), None, None, None, None, "given", "full", "full")
        exit_code = write.write(
            options,
            out=out,
            limits=write.build_limits(None, None, None, None),
            fresh=False,
            dry_run=False,
            ask=False,
        )
    typer.echo(SMALL_MODEL_NOTE if chosen is None else "To go on:")
    for line in NEXT_STEPS:
        typer.echo(line)
    return exit_code


def _offer_local_server() -> ServedChoice | None:
    """Return a model that runs on this machine, if there is one and the person wants it."""
    choices = list_choices(doctor_servers.find_servers(None, Settings.load()))
    if not choices:
        return None
    first = choices[0]
    typer.echo(f"A model server runs on this machine: {first.server}")
    if not typer.confirm("Write the demo with it, instead of the small CPU model?", default=False):
        return None
    return first if len(choices) == 1 else _ask_which(choices)


def _ask_which(choices: Sequence[ServedChoice]) -> ServedChoice | None:
    """Let a person choose a model by its number; nothing chooses none."""
    for number, choice in enumerate(choices, 1):
        where = f"{choice.server.kind or 'server'} at {without_secrets(choice.server.base)}"
        typer.echo(f"  {number}  {choice.model}, {where}")
    question = "Which one? Its number, or Enter for none"
    answer = typer.prompt(question, default="", show_default=False)
    number = int(answer) if answer.strip().isdecimal() else 0
    if not 1 <= number <= len(choices):
        typer.echo("none was chosen")
        return None
    return choices[number - 1]


def _ignore(line: str) -> None:
    """Say nothing: what was found is printed as JSON in the end."""
