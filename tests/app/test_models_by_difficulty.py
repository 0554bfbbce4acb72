"""A writer with several models: easy sections go to the weak one, and failed drafts up the list."""

import json
from pathlib import Path
from typing import Any

import pytest

from inkwright.app.services import engine
from tests.app.conftest import Cli
from tests.runs import child
from tests.simserver.config import SimConfig
from tests.simserver.process import SimServer

WEAK, STRONG = "small", "large"
BRIEF = """\
request: Write a survey of a small harbour.
title: The harbour
continuity: free
outline:
- {title: Quay, purpose: Report what lies at the quay., words: 120}
- {title: Light, purpose: Report who keeps the light., words: 120}
- {title: Pilots, purpose: Report what the pilots do., words: 120}
constraints:
- {id: fog, text: 'Use the words "sea fog".', kind: must_contain, phrases: [sea fog], where: 1}
- {id: two, text: Name what stands there., kind: must_contain, phrases: [old crane, red buoy],
   where: 2}
- {id: many, text: Name what they use., kind: must_contain, where: 3,
   phrases: [long oar, brass horn, tide table, lead line, pilot flag, night lamp, oil coat]}
"""


@pytest.fixture
def served(sim: SimServer, monkeypatch: pytest.MonkeyPatch) -> SimServer:
    """A server of two models, of which the weak one says one required phrase a section at most."""
    sim.restore()
    sim.configure(models=(STRONG, WEAK), by_model={WEAK: {"requirements_limit": 1}})
    monkeypatch.setenv("INKWRIGHT_API_BASE", sim.base)
    monkeypatch.setenv("INKWRIGHT_MODEL", STRONG)
    monkeypatch.setenv("INKWRIGHT_WRITER_MODEL", f"{WEAK}, {STRONG}")
    monkeypatch.setenv("INKWRIGHT_EMBEDDER_MODEL", sim.config.embedding_model)
    Path("brief.yaml").write_text(BRIEF)
    return sim


def writers(sim: SimServer) -> dict[str, list[str]]:
    """Return the models that each section's writer calls went to, in their order."""
    asked: dict[str, list[str]] = {}
    for call in sim.calls(role="writer"):
        asked.setdefault(call.section, []).append(call.model)
    return asked


def read_report(folder: str = "out") -> dict[str, Any]:
    return json.loads(Path(folder, "report.json").read_text())


def test_sections_go_to_the_weakest_model_that_manages_them(cli: Cli, served: SimServer) -> None:
    result = cli("write", "brief.yaml", "--out", "out", "--yes")
    assert result.exit_code == 0, result.output
    asked = writers(served)
    assert set(asked["s1"]) == {WEAK}, "easy, and its draft passes"
    assert asked["s2"][0] == WEAK
    assert asked["s2"][-1] == STRONG, "the weak draft lacked a phrase"
    assert asked["s2"] == sorted(asked["s2"], key=[WEAK, STRONG].index), "never back"
    assert set(asked["s3"]) == {STRONG}, "seven phrases are too many to begin with"
    assert not served.calls(role="editor"), "nothing was left to patch"

    report = read_report()
    assert {s["id"]: s["model"] for s in report["sections"]} == {
        "s1": WEAK,
        "s2": STRONG,
        "s3": STRONG,
    }
    assert report["models"]["writer"] == f"{STRONG}, {WEAK}"
    readable = Path("out/report.md").read_text()
    assert "| not met | model |" in readable
    assert f"| {WEAK} |" in readable
    inspected = engine.inspect(report["work"], "s2")
    assert [c.model for c in inspected.calls if c.role == "writer"] == asked["s2"]
    assert inspected.manifest is not None
    assert inspected.manifest.writer_model.endswith(STRONG)


def test_a_draft_that_failed_never_lands(cli: Cli, served: SimServer) -> None:
    assert cli("write", "brief.yaml", "--out", "out", "--yes").exit_code == 0
    assert [s["version"] for s in read_report()["sections"]] == [1, 1, 1]
    remembered = served.calls(role="archivist", section="s2", schema_name="Delta")
    assert len(remembered) == 1, "memory is told of the draft that lands alone"


