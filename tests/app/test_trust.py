"""The current folder's ``inkwright.toml`` sends nothing anywhere before the user trusts it."""

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkwright.app.config.paths import find_library_home
from inkwright.app.config.settings import Settings
from inkwright.app.config.trust import HARMLESS
from inkwright.memory.errors import BadInput
from inkwright.memory.store.library import Library
from tests.app.test_serving import ROOT
from tests.listener import Listener

KEY = "sesame-42"
FILE = Path("inkwright.toml")


@pytest.fixture
def stranger() -> Iterator[Listener]:
    with Listener().listening() as listener:
        yield listener


@pytest.fixture
def own() -> Iterator[Listener]:
    with Listener().listening() as listener:
        yield listener


def at_a_terminal(*arguments: str, answer: str = "") -> tuple[str, str]:
    """Run a command whose stdin and stderr are a terminal; return what the person saw, and stdout.

    ``answer`` is typed where a question ends.
    """
    ours, theirs = pty.openpty()
    code = "from inkwright.__main__ import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        start_new_session=True,
        text=True,
    )
    os.close(theirs)
    seen = b""
    try:
        while chunk := os.read(ours, 4096):
            seen += chunk
            if answer and seen.rstrip().endswith(b"[y/N]:"):
                os.write(ours, answer.encode())
                answer = ""
    except OSError:  # Linux: the other end is closed
        pass
    stdout, _ = process.communicate(timeout=60)
    os.close(ours)
    return seen.decode(), stdout


def test_doctor_sends_nothing_to_a_strangers_address(cli, monkeypatch, stranger):
    FILE.write_text(f'api_base = "{stranger.base}"\nembedder_api_base = "{stranger.base}"\n')
    monkeypatch.setenv("INKWRIGHT_API_KEY", KEY)
    monkeypatch.setenv("INKWRIGHT_MODEL", "m")
    result = cli("doctor")
    assert stranger.requests == []
    (line,) = result.stderr.splitlines()
    assert line.startswith("inkwright: ignoring api_base, embedder_api_base in ")
    assert str(FILE.resolve()) in line
    assert f"inkwright trust {Path.cwd()}" in line
    assert KEY not in result.output


def test_a_trusted_files_address_gets_the_users_key(cli, monkeypatch, own):
    FILE.write_text(f'api_base = "{own.base}"\nmodel = "m"\n')
    monkeypatch.setenv("INKWRIGHT_API_KEY", KEY)
    shown = cli("trust")
    assert f"api_base = {own.base}" in shown.stdout
    result = cli("doctor")
    assert f"Bearer {KEY}" in own.requests[0]
    assert result.stderr == ""
    assert KEY not in result.output


@pytest.mark.parametrize("folders", ["elsewhere", "library"])
def test_environment_and_library_are_the_users_and_combine(
    cli, monkeypatch, home, own, stranger, folders
):
    """With a stranger's file in the current folder, or with the library as the current folder."""
    home.mkdir()
    (home / FILE).write_text(f'api_base = "{own.base}"\nmodel = "m"\n')
    if folders == "library":
        monkeypatch.chdir(home)
    else:
        FILE.write_text(f'api_base = "{stranger.base}"\n')
    monkeypatch.setenv("INKWRIGHT_API_KEY", KEY)
    cli("doctor")
    assert f"Bearer {KEY}" in own.requests[0]
    assert stranger.requests == []


def test_only_harmless_settings_count_before_trust(monkeypatch):
    strange = {
        name: "http://127.0.0.1:9/v1" if name.endswith(("_base", "_url")) else "2"
        for name in Settings.model_fields
    }
    FILE.write_text("".join(f'{name} = "{value}"\n' for name, value in strange.items()))
    with pytest.warns(UserWarning, match="^ignoring ") as warned:
        untrusted = Settings.load()
    ignored = str(warned[0].message).partition(" in ")[0].removeprefix("ignoring ").split(", ")
    assert set(ignored) == set(Settings.model_fields) - HARMLESS
    FILE.unlink()
    plain = Settings.load()
    changed = {n for n in Settings.model_fields if getattr(untrusted, n) != getattr(plain, n)}
    assert changed == HARMLESS


