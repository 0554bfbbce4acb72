"""Bad input is one clear line and an exit code, without a traceback and with nothing begun."""

import os
import sqlite3
from pathlib import Path

import pytest

from inkwright.memory.domain.brief import Brief
from inkwright.memory.store import works
from inkwright.memory.store.library import Library


@pytest.fixture
def unreached(monkeypatch):
    """A model is set, but nothing listens there."""
    monkeypatch.setenv("INKWRIGHT_API_BASE", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("INKWRIGHT_MODEL", "m")


def refused(result, code: int = 2) -> str:
    """Return the one line on stderr, having seen that it is all there is."""
    assert result.exit_code == code, result.output
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("inkwright: ")
    assert result.stdout == ""
    return line


def test_with_nothing_set_what_to_set_is_said(cli, home):
    for command in (["write", "A story."], ["plan", "A story."], ["write", "A", "--dry-run"]):
        line = refused(cli(*command))
        assert "INKWRIGHT_API_BASE" in line
        assert "INKWRIGHT_MODEL=embedded" in line
    assert not home.exists()


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (["write", ""], "empty"),
        (["write", "nowhere.yaml"], "nowhere.yaml: no such file"),
        (["write", "A story.", "--words", "0"], "--words: must be at least 1"),
        (["write", "A story.", "--words", "10000000"], "--words: must be at most 2,000,000"),
        (["write", "A story.", "--outline", "nowhere.md"], "nowhere.md: no such file"),
        (["plan", "nowhere.md"], "no such file"),
        (["write", "A story.", "--max-minutes", "0"], "--max-minutes"),
        (["resume", "nothing"], "no work 'nothing'"),
        (["settle", "nothing"], "no work 'nothing'"),
        (["redraft", "nothing", "s1"], "no work 'nothing'"),
        (["status", "nothing"], "no work 'nothing'"),
        (["purge", "nothing", "--yes"], "no work 'nothing'"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_begun(cli, home, unreached, command, hint):
    assert hint in refused(cli(*command))
    assert not home.exists()


@pytest.mark.parametrize(
    "command", [["write", "A.", "--words", "many"], ["write", "A.", "--memory", "some"], ["wriet"]]
)
def test_what_the_command_line_cannot_mean_exits_with_two(cli, command):
    result = cli(*command)
    assert result.exit_code == 2
    assert "Error" in result.stderr


def test_contradictory_constraints_are_refused(cli, home, unreached):
    Path("brief.yaml").write_text(
        "request: Tides.\nconstraints:\n"
        "- {text: mention fog, kind: must_contain, phrases: [fog], where: 2}\n"
        "- {text: no fog, kind: must_not_contain, phrases: [fog], where: all}\n"
    )
    assert "contradict each other" in refused(cli("write", "brief.yaml"))
    assert not home.exists()


def test_a_constraint_beyond_the_outline_is_refused(cli, unreached):
    Path("brief.yaml").write_text(
        "request: Tides.\noutline: [One, Two]\nconstraints: [{text: mention fog, where: 60}]\n"
    )
    assert "section 60 of 2" in refused(cli("write", "brief.yaml"))


def test_an_output_folder_that_cannot_be_used_is_refused_before_any_call(cli, home, unreached):
    Path("file").write_text("")
    assert "--out" in refused(cli("write", "A story.", "--out", "file"))
    assert "--out" in refused(cli("write", "A story.", "--out", "file/below"))
    assert not home.exists()


def test_an_unknown_setting_is_refused_with_the_nearest(cli):
    Path("inkwright.toml").write_text('api_bse = "http://127.0.0.1:9/v1"\n')
    assert "did you mean 'api_base'?" in refused(cli("write", "A story."))


def test_a_library_in_the_place_of_a_file_is_refused(cli, unreached, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("INKWRIGHT_HOME", str(tmp_path / "file" / "library"))
    assert "INKWRIGHT_HOME" in refused(cli("write", "A story."))


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser can write anywhere")
def test_a_read_only_library_is_refused(cli, home, unreached):
    Library.open(home).close()
    home.chmod(0o500)
    (home / "library.db").chmod(0o400)
    try:
        assert "read-only" in refused(cli("write", "A story."))
    finally:
        home.chmod(0o700)


def test_a_library_of_a_newer_version_is_refused(cli, home, unreached):
    Library.open(home).close()
    with sqlite3.connect(home / "library.db") as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    for command in (["write", "A story."], ["status"], ["purge", "x", "--yes"]):
        assert "newer Inkwright" in refused(cli(*command))


def test_a_work_that_another_process_writes_is_refused(cli, home, unreached):
    library = Library.open(home)
    work = works.begin(library, Brief(request="Tides."), {}).id
    with works.hold_lease(library, work):
        assert "another process" in refused(cli("resume", work))
        assert "another process" in refused(cli("purge", work, "--yes"))
    library.close()


def test_when_no_model_answers_the_exit_code_is_three_and_resume_goes_on(cli, unreached):
    result = cli("write", "A story.")
    assert result.exit_code == 3
    said, then = result.stderr.strip().splitlines()
    assert "http://127.0.0.1:9/v1" in said
    assert "INKWRIGHT_API_BASE" in said
    assert "inkwright resume a-story" in then


def test_purge_asks_nobody_when_nobody_can_answer(cli, home):
    library = Library.open(home)
    work = works.begin(library, Brief(request="Tides."), {}).id
    library.close()
    assert "--yes" in refused(cli("purge", work))
    assert cli("purge", work, "--yes").exit_code == 0
    assert cli("status", "--json").stdout.strip() == "[]"
