"""Editing by instruction: hunks proposed, some taken, all else as it was; a voice in the brief."""

import json
from pathlib import Path

import pytest

import inkwright
from inkwright.app.display.formatting import Operation
from inkwright.memory.domain.protected_spans import ProtectedSpan, splice_spans
from inkwright.prompts import inputs
from tests.app.conftest import Cli
from tests.simserver.process import SimServer

GREEN = "The eye colour of Mara is green."
BRIEF = {
    "request": "Write a report about the tides in a harbour.",
    "continuity": "strict",
    "outline": [
        {"title": f"Pier {n}", "purpose": f"Say what pier {n} is for.", "words": 90,
         "subjects": ["Mara"]}
        for n in (1, 2)
    ],
}  # fmt: skip


@pytest.fixture
def work(model: SimServer, cli: Cli) -> str:
    model.configure(
        facts=[{"section": "s1", "subject": "Mara", "attribute": "eye colour", "value": "green"}]
    )
    Path("brief.json").write_text(json.dumps(BRIEF))
    written = cli("write", "brief.json", "--out", "out", "--yes")
    assert written.exit_code == 0, written.stdout + written.stderr
    return inkwright.status()[0].work


def current(work: str, section: str = "s1") -> inkwright.SectionText:
    return inkwright.SectionText(work, section)


def test_hunks_are_shown_and_nothing_is_changed_until_some_are_taken(cli: Cli, work: str) -> None:
    before = current(work).current
    shown = cli("edit", work, "s1", "make it plainer").stdout
    assert "[1] s1 0:" in shown
    assert "nothing is changed" in shown
    assert current(work).current == before


def test_the_hunks_taken_are_the_only_change(model: SimServer, cli: Cli, work: str) -> None:
    found = inkwright.edit(work, "s1", "make it plainer")
    assert len(found.hunks) >= 3
    second = found.hunks[1]
    before = current(work).current.text
    done = cli("edit", work, "1", "make it plainer", "--accept", "2")
    assert done.exit_code == 0
    assert f"1 of {len(found.hunks)} hunks taken" in done.stdout
    now = current(work).current
    assert now.text == before[: second.start] + second.after + before[second.end :]
    assert (now.stage, now.author, now.base) == ("edited", "model", now.version - 1)
    assert len(model.calls(schema_name="Rewording")) == 1  # the rest is from the journal


def test_all_takes_every_hunk_that_breaks_no_constraint(model: SimServer, cli: Cli) -> None:
    model.configure(
        facts=[{"section": "s1", "subject": "Mara", "attribute": "eye colour", "value": "green"}]
    )
    must = {"text": "Eyes", "kind": "pattern", "pattern": "colour of Mara is gr", "where": 1}
    Path("brief.json").write_text(json.dumps({**BRIEF, "constraints": [must]}))
    assert cli("write", "brief.json", "--out", "out", "--yes").exit_code == 0
    work = inkwright.status()[0].work
    found = inkwright.edit(work, "s1", "say it otherwise", span=GREEN)
    assert [h.breaks for h in found.hunks] == [("c1",)]
    assert "would break c1" in found.diff
    assert cli("edit", work, "s1", "say it otherwise", "--all", "--span", GREEN).exit_code == 0
    assert GREEN in current(work).current.text
    assert GREEN not in found.accept([1]).text


def test_what_an_edit_takes_away_is_no_longer_said_to_be_met(model: SimServer, cli: Cli) -> None:
    spoken = {"text": 'Somebody speaks of "high water"', "where": "all"}
    Path("brief.json").write_text(json.dumps(BRIEF | {"constraints": [spoken]}))
    assert cli("write", "brief.json", "--out", "out", "--yes").exit_code == 0
    work = inkwright.status()[0].work
    taken = inkwright.edit(work, "s1", "make it plainer", span='"high water"')
    taken.accept()
    assert '"high water"' not in current(work).current.text
    assert cli("resume", work, "--out", "again").exit_code == 4
    report = json.loads(Path("again/report.json").read_text())
    (told,) = report["sections"][0]["constraints"]
    assert told["status"] == "broken"


def test_a_span_keeps_the_change_to_its_sentences(work: str) -> None:
    text = current(work).current.text
    found = inkwright.edit(work, "s1", op="simplify", span=GREEN)
    assert [h.before for h in found.hunks] == [GREEN]
    at = text.index(GREEN)
    again = inkwright.edit(work, "s1", op="simplify", span=(at + 2, at + 5))
    assert [h.before for h in again.hunks] == [GREEN]


def test_memory_follows_and_readers_are_stale_until_settled(cli: Cli, work: str) -> None:
    assert any(e.statement for e in inkwright.Memory(work).entries(subject="mara"))
    done = cli("edit", work, "s1", "drop her eyes", "--span", GREEN, "--all")
    assert "s2 is stale" in done.stdout
    assert f"`inkwright settle {work}` checks them" in done.stdout
    assert not [e for e in inkwright.Memory(work).entries(subject="mara") if "green" in e.line]
    settled = cli("settle", work, "--out", "out")
    assert settled.exit_code == 0
    report = json.loads(Path("out/report.json").read_text())
    assert not any(section["stale"] for section in report["sections"])


def test_locked_words_are_in_no_hunk_and_the_persons_own_may_be(cli: Cli, work: str) -> None:
    current(work).edit("Mara lit the lamp. " + current(work).current.text)
    current(work).lock(GREEN)
    found = inkwright.edit(work, "s1", "make it plainer")
    assert "locked, and left as they are" in "\n".join(found.proposal.notes)
    assert GREEN not in "".join(h.before for h in found.hunks)
    assert "Mara lit the lamp." in found.hunks[0].before
    now = found.accept()
    assert GREEN in now.text
    assert [now.text[h.start : h.end] for h in now.held] == [GREEN]
    assert now.author == "mixed"


