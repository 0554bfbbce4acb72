"""``inkwright plan``: which section carries which constraint, before a word is written."""

import re
from pathlib import Path
from typing import Any

import pytest

from inkwright.memory.store import drafts
from inkwright.memory.store.library import Library
from tests.app.conftest import Cli
from tests.simserver.process import SimServer

BRIEF = """\
request: Write a handbook of a harbour.
title: Harbour
words: 480
continuity: free
headings: none
outline: [Quay, Light, Bar, Ferry, Fog, Tide]
constraints:
- {id: storm, kind: must_contain, phrases: [the Ada storm], where: every 2 from 2, only_there: true}
- {id: banned, kind: banned, phrases: [nestled]}
- {id: tone, kind: tone, text: Be dry., required: false}
- {id: opens, kind: format, opens: "== {n} =="}
- {id: closes, kind: format, closes: "*** end"}
"""


def planned(cli: Cli, text: str = BRIEF) -> Any:
    Path("brief.yaml").write_text(text)
    return cli("plan", "brief.yaml")


def work_of(result: Any) -> str:
    found = re.search(r"^work: (\S+)$", result.stdout, re.MULTILINE)
    assert found, result.output
    return found.group(1)


def row(result: Any, name: str) -> str:
    (line,) = (t for t in result.stdout.splitlines() if re.match(rf"{name} .*by (rule|judge)", t))
    return " ".join(line.split())


def test_the_table_says_who_carries_each_constraint_and_how_it_is_checked(
    cli: Cli, model: SimServer
) -> None:
    result = planned(cli)
    assert result.exit_code == 0
    assert row(result, "storm").startswith("storm must_contain by rule s2, s4, s6 It must say")
    assert row(result, "banned").startswith("banned banned by rule all 6 sections")
    assert row(result, r"tone \(wish\)").startswith("tone (wish) tone by judge all 6 sections")
    assert row(result, "closes").startswith("closes format by rule s6")
    assert row(result, "c1").startswith("c1 must_not_contain by rule all but every 2 from 2")
    assert model.calls(role="writer") == []


@pytest.mark.parametrize(
    ("constraint", "said"),
    [
        ("{kind: must_contain, phrases: [fog], where: 60}", "section 60 of 6"),
        ("{kind: must_contain, phrases: [fog], where: every 4 from 9}", "section 9 of 6"),
        ("{kind: length, about_words: 900}", "the target is 480"),
        ("{kind: must_contain, phrases: [nestled], where: 3}", "both demanded and forbidden"),
        ("{kind: must_contain, phrases: [the Ada storm], where: 3}", None),
        ("{kind: must_contian, phrases: [fog]}", "did you mean 'must_contain'?"),
        ("{kind: must_contain, phrase: [fog]}", "did you mean 'phrases'?"),
        ("{kind: structure, sections: [Quay, Nowhere]}", "no section 'Nowhere'"),
    ],
)
def test_what_cannot_be_placed_or_met_stops_with_one_line_and_exit_code_2(
    cli: Cli, model: SimServer, constraint: str, said: str | None
) -> None:
    result = planned(cli, f"{BRIEF}- {constraint}\n")
    if said is None:
        assert result.exit_code == 0
        return
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert model.calls(role="planner") == []


def test_a_new_outline_says_what_it_moves_and_keeps_sections_by_their_titles(
    cli: Cli, model: SimServer
) -> None:
    work = work_of(planned(cli))
    Path("new.yaml").write_text("[Quay, Buoys, Light, Bar, Ferry, Fog, Tide]")
    result = cli("plan", work, "--outline", "new.yaml")
    assert result.exit_code == 0
    assert "storm: was in s2, s4, s6; now in s7, s3, s5" in result.stdout.splitlines()
    assert "7 sections, 480 words" in result.stdout
    assert row(result, "storm").startswith("storm must_contain by rule s7, s3, s5")

    shown = cli("plan", work)
    assert row(shown, "storm") == row(result, "storm")


def test_an_outline_that_leaves_a_constraint_without_its_section_changes_nothing(
    cli: Cli, model: SimServer
) -> None:
    text = f"{BRIEF}- {{id: parts, kind: structure, sections: [Quay, Tide]}}\n"
    first = planned(cli, text)
    work = work_of(first)
    Path("new.yaml").write_text("[Quay, Light]")
    result = cli("plan", work, "--outline", "new.yaml")
    assert result.exit_code == 2
    assert "no section 'Tide'" in result.stderr
    assert row(cli("plan", work), "storm") == row(first, "storm")


def test_sections_that_are_written_get_their_new_number_and_keep_their_words(
    cli: Cli, model: SimServer, home: Path
) -> None:
    work = work_of(planned(cli))
    assert cli("resume", work, "--out", "out").exit_code == 0
    with_library = Library.open(home)
    before = {sid: d.text for sid, d in drafts.current(with_library, work).items()}
    Path("new.yaml").write_text("[Buoys, Quay, Light, Bar, Ferry, Fog, Tide]")
    moved = cli("plan", work, "--outline", "new.yaml")
    assert moved.exit_code == 0
    after = {sid: d.text for sid, d in drafts.current(with_library, work).items()}
    with_library.close()
    assert before["s1"].startswith("== 1 ==\n")
    assert after["s1"] == before["s1"].replace("== 1 ==", "== 2 ==")
    assert after["s6"] == before["s6"].replace("== 6 ==", "== 7 ==")
