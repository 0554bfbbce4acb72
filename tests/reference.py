"""``python -m tests.reference``: write docs/reference/cli.md and settings.md from the code.

``test_reference.py`` fails when a page is not what the code says.
"""

import ast
import inspect
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import typer
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from typer.core import TyperGroup

from inkwright.agents.llm.config import ROLES
from inkwright.app.cli.main import app
from inkwright.app.config.paths import ENV_PREFIX
from inkwright.app.config.settings import Settings

FOLDER = Path(__file__).resolve().parents[1] / "docs/reference"
MADE = "Made from the code by `python -m tests.reference`: change the code, not this page."
CLI_INTRODUCTION = """
Every command with its arguments and options; `inkwright COMMAND --help` prints the same. What they
are for, what a run leaves and the exit codes are in [commands](commands.md).
"""
SETTINGS_INTRODUCTION = f"""
Explicit argument, then environment, then `inkwright.toml` in the current folder, then the one in
the library folder, then default. In the environment all begin with `{ENV_PREFIX}`; in a file they
are in small letters, and paths count from its folder. Of the current folder's file most settings
count only [once you trust it](../how-to/trust.md). `{ENV_PREFIX}TRUST`, in the environment alone,
names whole paths of trusted folders, with `:` between.
"""


def build_cli_page() -> str:
    """Return the page of commands: what ``--help`` says of each, in its order."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    context = typer.Context(group, info_name="inkwright")
    sections = [_describe_command(names, command) for names, command in _walk(group, context)]
    return "\n".join([f"# Command line\n\n<!-- {MADE} -->\n{CLI_INTRODUCTION}", *sections])


def _walk(group: TyperGroup, context: typer.Context) -> Iterator[tuple[str, Any]]:
    """Yield every command below ``group`` that does something by itself, with its whole name."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        own_name = f"{context.command_path} {name}"
        if isinstance(command, TyperGroup):
            yield from _walk(command, typer.Context(command, parent=context, info_name=name))
        else:
            yield own_name, command


def _describe_command(name: str, command: Any) -> str:
    context = typer.Context(command, info_name=name)
    arguments_first = sorted(command.get_params(context), key=lambda p: p.param_type_name)
    records = [p.get_help_record(context) for p in arguments_first if p.name != "help"]
    rows = [f"| `{_escape(term)}` | {_escape(text)} |" for term, text in filter(None, records)]
    usage = " ".join((name, *command.collect_usage_pieces(context)))
    parts = [f"## {name.removeprefix('inkwright ')}", f"`{usage}`", inspect.cleandoc(command.help)]
    if rows:
        parts.append("\n".join(("| | |", "|---|---|", *rows)))
    return "\n\n".join(parts) + "\n"


def build_settings_page() -> str:
    """Return the page of settings: each field of ``Settings`` with its default and docstring."""
    docstrings = _read_docstrings()
    rows = ["| setting | default | |", "|---|---|---|"]
    fields = Settings.model_fields
    for (common_name, is_of_role), group in groupby(fields, key=_split_name):
        names = list(group)
        text = " ".join(docstrings[name] for name in names if name in docstrings)
        assert text, f"Settings.{names[0]} needs a docstring"
        default = f"`{common_name.upper()}`" if is_of_role else _format_default(fields[names[0]])
        shown_names = ", ".join(f"`{name.upper()}`" for name in names)
        rows.append(f"| {shown_names} | {default} | {_escape(text)} |")
    return f"# Settings\n\n<!-- {MADE} -->\n{SETTINGS_INTRODUCTION}\n" + "\n".join(rows) + "\n"


def _split_name(name: str) -> tuple[str, bool]:
    """Return ``model`` and True for a role's own ``ROLE_model``; else the name and False."""
    role, _, common_name = name.partition("_")
    return (common_name, True) if role in ROLES else (name, False)


def _read_docstrings() -> dict[str, str]:
    """Return the text under each field of ``Settings``, on one line."""
    (settings,) = ast.parse(inspect.getsource(Settings)).body
    assert isinstance(settings, ast.ClassDef)
    docstrings, field = dict[str, str](), ""
    for node in settings.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=field)):
                pass
            case ast.Expr(value=ast.Constant(value=str(text))) if field:
                docstrings[field] = " ".join(text.split()).replace("``", "`")
    return docstrings


def _format_default(field: FieldInfo) -> str:
    """Return a field's default as a person would type it; nothing where there is none."""
    if field.default in (PydanticUndefined, None, (), {}):
        return ""
    value = field.default
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _escape(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def build_pages() -> dict[Path, str]:
    """Return the pages that are made from the code, by the files that hold them."""
    return {FOLDER / "cli.md": build_cli_page(), FOLDER / "settings.md": build_settings_page()}


if __name__ == "__main__":
    for path, text in build_pages().items():
        path.write_text(text, encoding="utf-8")
