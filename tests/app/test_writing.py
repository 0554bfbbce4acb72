"""Whole commands against the simulated server: what is written, where, and what is said."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from inkwright.app.briefs.loader import read_brief
from inkwright.memory.store import journal
from inkwright.memory.store.library import Library
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
- {id: rain, text: Do not mention rain., kind: must_not_contain, phrases: [drizzle], where: whole}
"""


@dataclass(frozen=True)
class Written:
    """A piece that was written once, for tests that only look at it."""

    home: Path
    out: Path
    stdout: str
    report: dict[str, Any]


@pytest.fixture(scope="module")
def written(sim_process: SimServer, tmp_path_factory: pytest.TempPathFactory) -> Written:
    from inkwright.app.cli.main import app

    sim_process.restore()  # from what a test before this one may have made of it
    folder = tmp_path_factory.mktemp("written")
    (folder / "brief.yaml").write_text(BRIEF)
    settings = {
        "INKWRIGHT_HOME": str(folder / "library"),
        "INKWRIGHT_API_BASE": sim_process.base,
        "INKWRIGHT_API_KEY": "sesame-42",
        "INKWRIGHT_MODEL": sim_process.model,
    }
    command = ["write", str(folder / "brief.yaml"), "--out", str(folder / "out"), "--seed", "3"]
    result = CliRunner().invoke(app, command, env=settings)
    assert result.exit_code == 0, result.output
    return Written(folder / "library", folder / "out", result.stdout, report(folder / "out"))


@pytest.fixture
def brief() -> str:
    Path("brief.yaml").write_text(BRIEF)
    return "brief.yaml"


def report(folder: str | Path) -> dict[str, Any]:
    return json.loads((Path(folder) / "report.json").read_text())


def test_write_leaves_manuscript_report_and_memory(written):
    assert sorted(p.name for p in written.out.iterdir()) == [
        "manuscript.md",
        "memory.json",
        "report.json",
        "report.md",
    ]
    lines = (written.out / "manuscript.md").read_text().splitlines()
    assert [line for line in lines if line[:1] == "#"] == ["# On tides", "## Ebb", "## Flood"]


def test_write_tells_its_progress_in_lines_and_where_the_manuscript_is(written):
    assert "s1 Ebb: accepted" in written.stdout
    assert "complete: " in written.stdout
    assert f"manuscript: {written.out / 'manuscript.md'}" in written.stdout


def test_the_report_has_the_form_that_is_promised(written, sim_process):
    found = written.report
    assert list(found) == [
        "work", "status", "words", "target_words", "seconds", "sections", "constraints",
        "citations", "uncited", "sources", "voice", "repetition", "calls", "tokens", "models",
        "settings", "versions", "seed", "problems", "request", "length_note", "judges",
    ]  # fmt: skip
    assert set(found["sections"][0]) == {
        "id", "title", "target_words", "words", "status", "rounds", "depends_on", "memory_shown",
        "stale", "constraints", "version",
    }  # fmt: skip
    assert (found["status"], found["target_words"], found["seed"]) == ("complete", 240, 3)
    assert found["words"] == sum(s["words"] for s in found["sections"])
    assert found["calls"]["total"] == sum(r["calls"] for r in found["calls"]["by_role"].values())
    assert found["tokens"]["completion"] > 240
    assert found["models"]["writer"] == sim_process.model
    assert found["settings"]["arm"] == "plan=full memory=full review=full"


def test_the_report_says_how_each_constraint_came_out(written):
    placed = {c["id"]: (c["placement"], c["status"]) for c in written.report["constraints"]}
    assert placed["fog"] == ("section 2", "met")
    assert placed["calm"] == ("all", "met")
    assert placed["rain"] == ("whole", "met")
    assert placed["length"] == ("whole", "met")
    assert [c["id"] for c in written.report["sections"][1]["constraints"]] == ["fog", "calm"]


def test_no_key_is_written_anywhere(written):
    for folder in (written.home, written.out):
        for file in (f for f in folder.rglob("*") if f.is_file()):
            assert b"sesame" not in file.read_bytes(), file


def test_memory_json_can_be_given_to_the_next_brief(written):
    Path("next.yaml").write_text(f"request: More.\nmemory: {written.out / 'memory.json'}\n")
    entries = json.loads((written.out / "memory.json").read_text())["entries"]
    assert [m.subject for m in read_brief("next.yaml").memory] == [e["subject"] for e in entries]


