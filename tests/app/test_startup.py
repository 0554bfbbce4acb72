"""Help and status answer at once: what takes seconds to import is not imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SLOW = ("litellm", "langgraph", "chromadb", "sqlalchemy", "alembic", "openai", "numpy", "pydantic")


def imported(code: str) -> set[str]:
    """Return the top-level modules that running ``code`` leaves imported."""
    script = f"import sys\n{code}\nprint(*sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in done.stderr.split()}


@pytest.mark.parametrize("command", ["--help", "status", "status --json", "write --help"])
def test_help_and_status_import_nothing_slow(command: str):
    code = (
        f"sys.argv = ['inkwright', *{command.split()!r}]\n"
        "from inkwright.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass"
    )
    assert imported(code).isdisjoint(SLOW)


def test_importing_the_package_imports_nothing_slow():
    assert imported("import inkwright").isdisjoint(SLOW)


def test_a_project_with_its_own_app_and_agents_can_use_the_package(tmp_path: Path):
    for name in ("app", "agents", "memory", "prompts"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('the wrong one')\n")
    code = (
        "import inkwright\n"
        "print(inkwright.Brief(request='a').request, inkwright.write.__name__,"
        " inkwright.Settings.load().concurrency)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "a write 8\n", done.stderr


def test_the_list_of_commands_says_what_each_says_of_itself():
    import typer

    from inkwright.app.cli.main import COMMANDS, app

    group = typer.main.get_command(app)
    own_words = {name: group.get_command(None, name).get_short_help_str(1000) for name in COMMANDS}
    assert own_words == {name: summary for name, (_, summary) in COMMANDS.items()}
    assert group.list_commands(None) == list(COMMANDS)
