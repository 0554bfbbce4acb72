"""``inkwright import``: what a person wrote elsewhere becomes a work, whole or not at all."""

import sqlite3
import zipfile
from pathlib import Path

import pytest

import inkwright
from inkwright.memory.store import drafts, ledger, plans, works
from inkwright.memory.store.library import Library
from tests.app.conftest import Cli
from tests.simserver.process import SimServer

BOOK = (
    "\ufeff---\r\ntitle: The Lamp\r\n---\r\nA word before.\r\n\r\nOne\r\n===\r\n\r\n"
    "Mara keeps the lamp e\u0301te\u0301.\r\n\r\n"
    "## Night\r\nIt rained.\r\n```\r\n# no\r\n```\r\n\r\n"
    "# Two\r\n\r\n灯塔。"
).encode()


def work_of(result: object) -> str:
    lines: list[str] = result.stdout.splitlines()  # type: ignore[attr-defined]
    return next(line.removeprefix("work: ") for line in lines if line.startswith("work: "))


def test_a_markdown_manuscript_comes_out_again_byte_for_byte(cli: Cli):
    Path("book.md").write_bytes(BOOK)
    result = cli("import", "book.md", "--out", "out")
    assert result.exit_code == 0
    assert Path("out/manuscript.md").read_bytes() == BOOK


def test_every_section_is_the_persons_and_accepted(cli: Cli, library: Library):
    Path("book.md").write_bytes(BOOK)
    work = work_of(cli("import", "book.md"))
    plan = plans.current(library, work)
    assert plan is not None
    assert plan.outline.title == "The Lamp"
    assert [s.title for s in plan.outline.sections] == ["The Lamp", "One", "Night", "Two"]
    assert {d.author for d in drafts.current(library, work).values()} == {"person"}
    assert {r.state for r in drafts.load_section_rows(library, work).values()} == {"accepted"}
    assert works.get(library, work).status == "complete"


def test_title_language_and_continuity_can_be_given(cli: Cli, library: Library):
    Path("book.txt").write_text("Only words.\n")
    given = ("--title", "Mine", "--language", "de", "--continuity", "free")
    work = works.get(library, work_of(cli("import", "book.txt", *given)))
    assert (work.title, work.brief.language, work.brief.continuity) == ("Mine", "de", "free")


def test_the_language_is_told_from_the_text(cli: Cli, library: Library):
    Path("a.md").write_text("Der Wärter zündet am Abend die Lampe an und geht. " * 20)
    Path("b.md").write_text("灯塔看守人每天晚上点亮灯。" * 20)
    languages = [works.get(library, work_of(cli("import", f))) for f in ("a.md", "b.md")]
    assert [w.brief.language for w in languages] == ["de", "zh"]


def test_deeper_headings_than_asked_for_stay_text(cli: Cli, library: Library):
    Path("book.md").write_text("# One\n\n## A\n\nx\n\n# Two\n\ny\n")
    work = work_of(cli("import", "book.md", "--depth", "1", "--out", "out"))
    assert list(drafts.current(library, work)) == ["s1", "s2"]
    assert Path("out/manuscript.md").read_text() == Path("book.md").read_text()


def test_the_same_text_again_is_the_same_work_and_another_is_another(cli: Cli, library: Library):
    Path("book.md").write_bytes(BOOK)
    first = work_of(cli("import", "book.md"))
    again = cli("import", "book.md")
    assert work_of(again) == first
    assert "was imported before" in again.stdout
    Path("book.md").write_bytes(BOOK + b"!")
    assert work_of(cli("import", "book.md")) != first
    assert len(works.list_works(library)) == 2


def test_a_heading_without_text_is_named_as_still_to_be_written(cli: Cli):
    Path("book.md").write_text("# One\n\nx\n\n# Two\n\n# Three\n\ny\n")
    result = cli("import", "book.md", "--out", "out")
    assert "to be written: Two" in result.stdout
    assert "partial" in cli("status").stdout
    assert Path("out/manuscript.md").read_text() == Path("book.md").read_text()


def docx_with(name: str, **parts: bytes) -> None:
    with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part.replace("_", "/") + ".xml", content)