def test_without_headings_the_manuscript_is_exactly_the_sections(cli, model, home):
    Path("bare.yaml").write_text(BRIEF + "headings: none\n")
    cli("write", "bare.yaml", "--out", "out")
    from inkwright.memory.store import drafts

    library = Library.open(home)
    texts = drafts.current(library, report("out")["work"])
    library.close()
    assert Path("out/manuscript.md").read_text() == "\n\n".join(
        texts[s].text.strip() for s in ("s1", "s2")
    ) + "\n"  # fmt: skip


def test_writing_the_same_brief_again_asks_nothing_again(cli, model, brief):
    cli("write", brief, "--out", "out")
    before, text = len(model.calls()), Path("out/manuscript.md").read_bytes()
    assert cli("write", brief, "--out", "out").exit_code == 0
    assert len(model.calls()) == before
    assert Path("out/manuscript.md").read_bytes() == text


def test_another_seed_is_another_work_and_fresh_begins_again(cli, model, brief):
    works = {
        report("out")["work"]
        for options in ([], ["--seed", "2"], ["--fresh"], [])
        if cli("write", brief, "--out", "out", *options).exit_code == 0
    }
    assert len(works) == 3


def test_a_manuscript_that_a_person_changed_is_not_overwritten(cli, model, brief):
    cli("write", brief, "--out", "out")
    Path("out/manuscript.md").write_text("mine")
    result = cli("write", brief, "--out", "out")
    assert Path("out/manuscript.md").read_text() == "mine"
    assert Path("out/manuscript-2.md").read_text().startswith("# On tides")
    assert "manuscript-2.md" in result.stdout


def test_without_out_the_folder_has_the_name_of_the_work(cli, model, brief):
    cli("write", brief)
    (folder,) = (p for p in Path.cwd().iterdir() if p.is_dir())
    assert report(folder)["work"] == folder.name


def test_plan_prints_which_section_carries_which_constraint_and_resume_writes_it(cli, model, brief):
    result = cli("plan", brief)
    assert result.exit_code == 0
    lines = [line.strip() for line in result.stdout.splitlines()]
    ebb, flood = (next(n for n, t in enumerate(lines) if f". {s} (" in t) for s in ("Ebb", "Flood"))
    assert '[fog] Use the words "sea fog".' not in lines[ebb:flood]
    assert '[fog] Use the words "sea fog".' in lines[flood:]
    assert "[calm] It stays calm." in lines[ebb:flood]
    assert not model.calls(role="writer")
    work = next(line for line in lines if line.startswith("work: ")).removeprefix("work: ")
    assert cli("resume", work[:12], "--out", "out").exit_code == 0
    assert report("out")["work"] == work


def test_a_person_at_a_terminal_is_asked_before_anything_is_drafted(cli, model, brief, monkeypatch):
    monkeypatch.setattr("inkwright.app.cli.runs.is_interactive", lambda: True)
    result = cli("write", brief, "--out", "out", input="n\n")
    assert result.exit_code == 0
    assert "Write it?" in result.stdout
    assert not model.calls(role="writer")
    assert cli("write", brief, "--out", "out", input="y\n").exit_code == 0
    assert "Write it?" not in cli("write", brief, "--out", "out").stdout, "once is enough"


def test_yes_asks_nothing(cli, model, brief, monkeypatch):
    monkeypatch.setattr("inkwright.app.cli.runs.is_interactive", lambda: True)
    assert cli("write", brief, "--out", "out", "--yes").exit_code == 0


def test_a_spent_budget_leaves_a_partial_manuscript_that_names_its_gaps(cli, model, brief):
    result = cli("write", brief, "--out", "out", "--max-calls", "4")
    assert result.exit_code == 1
    assert "*[Missing: section s" in Path("out/manuscript.md").read_text()
    found = report("out")
    assert found["status"] == "partial"
    assert "missing" in {s["status"] for s in found["sections"]}
    assert any("limit of 4 calls" in p for p in found["problems"])
    assert cli("resume", found["work"], "--out", "out").exit_code == 0
    assert "Missing" not in Path("out/manuscript.md").read_text()


def test_a_broken_required_constraint_flags_the_piece(cli, model, brief):
    model.configure(forget_probability=1.0, editor_ignores=1.0)
    result = cli("write", brief, "--out", "out")
    assert result.exit_code == 4
    assert report("out")["status"] == "flagged"
    assert "fog" in result.stdout