def test_what_is_wholly_locked_cannot_be_edited(cli: Cli, work: str) -> None:
    current(work).lock()
    refused = cli("edit", work, "s1", "make it plainer")
    assert refused.exit_code == 2
    assert "locked" in refused.stderr


def test_a_proposal_is_not_applied_to_another_text(work: str) -> None:
    found = inkwright.edit(work, "s1", "make it plainer")
    current(work).edit("Something else.")
    with pytest.raises(inkwright.BadInput, match="has changed since"):
        found.accept([1])
    assert current(work).current.text == "Something else."


def test_every_operator_has_its_words_in_the_prompt(model: SimServer, work: str) -> None:
    for op in inputs.OPERATORS:
        model.reset_log()
        assert inkwright.edit(work, "s1", "but gently", op=op).hunks  # type: ignore[arg-type]
        (call,) = model.calls(schema_name="Rewording")
        (change,) = [
            line for line in call.messages[1]["content"].splitlines() if line.startswith("Change: ")
        ]
        assert change.endswith("but gently")
        assert len(change) > 40


def test_the_operators_are_those_that_have_templates() -> None:
    assert set(Operation.__args__) == set(inputs.OPERATORS)  # type: ignore[attr-defined]


def test_going_on_only_adds_words_at_the_end(work: str) -> None:
    before = current(work).current.text
    now = inkwright.edit(work, "s1", op="continue").accept()
    assert now.text.startswith(before)
    assert len(now.text) > len(before)


def test_bad_input_is_one_line_and_changes_nothing(cli, work) -> None:
    before = current(work).current
    for *arguments, said in (
        ("s1", "say what is to be changed"),
        ("s9", "plainer", "no section 's9'"),
        ("s1", "plainer", "--accept", "99", "there is no hunk 99"),
        ("s1", "plainer", "--accept", "one", "--accept takes numbers"),
        ("s1", "plainer", "--span", "words that are not there", "are not there"),
        ("s1", "plainer", "--span", "9000:9001", "no stretch 9000:9001"),
    ):
        refused = cli("edit", work, *arguments)
        assert refused.exit_code == 2
        assert said in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
    assert current(work).current == before


def test_an_editor_who_would_change_nothing_is_said(model, cli, work) -> None:
    model.configure(editor_ignores=1.0)
    assert "would change nothing" in cli("edit", work, "s1", "make it plainer").stdout


def test_held_text_moves_with_the_words_before_it() -> None:
    held = [ProtectedSpan(start=0, end=5), ProtectedSpan(start=10, end=30)]
    assert splice_spans(held, [(5, 10, 1)]) == (
        ProtectedSpan(start=0, end=5),
        ProtectedSpan(start=6, end=26),
    )
    assert splice_spans(held, [(12, 20, 3)]) == (
        ProtectedSpan(start=0, end=5),
        ProtectedSpan(start=10, end=12),
        ProtectedSpan(start=15, end=25),
    )
    assert splice_spans(held, [(0, 40, 0)]) == ()


SAMPLE = (
    "I rose early, as I always do; the kettle sang, the dog slept. Nothing moved on the water. "
    "You would have said the whole harbour was holding its breath, and perhaps it was. I drank my "
    "tea. I counted the boats, twice, and wrote the number down."
)


def test_a_sample_and_banned_phrases_open_every_prompt_and_drift_is_reported(model, cli) -> None:
    model.configure(
        facts=[{"section": "s1", "subject": "Mara", "attribute": "eye colour", "value": "green"}]
    )
    Path("voice.txt").write_text(SAMPLE)
    brief = {**BRIEF, "sample": "voice.txt", "banned": ["eye colour", "a testament to"]}
    Path("brief.json").write_text(json.dumps(brief))
    assert cli("write", "brief.json", "--out", "out", "--yes").exit_code == 0
    for call in model.calls(kind="chat", role="writer"):
        assert SAMPLE in call.messages[0]["content"]
        assert "Never write: “eye colour”; “a testament to”" in call.messages[0]["content"]
        assert "Never write" not in call.messages[1]["content"]
    assert "eye colour" not in Path("out/manuscript.md").read_text()
    report = json.loads(Path("out/report.json").read_text())
    assert report["sections"][0]["rounds"] == 1
    voice = report["voice"]
    assert voice["sample"]["sentence_words"] > 5
    assert set(voice["drift"]) > {"sentence_words", "vocabulary", "cliches_per_1000"}
    assert set(voice["sections"]) == {"s1", "s2"}


def test_a_writer_who_repeats_itself_is_mended_once_and_both_measures_fall(model, cli) -> None:
    model.configure(
        repeat_probability=0.15, stock_probability=0.25, stock_opening=0.7, seam_faults=0.3
    )
    assert cli("write", "A report on old boats, about 1200 words.", "--out", "out", "--yes")
    report = json.loads(Path("out/report.json").read_text())
    before, after = report["repetition"]["before"], report["repetition"]["after"]
    assert before["duplicate_8grams"] > 0.05
    assert after["duplicate_8grams"] < before["duplicate_8grams"] / 3
    assert after["cross_section"] < before["cross_section"] / 3
    assert after["same_openings"] < before["same_openings"]
    assert len(model.calls(schema_name="Seams")) == 1
    assert report["words"] == pytest.approx(1200, rel=0.05)