def bomb() -> None:
    docx_with("a.docx", word_document=b" " * 70_000_000)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.md", b"", "no text"),
        ("a.md", b"\xef\xbb\xbf \r\n\t\n", "no text"),
        ("a.md", b"# One\n\n## Two\n", "headings but no text"),
        ("a.md", b"caf\xe9", "not UTF-8 text (byte 3)"),
        ("a.txt", b"\xff\xfeh\0i\0", "binary"),
        ("a.txt", b"x" * 16_000_001, "16,000,001 bytes"),
        ("a.pdf", b"%PDF", "only .md, .txt and .docx"),
        ("a", b"words", "only .md, .txt and .docx"),
        ("a.md", b"# H\nx\n" * 3001, "3,001 sections"),
        ("a.docx", b"", "not a Word document"),
        ("a.docx", b"\xd0\xcf\x11\xe0 an old or encrypted one", "not a Word document"),
        ("a.docx", b"PK\x03\x04 and no more", "not a Word document"),
        ("a.docx", lambda: docx_with("a.docx", hello=b"<a/>"), "not a Word document"),
        ("a.docx", bomb, "70,000,000 bytes when unpacked"),
        ("a.md", lambda: Path("a.md").mkdir(), "not a file"),
        ("a.docx", lambda: Path("a.docx").mkdir(), "not a file"),
        ("a.md", lambda: None, "no such file"),
        ("a.docx", lambda: None, "no such file"),
    ],
)
def test_what_cannot_be_imported_is_one_line_and_leaves_nothing(
    cli: Cli, library: Library, name: str, content: object, said: str
):
    if isinstance(content, bytes):
        Path(name).write_bytes(content)
    else:
        content()  # type: ignore[operator]
    result = cli("import", name, "--out", "out")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert said in line
    assert name in line or "sections" in line
    assert works.list_works(library) == []
    assert not list(Path("out").glob("*"))


@pytest.mark.parametrize(
    ("option", "value"), [("--title", " "), ("--language", "klingon!"), ("--title", "x" * 500)]
)
def test_a_wrong_option_leaves_nothing(cli: Cli, library: Library, option: str, value: str):
    Path("a.md").write_text("words")
    result = cli("import", "a.md", option, value)
    assert result.exit_code == 2
    assert option in result.stderr
    assert works.list_works(library) == []


def test_what_fails_halfway_leaves_nothing(cli: Cli, library: Library, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    Path("book.md").write_bytes(BOOK)
    monkeypatch.setattr("inkwright.memory.store.draft_rows.count_words", full)
    result = cli("import", "book.md")
    assert result.exit_code == 2
    assert "the disk is full" in result.stderr
    assert works.list_works(library) == []


def test_a_set_model_reads_what_is_imported_into_memory(
    cli: Cli, library: Library, model: SimServer
):
    Path("book.md").write_text(
        "# One\n\nThe eye colour of Mara is green. She waits.\n\n# Two\n\nMara goes.\n"
    )
    work = work_of(cli("import", "book.md"))
    (entry,) = [e for e in ledger.load_entries(library, work) if e.attribute == "eye colour"]
    assert entry.span is not None
    text = drafts.current(library, work)["s1"].text
    assert text[entry.span.start : entry.span.end] == "The eye colour of Mara is green."
    assert {c.role for c in model.calls(kind="chat")} == {"archivist"}


def test_without_a_model_memory_is_built_later(cli: Cli, library: Library, sim, monkeypatch):
    Path("book.md").write_text("# One\n\nThe eye colour of Mara is green.\n\n# Two\n\nMara goes.\n")
    result = cli("import", "book.md")
    work = work_of(result)
    assert f"inkwright remember {work}" in result.stdout
    assert ledger.load_entries(library, work) == []
    assert cli("remember", work).exit_code == 2

    monkeypatch.setenv("INKWRIGHT_API_BASE", sim.base)
    monkeypatch.setenv("INKWRIGHT_MODEL", sim.model)
    assert cli("remember", work).exit_code == 0
    assert [e.statement for e in ledger.load_entries(library, work)] == ["green."]
    sim.reset_log()
    assert cli("remember", work).exit_code == 0
    assert sim.calls(kind="chat") == []


def test_an_unreachable_model_leaves_the_work_and_says_how_to_go_on(
    cli: Cli, library: Library, monkeypatch
):
    monkeypatch.setenv("INKWRIGHT_API_BASE", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("INKWRIGHT_MODEL", "m")
    monkeypatch.setenv("INKWRIGHT_TRIES", "1")
    Path("book.md").write_bytes(BOOK)
    result = cli("import", "book.md")
    assert result.exit_code == 3
    assert f"`inkwright remember {works.list_works(library)[0].id}` goes on" in result.stderr


def test_the_api_imports_too(library: Library):
    Path("book.md").write_bytes(BOOK)
    found = inkwright.import_file("book.md", out="out", title="Mine")
    assert (found.title, found.sections, found.new) == ("Mine", 4, True)
    assert Path("out/manuscript.md").read_bytes() == BOOK
    with pytest.raises(inkwright.BadInput, match="no such file"):
        inkwright.import_file("nowhere.md")
