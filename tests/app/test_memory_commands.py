"""Memory and text as commands: read, previewed, edited, settled, compared, restored."""

import json
from pathlib import Path

import pytest

import inkwright
from inkwright.memory.changes import entry_edits
from tests.app.conftest import Cli
from tests.simserver.process import SimServer

BRIEF = {
    "request": "Write a report about the tides in a harbour.",
    "continuity": "strict",
    "outline": [
        {"title": f"Pier {n}", "purpose": f"Say what pier {n} is for.", "words": 60,
         "subjects": ["Mara"]}
        for n in (1, 2, 3)
    ],
}  # fmt: skip
GREEN = "The eye colour of Mara is green."
BLUE = "The eye colour of Mara is blue."


@pytest.fixture
def work(model: SimServer, cli: Cli) -> str:
    """Three sections: the first says what colour Mara's eyes are, the last repeats it."""
    model.configure(
        facts=[{"section": "s1", "subject": "Mara", "attribute": "eye colour", "value": "green"}],
        needs=[{"section": "s3", "subject": "Mara", "attribute": "eye colour"}],
    )
    Path("brief.json").write_text(json.dumps(BRIEF))
    assert cli("write", "brief.json", "--out", "out", "--yes").exit_code == 0
    return inkwright.status()[0].work


def text_of(work: str, section: str) -> str:
    return inkwright.SectionText(work, section).current.text


def test_the_help_names_every_command(cli: Cli) -> None:
    shown = cli("memory", "--help").stdout
    for name in ("list", "show", "add", "edit", "pin", "retract", "merge", "accept", "findings"):
        assert name in shown


def test_entries_are_listed_with_filters_and_shown_with_their_words(cli: Cli, work: str) -> None:
    listed = cli("memory", "list", work, "--subject", "mara").stdout
    assert "Mara | eye colour: green." in listed
    assert "holds nothing" in cli("memory", "list", work, "--kind", "thread").stdout
    assert "holds nothing" in cli("memory", "list", work, "--status", "retracted").stdout
    shown = cli("memory", "show", work, "s1.1").stdout
    assert f"in the text: “{GREEN}”" in shown
    assert "shown to: s2 (version 1), s3 (version 1)" in shown
    told = json.loads(cli("memory", "show", work, "s1.1", "--json").stdout)
    assert told["words"] == GREEN
    assert told["shown_to"] == {"s2": 1, "s3": 1}


def test_a_preview_changes_nothing_and_settling_then_reaches_just_those_sections(
    cli: Cli, work: str
) -> None:
    before = {sid: text_of(work, sid) for sid in ("s1", "s2", "s3")}
    assert GREEN in before["s1"]
    assert GREEN in before["s3"]
    seen = cli("memory", "edit", work, "s1.1", "blue.", "--preview")
    assert "will be checked: 3 sections" in seen.stdout
    assert "tokens (up to " in seen.stdout
    assert "s1  Pier 1: Mara: the person has since said so" in seen.stdout
    assert "nothing was changed" in seen.stdout
    assert cli("status", work, "--stale").stdout.count("is stale") == 0

    done = cli("memory", "edit", work, "s1.1", "blue.", "--settle")
    assert done.exit_code == 0, done.stdout
    assert text_of(work, "s1") == before["s1"].replace(GREEN, BLUE)
    assert text_of(work, "s3") == before["s3"].replace(GREEN, BLUE)
    assert text_of(work, "s2") == before["s2"]
    assert cli("status", work, "--stale").stdout.count("is stale") == 0
    told = cli("memory", "list", work, "--subject", "Mara", "--section", "s1").stdout
    assert told.count("eye colour") == 1, "the patched text only repeats what they said"
    assert "will be checked: no section" in cli("memory", "pin", work, "s1.1", "--preview").stdout


def test_memory_goes_out_as_a_file_and_into_another_work(cli: Cli, work: str) -> None:
    Path("memory.json").write_text(cli("memory", "list", work, "--json").stdout)
    Path("two.json").write_text(json.dumps({**BRIEF, "title": "Book two"}))
    assert cli("plan", "two.json").exit_code == 0
    two = next(s.work for s in inkwright.status() if s.work != work)
    assert "green." in cli("memory", "add", two, "--from", "memory.json").stdout
    assert "says so already" in cli("memory", "add", two, "--from", "memory.json").stdout
    assert [e.origin for e in inkwright.Memory(two).entries(subject="Mara")] == ["person"]


