"""A work is named by enough of the beginning of its id, whatever the command; never by less."""

import json
from pathlib import Path

import pytest

import inkwright
from inkwright.app.services.library_status import load_work_summaries
from inkwright.memory.errors import BadInput, WorkNotFound
from inkwright.memory.store.library import Library
from tests.app.conftest import Cli
from tests.app.test_importing import work_of
from tests.builders import built, fact, outline, sections
from tests.simserver.process import SimServer

WHOLE = (0, 4)


@pytest.fixture
def work(library: Library) -> str:
    """A written work of two sections, with candidates for neither and an entry of the plan."""
    with built(library, "The ferry and its pilot.") as made:
        made.plan(outline(*sections("s1", "s2")), entries=[fact("plan.1", "Nell", "is 67.")])
        made.draft("s1", "Nell rang the bell.")
        made.draft("s2", "The fog came in.")
        made.patch("s1", "Nell rang the old bell.")
        return made.work


@pytest.fixture
def other(library: Library, work: str) -> str:
    with built(library, "The ferries of the bay.") as made:
        return made.work


def works(home: Path) -> set[str]:
    return {s.work for s in load_work_summaries(home)}


COMMANDS = [
    "status W",
    "text W s1",
    "history W",
    "history W s1",
    "diff W s1",
    "restore W s1 1",
    "lock W s2",
    "export W --out it.md",
    "memory list W",
    "memory show W plan.1",
    "memory pin W plan.1",
    "memory findings W",
    "sources list W",
    "plan W",
    "plan W --outline outline.json",
    "remember W",
    "settle W --out out",
    "resume W --out out",
    "write W --out out",
    "redraft W 2 --out out",
    "candidates W s2 --count 1",
    "edit W s2 plainer --dry-run",
    "purge W --yes",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_a_beginning_that_only_one_work_has(
    cli: Cli, model: SimServer, home: Path, work: str, other: str, command: str
) -> None:
    Path("outline.json").write_text(json.dumps(["Title s1", "Title s2"]))
    done = cli(*command.replace("W", "the-ferry-a").split())
    assert done.exit_code in WHOLE, done.output
    assert works(home) == ({other} if command.startswith("purge") else {work, other})


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_which_works_a_beginning_could_be(
    cli: Cli, model: SimServer, home: Path, work: str, other: str, command: str
) -> None:
    Path("outline.json").write_text(json.dumps(["Title s1", "Title s2"]))
    done = cli(*command.replace("W", "the-ferr").split())
    assert done.exit_code == 2
    assert f"could be {work} or {other}" in done.stderr or f"{other} or {work}" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert works(home) == {work, other}
    assert model.calls() == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_that_there_is_no_such_work(
    cli: Cli, model: SimServer, home: Path, work: str, command: str
) -> None:
    Path("outline.json").write_text(json.dumps(["Title s1", "Title s2"]))
    done = cli(*command.replace("W", f"{work[:-1]}-0123456789").split())
    assert done.exit_code == 2
    assert "no work" in done.stderr
    assert f"did you mean {work}?" in done.stderr
    assert works(home) == {work}


@pytest.mark.parametrize("command", ["plan", "write"])
def test_what_is_read_as_a_work_is_said_so(
    cli: Cli, model: SimServer, work: str, command: str
) -> None:
    said = cli(command, "the-fer", "--max-calls", "99").stdout.splitlines()
    assert said[0] == f"'the-fer' is read as the work {work}"
    assert f"work: {work}" in said
    assert "is read as" not in cli(command, work).stdout


@pytest.mark.parametrize("command", ["plan", "write"])
@pytest.mark.parametrize(
    "option", ["--seed 2", "--words 500", "--continuity free", "--fresh", "--memory none"]
)
def test_a_work_is_not_made_another_by_options_of_a_brief(
    cli: Cli, model: SimServer, home: Path, work: str, command: str, option: str
) -> None:
    done = cli(command, "the-fer", *option.split())
    assert done.exit_code == 2
    assert f"'the-fer' is read as the work {work}, and {option.split()[0]} is" in done.stderr
    assert works(home) == {work}
    assert model.calls() == []


def test_a_request_stays_a_request(cli: Cli, model: SimServer, home: Path, work: str) -> None:
    Path("the-ferry.txt").write_text("Write of a ferry.")
    for given in (
        "The ferry",
        "the ferry and its pilot",
        "self-portrait",
        "Ferry",
        "the-ferry.txt",
    ):
        done = cli("plan", given, "--words", "120")
        assert done.exit_code == 0, done.output
        assert "is read as" not in done.output
        assert work_of(done) != work
    assert len(works(home)) == 6


def test_a_request_of_one_word_is_the_same_work_again_and_another_with_a_seed(
    cli: Cli, model: SimServer, home: Path
) -> None:
    first = work_of(cli("plan", "ferries", "--words", "120"))
    assert first.startswith("ferries-")
    assert work_of(cli("plan", "ferries", "--words", "120")) == first
    assert work_of(cli("plan", "ferr")) == first
    assert cli("plan", "ferries", "--words", "120", "--seed", "2").exit_code == 2
    assert works(home) == {first}
    again = work_of(cli("plan", "ferries", "--words", "120", "--fresh"))
    assert works(home) == {first, again}


def test_the_interface_begins_nothing_that_is_called_as_the_beginning_of_a_work(
    model: SimServer, home: Path, work: str
) -> None:
    for begin in (inkwright.plan, inkwright.write):
        for given in ("the-ferry", work):
            with pytest.raises(BadInput, match="inkwright.resume"):
                begin(given)
    with pytest.raises(WorkNotFound):
        inkwright.plan("the-ferry-0123456789")
    assert works(home) == {work}
    assert inkwright.resume("the-fer").work == work
    assert inkwright.WorkOutline("the-fer").work == work
    planned = inkwright.plan(inkwright.Brief(request="the-ferry", words=120))
    assert works(home) == {work, planned.work}