def test_a_model_that_gives_no_usable_answer_hands_its_section_on(
    cli: Cli, served: SimServer
) -> None:
    served.configure(
        by_model={WEAK: {"words_limit": 1}},
        faults=[{"fault": "empty", "match": {"role": "writer", "section": "s1"}, "times": 2}],
    )
    result = cli("write", "brief.yaml", "--out", "out", "--yes")
    assert result.exit_code == 0, result.output
    assert writers(served)["s1"] == [WEAK, WEAK, STRONG]


def test_a_run_killed_after_a_section_was_handed_on_goes_on_with_the_stronger_model(
    cli: Cli, served: SimServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("write", "brief.yaml", "--out", "whole", "--yes").exit_code == 0
    monkeypatch.setenv("INKWRIGHT_HOME", str(tmp_path / "another"))
    served.configure(
        faults=[
            {"fault": "hold", "match": {"role": "writer", "section": "s2", "nth": 2}},
        ],
    )
    served.reset_log()
    with child.commanding("write", "brief.yaml", "--yes") as process:
        served.wait_for(4, "arrived", role="writer")
        child.kill(process)
    before = writers(served)
    assert before["s2"][-1] == STRONG, "it was held there"
    served.configure(faults=[])
    served.reset_log()
    result = cli("write", "brief.yaml", "--out", "out", "--yes")
    assert result.exit_code == 0, result.output
    assert set(writers(served)["s2"]) == {STRONG}, "the weak model is not asked again"
    models = [s["model"] for s in read_report()["sections"]]
    assert models == [s["model"] for s in read_report("whole")["sections"]]


def test_a_section_drafted_anew_begins_with_the_model_it_has(cli: Cli, served: SimServer) -> None:
    assert cli("write", "brief.yaml", "--out", "out", "--yes").exit_code == 0
    served.reset_log()
    work = read_report()["work"]
    result = cli("redraft", work, "s2")
    assert result.exit_code == 0, result.output
    assert set(writers(served)["s2"]) == {STRONG}


def test_each_model_can_have_an_address_of_its_own(
    cli: Cli, served: SimServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SimServer(SimConfig(models=(WEAK,), requirements_limit=1)) as other:
        monkeypatch.setenv("INKWRIGHT_WRITER_API_BASE", f"{other.base};{served.base}")
        assert cli("write", "brief.yaml", "--out", "out", "--yes").exit_code == 0
        assert set(writers(other)) == {"s1", "s2"}
        assert set(writers(served)) == {"s2", "s3"}


def test_an_estimate_needs_none_of_the_models(cli: Cli, served: SimServer) -> None:
    result = cli("write", "brief.yaml", "--dry-run")
    assert result.exit_code == 0, result.output
    assert not served.calls()


def test_a_limit_of_money_needs_the_price_of_each_model(
    cli: Cli, served: SimServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    price = {"prompt": 1.0, "completion": 1.0}
    monkeypatch.setenv("INKWRIGHT_PRICES", json.dumps({STRONG: price}))
    result = cli("write", "brief.yaml", "--out", "out", "--yes", "--max-cost", "100")
    assert result.exit_code == 2, result.output
    assert f"no price is known of hosted_vllm/{WEAK}" in result.output
    free = {"prompt": 0.0, "completion": 0.0}
    monkeypatch.setenv("INKWRIGHT_PRICES", json.dumps({STRONG: price, WEAK: free}))
    result = cli("write", "brief.yaml", "--out", "out", "--yes", "--max-cost", "100")
    assert result.exit_code == 0, result.output


def test_candidates_come_from_the_model_that_the_section_has(cli: Cli, served: SimServer) -> None:
    assert cli("write", "brief.yaml", "--out", "out", "--yes").exit_code == 0
    served.reset_log()
    result = cli("candidates", read_report()["work"], "s2", "--count", "2")
    assert result.exit_code == 0, result.output
    assert set(writers(served)["s2"]) == {STRONG}


def test_one_model_is_named_in_no_section(
    cli: Cli, served: SimServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKWRIGHT_WRITER_MODEL", STRONG)
    assert cli("write", "brief.yaml", "--out", "out", "--yes").exit_code == 0
    report = read_report()
    assert all("model" not in section for section in report["sections"])
    assert report["models"]["writer"] == STRONG
    assert "writer_models" not in report["settings"]