def test_bad_input_is_one_line_and_exit_code_2(cli: Cli, work: str) -> None:
    for command in (
        ("memory", "show", work, "s1.9"),
        ("memory", "edit", work, "s1.1"),
        ("memory", "add", work, "Mara"),
        ("memory", "add", work, "Mara", "She left.", "--since", "s9"),
        ("memory", "merge", work, "Mara", "Nobody"),
        ("memory", "dismiss", work, "7"),
        ("text", work, "s9"),
        ("diff", work, "s1", "1", "8"),
        ("lock", work, "s1", "words that are not there"),
    ):
        result = cli(*command)
        assert result.exit_code == 2, command
        assert result.stderr.startswith("inkwright: ")
        assert len(result.stderr.splitlines()) == 1


def test_words_of_a_person_stay_and_where_they_contradict_memory_is_listed_until_dismissed(
    cli: Cli, work: str
) -> None:
    mine = text_of(work, "s3").replace(GREEN, BLUE)
    Path("s3.md").write_text(mine + "\n")
    assert "yours" in cli("text", work, "s3", "--from", "s3.md").stdout
    assert "s3 has text that is yours" in cli("redraft", work, "s3").stderr
    settled = cli("settle", work)
    assert text_of(work, "s3") == mine
    assert f"your words '{BLUE}' contradict memory" in settled.stdout
    assert "] s3 " in settled.stdout, "which section is checked is told by its name"
    listed = cli("memory", "findings", work).stdout
    assert f"s3: “{BLUE}”" in listed
    number = listed.split()[0]
    assert cli("memory", "dismiss", work, number).exit_code == 0
    Path("s3.md").write_text(mine + " The end.\n")
    assert cli("text", work, "s3", "--from", "s3.md").exit_code == 0
    assert "contradict memory" not in cli("settle", work).stdout
    assert "no sentence of yours" in cli("memory", "findings", work).stdout
    assert "(dismissed)" in cli("memory", "findings", work, "--all").stdout


def test_versions_are_listed_compared_and_restored(cli: Cli, work: str) -> None:
    first = text_of(work, "s1")
    Path("s1.md").write_text(first.replace("green", "grey"))
    cli("text", work, "1", "--from", "s1.md")
    history = cli("history", work, "s1").stdout.splitlines()
    assert [line.split()[2] for line in history] == ["1", "2"]
    assert "person" in history[1]
    assert "[-green-]{+grey+}" in cli("diff", work, "s1").stdout
    assert cli("restore", work, "s1", "1").exit_code == 0
    assert text_of(work, "s1") == first
    entry = cli("history", work, "s1.1").stdout
    assert "s1.1  version 1  section  live: green." in entry
    assert len(json.loads(cli("history", work, "--json").stdout)) == 5


def test_a_locked_sentence_is_not_patched_and_can_be_unlocked(cli: Cli, work: str) -> None:
    assert "1 locked" in cli("lock", work, "s3", GREEN).stdout
    cli("memory", "edit", work, "s1.1", "blue.", "--settle")
    assert BLUE in text_of(work, "s1")
    assert GREEN in text_of(work, "s3")
    assert "0 locked" in cli("lock", work, "s3", "--off").stdout


def test_a_person_s_edit_makes_proposals_where_the_brief_asks_for_them(
    cli: Cli, model: SimServer
) -> None:
    model.configure(
        facts=[{"section": "s1", "subject": "Mara", "attribute": "eye colour", "value": "green"}]
    )
    piece = inkwright.write(inkwright.Brief.model_validate({**BRIEF, "proposals": True}))
    memory = inkwright.Memory(piece.work)
    text = inkwright.SectionText(piece.work, "s1")
    Path("s1.md").write_text(text.current.text.replace(GREEN, BLUE))
    cli("text", piece.work, "s1", "--from", "s1.md")
    assert [e.statement for e in memory.entries(subject="Mara")] == ["green."]
    assert [e.id for e in memory.entries(standing="proposed")] == ["s1.1"]
    assert "proposed" in cli("memory", "list", piece.work, "--status", "proposed").stdout
    memory.apply(entry_edits.build_acceptance(["s1.1"]))
    assert [e.statement for e in memory.entries(subject="Mara")] == ["blue."]


def test_history_says_what_an_id_is_not_where_it_is_neither_section_nor_entry(
    cli: Cli, work: str
) -> None:
    refused = cli("history", work, "s1.99")
    assert refused.exit_code == 2
    assert "has no section 's1.99'" in refused.output
    assert "no entry 's1.99' in memory" in refused.output