def test_a_file_that_has_changed_is_trusted_no_longer(cli, stranger):
    FILE.write_text('model = "m"\n')
    cli("trust")
    assert Settings.load().model == "m"
    FILE.write_text(f'model = "m"\napi_base = "{stranger.base}"\n')
    with pytest.warns(UserWarning, match="ignoring model, api_base"):
        assert Settings.load().model is None


@pytest.mark.parametrize("how", ["copied", "moved", "linked"])
def test_trust_stays_with_the_folder(cli, tmp_path, monkeypatch, how):
    FILE.write_text('prompts = "prompts"\n')
    cli("trust")
    other = tmp_path / "other"
    match how:
        case "copied":
            shutil.copytree(Path.cwd(), other)
        case "moved":
            Path.cwd().rename(other)
        case "linked":
            other.mkdir()
            (other / FILE).symlink_to(FILE.resolve())
    monkeypatch.chdir(other)
    with pytest.warns(UserWarning, match="ignoring prompts"):
        assert Settings.load().prompts is None


def test_trust_is_forgotten(cli):
    FILE.write_text('model = "m"\n')
    cli("trust")
    assert cli("trust", "--forget").exit_code == 0
    with pytest.warns(UserWarning, match="ignoring model"):
        Settings.load()
    assert "is not trusted" in cli("trust", "--forget").stderr


def test_a_folder_without_a_file_cannot_be_trusted(cli):
    result = cli("trust")
    assert result.exit_code == 2
    assert "no such file" in result.stderr


def test_what_is_trusted_is_kept_for_the_user_alone(cli, tmp_path):
    FILE.write_text('model = "m"\n')
    cli("trust")
    (store,) = (tmp_path / "config" / "inkwright").iterdir()
    assert store.stat().st_mode & 0o077 == 0
    assert store.parent.stat().st_mode & 0o077 == 0
    store.write_text("{")
    assert "delete it" in cli("status").stderr


@pytest.fixture
def placed(monkeypatch) -> Path:
    """A current folder whose file names a library in it, which has a file of its own."""
    monkeypatch.delenv("INKWRIGHT_HOME")
    books = Path("books").resolve()
    books.mkdir()
    FILE.write_text('home = "books"\n')
    (books / FILE).write_text('model = "m"\n')
    return books


def test_a_folders_file_places_the_library_only_when_trusted(cli, placed):
    with pytest.warns(UserWarning, match="ignoring home"):
        assert find_library_home() != placed
    cli("trust")
    with pytest.warns(UserWarning, match="ignoring model"):
        assert Settings.load().home == find_library_home() == placed


def test_the_file_of_a_library_that_a_folder_has_placed_needs_trust_of_its_own(cli, placed):
    cli("trust")
    with pytest.warns(UserWarning, match=r"ignoring model in .*books/inkwright\.toml"):
        assert Settings.load().model is None
    cli("trust", "books")
    assert Settings.load().model == "m"


def test_a_library_placed_where_the_folder_is_needs_no_second_trust(cli, monkeypatch):
    monkeypatch.delenv("INKWRIGHT_HOME")
    FILE.write_text('home = "."\nmodel = "m"\n')
    cli("trust")
    assert Settings.load().home == Path.cwd()
    assert Settings.load().model == "m"


def test_paths_in_the_librarys_file_count_from_there(home):
    (home / "prompts").mkdir(parents=True)
    (home / FILE).write_text('prompts = "prompts"\nmodel = "small.gguf"\n')
    assert Settings.load().prompts == home / "prompts"
    assert Settings.load().model == str(home / "small.gguf")


