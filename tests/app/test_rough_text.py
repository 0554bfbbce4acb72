"""What people bring has no half character and no NUL when it is stored, or is refused in a line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import inkwright
from inkwright.app.api.memory import Memory
from inkwright.app.api.outline import WorkOutline
from inkwright.app.api.section import SectionText
from inkwright.app.briefs import draft_store
from inkwright.app.config.settings import Settings
from inkwright.app.documents.uploads import open_as_files
from inkwright.memory.changes import entry_edits, outline_edits
from inkwright.memory.domain.brief import Brief, OutlineItem, Remembered
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.source import Source
from inkwright.memory.store import works
from inkwright.memory.store.library import Library
from tests.app.conftest import Cli
from tests.simserver.process import SimServer

ROUGH = "a\0b \ud83d\ude00 \ud83d"
STORED = "ab \U0001f600 \ufffd"


@pytest.fixture
def imported(home: Path) -> str:
    """A work of one section of a person's own."""
    Path("book.md").write_text("# Book\n\n## Quay\n\nMara lit the lamp. Nobody came.\n")
    return inkwright.import_file("book.md").work


def test_all_that_a_brief_is_made_of_can_be_stored() -> None:
    brief = Brief(
        request=ROUGH,
        banned=(ROUGH,),
        outline=(OutlineItem(title=ROUGH, key_points=(ROUGH,)),),
        constraints=(Constraint(text=ROUGH),),
        memory=(Remembered(subject=ROUGH, statement=ROUGH, aliases=(ROUGH,)),),
        sources=(Source(text=ROUGH, title=ROUGH, more={"note": ROUGH}),),
    )
    told = brief.model_dump_json()
    assert told.count(STORED) == 11
    assert "\\u0000" not in told


def test_texts_memory_and_outline_are_kept_without_what_cannot_be_stored(imported: str) -> None:
    text = SectionText(imported, "s1")
    typed = text.typed()
    assert text.type(f"Typed {ROUGH}", base=1, revision=typed.revision).text == f"Typed {STORED}"
    text.discard()
    assert text.edit(f"Edited {ROUGH}").text == f"Edited {STORED}"

    memory = Memory(imported)
    (entry,) = memory.apply(
        entry_edits.build_addition([Remembered(subject=ROUGH, statement=ROUGH)])
    )
    (entry,) = memory.apply(
        entry_edits.build_change(entry.id, statement=f"New {ROUGH}", aliases=(ROUGH,))
    )
    assert (entry.statement, entry.aliases) == (f"New {STORED}", (STORED,))

    outline = WorkOutline(imported)
    outline.apply(
        outline_edits.build_insertion(ROUGH, after_id=None, target_words=90, purpose=ROUGH)
    )
    outline.apply(outline_edits.build_section_edit("s1", title=ROUGH, key_points=(ROUGH,)))
    plan = outline.apply(outline_edits.build_split("s1", f"Half {ROUGH}"))
    assert [s.title for s in plan.outline.sections] == [STORED, STORED, f"Half {STORED}"]


def test_what_is_asked_for_in_words_reaches_a_model_as_text(
    model: SimServer, imported: str
) -> None:
    inkwright.edit(imported, "s1", f"Make it {ROUGH}")
    assert any(STORED in m["content"] for call in model.calls() for m in call.messages)


def test_a_brief_that_is_being_filled_in_and_files_handed_in_can_have_any_text(home: Path) -> None:
    settings = Settings.load()
    draft_store.save_fields(settings, {"title": ROUGH, "rows": [{"a": ROUGH}]})
    assert draft_store.load_fields(settings) == {"title": STORED, "rows": [{"a": STORED}]}
    with open_as_files([("\ud83d\0.md", b"# A")]) as (file,):
        assert file.name == "\ufffd.md"


def test_what_is_looked_for_with_half_a_character_is_refused_in_a_line(imported: str) -> None:
    with pytest.raises(inkwright.BadInput, match="half of a character") as caught:
        SectionText(imported, "\ud83d").versions()
    assert "\n" not in str(caught.value)


def test_problems_of_an_older_library_are_read_without_what_is_no_text(
    library: Library, imported: str
) -> None:
    with library.write() as db:
        db.exec_driver_sql("UPDATE works SET problems = ?", (json.dumps(["a \ud83d\x1b[31m"]),))
    assert works.get(library, imported).problems == ("a \ufffd",)


@pytest.mark.parametrize(
    "arguments",
    [
        [b"write", b"A story of caf\xe9s.", b"--dry-run"],
        [b"status", b"\xff"],
        [b"import", b"caf\xe9.md"],
        [b"memory", b"add", b"w", b"--subject=\xff", b"x"],
        [b"write", b"A story.", b"--out", b"\xff"],
    ],
)
def test_an_argument_that_is_not_utf_8_is_refused_in_one_line(
    cli: Cli, home: Path, arguments: list[bytes]
) -> None:
    Path(os.fsdecode(b"caf\xe9.md")).write_text("# A\n\nText.\n")
    result = cli(*map(os.fsdecode, arguments))
    assert result.exit_code == 2
    assert "not UTF-8 text" in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_real_command_line_says_so_too(home: Path) -> None:
    command = [sys.executable, "-c", "from inkwright.__main__ import main; main()"]
    found = subprocess.run([*command, b"write", b"caf\xe9"], capture_output=True, check=False)
    assert (found.returncode, found.stdout) == (2, b"")
    assert (
        found.stderr
        == b"inkwright: not UTF-8 text: 'caf\\udce9'; type it again, or rename the file\n"
    )


def test_documents_whose_names_are_no_text_are_read(home: Path, imported: str) -> None:
    folder = Path("papers")
    folder.mkdir()
    (folder / os.fsdecode(b"caf\xe9.md")).write_text("The lamp was lit in 1871.\n")
    (folder / os.fsdecode(b"b\xe9.md")).write_text("")
    new, unread = inkwright.Sources(imported).add(folder)
    assert [kept.source.name for kept in new] == ["caf\ufffd.md"]
    assert "\ufffd" in " ".join(unread)


@pytest.mark.parametrize(
    ("content", "fault"), [(b"caf\xe9.", "not UTF-8 text (byte 3)"), (b"a\0b", "NUL character")]
)
def test_words_that_are_piped_in_are_refused_in_one_line(
    cli: Cli, imported: str, content: bytes, fault: str
) -> None:
    result = cli("text", imported, "s1", "--from", "-", input=content)
    assert result.exit_code == 2
    assert fault in result.stderr
    assert result.stderr.count("\n") == 1