def test_status_says_where_works_stand(cli, written, monkeypatch):
    monkeypatch.setenv("INKWRIGHT_HOME", str(written.home))
    (found,) = json.loads(cli("status", "--json").stdout)
    assert (found["work"], found["status"]) == (written.report["work"], "complete")
    assert found["sections"] == {"done": 2, "of": 2}
    told = cli("status", found["work"], "--stale").stdout
    assert "Ebb" in told
    assert "Flood" in told


def test_redraft_writes_one_section_anew_and_settle_leaves_the_rest(cli, model, brief):
    cli("write", brief, "--out", "out")
    before, work = Path("out/manuscript.md").read_text(), report("out")["work"]
    assert cli("redraft", work, "2", "--out", "out", "--note", "More salt.").exit_code == 0
    after = Path("out/manuscript.md").read_text()
    assert after != before
    assert after.split("## Flood")[0] == before.split("## Flood")[0]
    assert cli("settle", work, "--out", "out").exit_code == 0
    assert Path("out/manuscript.md").read_text() == after
    assert "no section 'nine'" in cli("redraft", work, "nine").stderr


def test_purge_leaves_no_byte_of_a_work_in_the_library(cli, model, home):
    Path("brief.yaml").write_text(BRIEF.replace("sea fog", "zanzibar quokka"))
    cli("write", "brief.yaml", "--out", "out")
    work = report("out")["work"]
    assert cli("purge", work, "--yes").exit_code == 0
    for file in (f for f in home.rglob("*") if f.is_file()):
        content = file.read_bytes()
        assert b"zanzibar" not in content, file
        assert work.encode() not in content, file


@pytest.mark.parametrize(
    ("options", "silent"),
    [
        (["--plan", "none"], {"planner"}),
        (["--memory", "none"], {"archivist", "embedder"}),
        (["--review", "off"], {"reviewer", "editor"}),
    ],
)
def test_an_arm_that_is_off_makes_no_call_and_is_named(cli, model, home, options, silent):
    brief = "Write a report about tides, in 150 words."
    assert cli("write", brief, "--out", "out", *options).exit_code in (0, 4)
    found = report("out")
    library = Library.open(home)
    assert not {u.role for u in journal.load_usage(library, found["work"])} & silent
    library.close()
    assert f"{options[0][2:]}={options[1]}" in found["settings"]["arm"]


def test_a_dry_run_sends_nothing_and_comes_near_the_real_run(cli, model, brief, monkeypatch):
    monkeypatch.setenv("INKWRIGHT_PRICE_COMPLETION", "2000")
    told = cli("write", brief, "--dry-run").stdout
    assert not model.calls()
    assert "nothing was sent" in told
    assert "USD" in told
    estimated = int(told.split("calls: ")[1].split(" ")[0])
    cli("write", brief, "--out", "out")
    real = report("out")["calls"]["total"]
    assert abs(estimated - real) <= 0.25 * real
    again = cli("write", brief, "--dry-run").stdout
    assert again.split("calls: ")[1][0] == "0"


def test_doctor_finds_all_in_order(cli, model):
    result = cli("doctor")
    assert result.exit_code == 0, result.output
    for name in ("library", "index", "embedder", "context", "structured output"):
        assert name in result.stdout
    assert "missing" not in result.stdout


def test_doctor_names_what_is_wrong_and_what_to_change(cli, model, monkeypatch):
    monkeypatch.setenv("INKWRIGHT_MODEL", "sim-modell")
    result = cli("doctor")
    assert result.exit_code == 3
    assert "set INKWRIGHT_MODEL=sim-model" in result.stdout
    monkeypatch.delenv("INKWRIGHT_MODEL")
    result = cli("doctor")
    assert result.exit_code == 2
    assert f"serves {model.model}" in result.stdout
    monkeypatch.setenv("INKWRIGHT_API_BASE", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("INKWRIGHT_MODEL", "m")
    assert cli("doctor").exit_code == 3


def test_a_wrong_key_is_one_line_and_exit_code_three(cli, model, monkeypatch):
    model.configure(api_key="right")
    monkeypatch.setenv("INKWRIGHT_API_KEY", "sesame-wrong")
    result = cli("write", "A story.", "--out", "out")
    assert result.exit_code == 3
    assert "INKWRIGHT_API_KEY" in result.stderr
    assert "sesame" not in result.output
    assert cli("doctor").exit_code == 3


def test_graph_draws_both_graphs(cli):
    told = cli("graph").stdout
    assert told.count("graph TD") == 2