def test_the_environment_can_trust_folders(monkeypatch, tmp_path):
    FILE.write_text('model = "m"\n')
    monkeypatch.setenv("INKWRIGHT_TRUST", os.pathsep.join((str(tmp_path), str(Path.cwd()))))
    assert Settings.load().model == "m"
    FILE.write_text('model = "n"\n')
    assert Settings.load().model == "n"
    monkeypatch.setenv("INKWRIGHT_TRUST", str(tmp_path))
    with pytest.warns(UserWarning, match="ignoring model"):
        Settings.load()


def test_trust_in_the_environment_names_whole_paths(cli, monkeypatch):
    FILE.write_text('model = "m"\n')
    monkeypatch.setenv("INKWRIGHT_TRUST", ".")
    result = cli("status")
    assert result.exit_code == 2
    assert "INKWRIGHT_TRUST: '.' must be the whole path of a folder" in result.stderr


def test_json_stays_clean(cli):
    FILE.write_text('library_url = "sqlite:///strange.db"\n')
    result = cli("status", "--json")
    assert json.loads(result.stdout) == []
    assert "ignoring library_url" in result.stderr
    assert not Path("strange.db").exists()


def test_a_file_that_is_no_file_is_refused(cli):
    os.mkfifo(FILE)
    result = cli("status")
    assert result.exit_code == 2
    assert "not a file" in result.stderr


def test_a_yes_at_the_terminal_is_remembered():
    FILE.write_text('library_url = "sqlite:///own.db"\napi_key = "sesame-42"\n')
    seen, stdout = at_a_terminal("status", "--json", answer="y\n")
    assert str(FILE.resolve()) in seen
    assert "library_url = sqlite:///own.db" in seen
    assert KEY not in seen
    assert seen.count("[y/N]") == 1
    assert json.loads(stdout) == []
    assert Path("own.db").exists()
    seen, stdout = at_a_terminal("status", "--json")
    assert seen == ""
    assert json.loads(stdout) == []


@pytest.mark.parametrize("answer", ["\n", "n\n"])
def test_without_a_yes_the_file_is_ignored_and_asked_about_again(answer):
    FILE.write_text('library_url = "sqlite:///strange.db"\n')
    for _ in range(2):
        seen, stdout = at_a_terminal("status", "--json", answer=answer)
        assert seen.count("[y/N]") == 1
        assert "ignoring library_url" in seen
        assert json.loads(stdout) == []
    assert not Path("strange.db").exists()


def test_a_commands_own_yes_does_not_answer_for_the_folder(home):
    Library.open(home).close()
    FILE.write_text('library_url = "sqlite:///strange.db"\n')
    seen, _ = at_a_terminal("purge", "nothing", "--yes", answer="n\n")
    assert "[y/N]" in seen
    assert "no work 'nothing'" in seen
    assert not Path("strange.db").exists()


def test_control_characters_are_seen_in_the_question():
    FILE.write_text(
        'api_base = "http://good.example@127.0.0.1:9/v1\\u001b[2K\\rhttp://good.example\\u202e"\n'
    )
    seen, _ = at_a_terminal("status", answer="n\n")
    assert "\x1b" not in seen
    assert "\u202e" not in seen
    assert r"http://127.0.0.1:9/v1\x1b[2K\rhttp://good.example\u202e" in seen


def test_an_error_about_the_file_has_no_control_characters_either(cli):
    FILE.write_text('"\\u001b[2Jmodle" = "m"\n')
    assert r"\x1b[2Jmodle in inkwright.toml: no such setting" in cli("write", "A story.").stderr


def test_an_unknown_setting_is_refused_even_of_an_untrusted_file(cli):
    FILE.write_text('model = "m"\nmodle = "m"\n')
    with (
        pytest.warns(UserWarning, match="ignoring model in"),
        pytest.raises(BadInput, match="did you mean 'model'"),
    ):
        Settings.load()
