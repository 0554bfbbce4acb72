"""The report: for each constraint what was found, with the words that show it."""

import json
from pathlib import Path
from typing import Any

import pytest

from inkwright.app.reports.report import ConstraintOutcome
from tests.app.conftest import Cli
from tests.simserver.config import JudgeFail
from tests.simserver.process import SimServer

BRIEF = """\
request: Write a report about tides.
title: On tides
words: 240
continuity: free
outline:
- {title: Ebb, purpose: What falls., words: 120}
- {title: Flood, purpose: What rises., words: 120}
constraints:
- {id: fog, text: 'Use the words "sea fog".', kind: must_contain, phrases: [sea fog], where: 2}
- {id: calm, text: It stays calm., where: all}
- {id: numbers, kind: citation, style: numeric, where: all}
- {id: drier, text: Be dry., kind: tone, required: false}
"""


def written(cli: Cli, text: str) -> tuple[Any, dict[str, Any], str, str]:
    Path("brief.yaml").write_text(text)
    result = cli("write", "brief.yaml", "--out", "out", "--yes")
    names = ("report.json", "report.md", "manuscript.md")
    report, readable, piece = (Path("out", name).read_text() for name in names)
    return result, json.loads(report), readable, piece


def test_every_constraint_has_a_status_and_words_of_the_text_that_show_it(
    cli: Cli, model: SimServer
) -> None:
    model.configure(judge_fails=[JudgeFail(constraint="calm")], editor_ignores=1.0)
    result, report, readable, piece = written(cli, BRIEF)
    assert (result.exit_code, report["status"]) == (4, "flagged")
    found = {c["id"]: c for c in report["constraints"]}

    fog = found["fog"]
    assert (fog["status"], fog["by"], fog["sections"]) == ("met", "rule", ["s2"])
    section, quote = fog["evidence"].split(": ", 1)
    assert section == "s2"
    assert "sea fog" in quote
    assert quote in piece

    calm = found["calm"]
    assert (calm["status"], calm["by"], calm["required"]) == ("broken", "judge", True)
    assert calm["evidence"].split(": ", 1)[1] in piece

    missing = found["numbers"]
    assert missing["status"] == "broken"
    assert "Citation style: numeric" in missing["evidence"]

    drier = found["drier"]
    assert (drier["status"], drier["required"]) == ("met", False)
    assert drier["evidence"].split(": ", 1)[1] in piece
    assert "Status: **flagged**. Required and not met: calm, numbers." in readable
    assert "- **broken** [calm] It stays calm. (judged, all, by the judge)" in readable
    assert f"  > {calm['evidence']}" in readable
    assert readable.index("[calm]") < readable.index("[fog]")
    assert f"- **met** [fog] {fog['text']}" in readable


def test_a_wish_that_is_broken_is_reported_and_flags_nothing(cli: Cli, model: SimServer) -> None:
    model.configure(judge_fails=[JudgeFail(constraint="dry")], editor_ignores=1.0)
    text = BRIEF.replace("- {id: numbers, kind: citation, style: numeric, where: all}\n", "")
    result, report, readable, _ = written(cli, text)
    assert (result.exit_code, report["status"]) == (0, "complete")
    (drier,) = (c for c in report["constraints"] if c["id"] == "drier")
    assert drier["status"] == "broken"
    assert "[drier] Be dry. (tone, all, by the judge, only wished for)" in readable


def test_a_judge_that_cannot_be_had_is_said_to_have_reviewed_nothing(
    cli: Cli, model: SimServer
) -> None:
    model.configure(faults=[{"fault": "no_json", "match": {"schema": "Verdicts"}}])
    text = BRIEF.replace("- {id: numbers, kind: citation, style: numeric, where: all}\n", "")
    result, report, readable, _ = written(cli, text)
    assert (result.exit_code, report["status"]) == (4, "flagged")
    found = {c["id"]: c["status"] for c in report["constraints"]}
    assert (found["fog"], found["calm"]) == ("met", "not reviewed")
    assert "- **not reviewed** [calm] It stays calm." in readable


def test_a_report_is_read_by_field_and_by_key_as_its_file_is():
    section = ConstraintOutcome(id="c1", status="met", evidence="a word", why="", by="rule")
    assert (section.status, section["status"], section["by"]) == ("met", "met", "rule")
    assert dict(section) == section.model_dump()
    assert "why" in section
    assert (section.get("by"), section.get("other", 7)) == ("rule", 7)
    assert "other" not in section
    with pytest.raises(KeyError):
        section["other"]
