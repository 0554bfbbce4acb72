"""``inkwright sources`` and the sources of a brief, from files to the list of references."""

import json
import re
import zipfile
from pathlib import Path

import docx
import pytest
from pypdf import PdfWriter

from inkwright.app.briefs.loader import read_brief
from inkwright.memory.errors import BadInput
from tests.app.conftest import Cli
from tests.app.port import brief as brief_of
from tests.simserver.process import SimServer

TIDES = "# Tides of Brest\n\nThe tidal range at Brest is 7.2 metres at springs.\n"
SAYS = "The port handles 2.4 million tonnes of goods a year. It has 13 docks in all."
PORT = f"# The port in figures\n\n{SAYS}\n"
BRIEF = brief_of("papers")


@pytest.fixture
def papers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A brief beside a folder of documents."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "tides.md").write_text(TIDES)
    (folder / "port.md").write_text(PORT)
    (folder / "list.bib").write_text("@book{roe1999, title={Ports}, author={Roe, Ann}, year=1999}")
    (tmp_path / "brief.yaml").write_text(BRIEF)
    return folder


@pytest.fixture
def word(papers: Path) -> Path:
    """The same with one of the documents in Word."""
    document = docx.Document()
    document.core_properties.title = "The port in figures"
    document.core_properties.author = "Jean Kerr"
    document.add_paragraph(SAYS)
    document.save(str(papers / "port.docx"))
    (papers / "port.md").unlink()
    return papers


@pytest.mark.parametrize("style", ["numeric", "author-year", "footnote"])
def test_the_list_of_references_is_what_is_cited(
    cli: Cli, model: SimServer, papers: Path, style: str
) -> None:
    Path("brief.yaml").write_text(BRIEF + f"cite: {style}\n")
    assert cli("write", "brief.yaml", "--out", "out", "--yes").exit_code == 0
    text = Path("out/manuscript.md").read_text()
    report = json.loads(Path("out/report.json").read_text())
    cited = {key for c in report["citations"] for key in c["sources"]}
    titles = {s["title"] for s in report["sources"] if s["key"] in cited}
    assert titles == {"Tides of Brest", "The port in figures"}
    assert "[@" not in text
    assert all(title in text for title in titles)
    assert "Ports." not in text
    if style == "numeric":
        body, _, listed = text.partition("## References")
        assert set(re.findall(r"\[(\d+)\]", body)) == set(re.findall(r"\[(\d+)\]", listed))


def test_the_report_shows_the_words_each_claim_rests_on(
    cli: Cli, model: SimServer, papers: Path
) -> None:
    cli("write", "brief.yaml", "--out", "out", "--yes")
    report = json.loads(Path("out/report.json").read_text())
    sources = {"tides": TIDES, "port": PORT}
    assert report["citations"]
    for citation in report["citations"]:
        assert citation["status"] == "supported"
        [passage] = citation["passages"]
        assert passage["quote"] in "\n".join(sources.values())
    assert {s["key"]: bool(s["cited"]) for s in report["sources"]}["roe1999"] is False


def test_the_report_says_what_was_planned_what_is_cited_and_what_rests_on_nothing(
    cli: Cli, model: SimServer, papers: Path, tmp_path: Path
) -> None:
    cli("write", "brief.yaml", "--out", "out", "--yes")
    Path("own.txt").write_text(
        "It has 77 docks [@port]. The tide ran out in 1999. It rose by 7.2 metres [@tides]."
    )
    cli("text", "a-report-about", "s1", "--from", "own.txt")
    Path("own.txt").write_text("It is done.")
    for section in ("s2", "s3"):
        cli("text", "a-report-about", section, "--from", "own.txt")
    cli("resume", "a-report-about", "--out", "new")
    report = json.loads(Path("new/report.json").read_text())
    for source in report["sources"]:
        assert source["unused"] == [s for s in source["planned"] if s not in source["cited"]]
        assert source["unplanned"] == [s for s in source["cited"] if s not in source["planned"]]
    assert [s["key"] for s in report["sources"] if "s1" in s["cited"]] == ["port", "tides"]
    assert any(s["unused"] for s in report["sources"])
    assert any(s["unplanned"] for s in report["sources"])
    assert [c["claim"] for c in report["uncited"]] == ["The tide ran out in 1999."]
    wrong = next(c for c in report["citations"] if "77" in c["claim"])
    assert (wrong["status"], wrong["why"]) == ("unsupported", "77 is not in the passage it cites")

    told = Path("new/report.md").read_text()
    assert "| source | title | cited in | planned, not cited in | cited, not planned in |" in told
    assert "- **unsupported** s1: It has 77 docks [@port]. (77 is not in the passage" in told
    assert "rest on no source:\n\n- s1: The tide ran out in 1999.\n" in told
    listed = cli("sources", "list", "a-report-about").stdout
    assert "planned, and not cited, in " in listed
    assert "cited, and not planned, in s1" in listed


def test_an_edited_manuscript_is_taken_back_with_its_citations(
    cli: Cli, model: SimServer, papers: Path
) -> None:
    cli("write", "brief.yaml", "--out", "out", "--yes")
    file = Path("out/manuscript.md")
    assert "no section has other words" in cli("sync", "out").stdout
    text = file.read_text()
    file.write_text(text.replace("## Tides\n\n", "## Tides\n\nIt is so, by all accounts. "))
    result = cli("sync", "out")
    assert result.exit_code == 0, result.stderr
    shown = cli("text", "a-report-about", "s1").stdout
    assert shown.startswith("It is so, by all accounts.")
    assert ("[1]" in text) == ("[@" in shown) or "[@" in shown


def test_sources_are_added_listed_shown_and_dropped(
    cli: Cli, model: SimServer, word: Path, tmp_path: Path
) -> None:
    cli("write", "brief.yaml", "--yes")
    elsewhere = tmp_path / "fish.txt"
    elsewhere.write_text("Only 6 boats still fish for sardines.")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    added = cli("sources", "add", "a-report", elsewhere, tmp_path / "broken.pdf")
    assert added.stdout.startswith("[@fish] fish.")
    assert "source broken.pdf was not read: it is broken" in added.stderr
    assert "[@fish]" in cli("sources", "list", "a-report").stdout
    told = json.loads(cli("sources", "list", "a-report", "--json").stdout)
    assert {s["key"] for s in told} == {"tides", "kerr2013", "roe1999", "fish"}
    assert "Only 6 boats" in cli("sources", "show", "a-report", "fish").stdout
    assert "sections to check" in cli("sources", "drop", "a-report", "tides").stdout
    wrong = cli("sources", "drop", "a-report", "nobody")
    assert wrong.exit_code == 2
    assert "has no source 'nobody'" in wrong.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("sources: [../secret.txt]", "must lie in the brief's folder"),
        ("sources: [/etc/passwd]", "must lie in the brief's folder"),
        ("sources: ['http://x.org/a.pdf']", "nothing is fetched"),
        ("sources: [none.pdf]", "no such file"),
        ("sources: [{file: a.pdf}]", "expected a path"),
        ("sources: [{path: papers, colour: red}]", "unknown key 'colour'"),
        ("sources: [{text: ''}]", "the text is empty"),
        ("sources: 7", "expected a list"),
        ("sources: [link]", "must lie in the brief's folder"),
    ],
)
def test_a_brief_reaches_no_further_than_its_folder(
    papers: Path, tmp_path: Path, given: str, said: str
) -> None:
    secret = tmp_path.parent / "secret.txt"
    secret.write_text("A secret.")
    (tmp_path / "link").symlink_to(secret)
    (tmp_path / "brief.yaml").write_text(f"request: A note.\n{given}\n")
    with pytest.raises(BadInput, match=said):
        read_brief("brief.yaml")


def test_a_document_that_cannot_be_read_costs_only_itself(word: Path) -> None:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.write(str(word / "scan.pdf"))
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.encrypt("secret", algorithm="AES-256")
    writer.write(str(word / "locked.pdf"))
    with zipfile.ZipFile(word / "bomb.docx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"0" * 60_000_000)
    (word / "latin.txt").write_bytes(b"\xe9t\xe9")

    brief = read_brief("brief.yaml")
    assert {s.title for s in brief.sources} >= {"Tides of Brest", "The port in figures"}
    told = "\n".join(brief.unread)
    for name, why in {
        "scan.pdf": "no text",
        "locked.pdf": "password",
        "bomb.docx": "would unpack",
        "latin.txt": "not UTF-8",
    }.items():
        assert re.search(f"{name} was not read: .*{why}", told)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_file_is_read_as_its_byte_order_mark_says(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "tides.txt").write_text("潮差为七米。\nSept mètres.", encoding=encoding)
    (tmp_path / "b.yaml").write_text("request: A note.\nsources: [tides.txt]\n")
    [source] = read_brief(str(tmp_path / "b.yaml")).sources
    assert source.text == "潮差为七米。\nSept mètres."


def test_text_can_be_given_inline_with_its_key(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(
        "request: A note.\nsources:\n  - {text: It has 6 boats., title: Boats, key: boats24,"
        " authors: Ann Roe, date: 2024}\n"
    )
    [source] = read_brief(str(tmp_path / "b.yaml")).sources
    assert (source.key, source.authors, source.year) == ("boats24", ("Ann Roe",), "2024")


def test_every_export_has_the_citations_and_the_list_that_the_manuscript_has(
    cli: Cli, model: SimServer, papers: Path
) -> None:
    cli("write", "brief.yaml", "--out", "out", "--yes")
    manuscript = Path("out/manuscript.md").read_text()
    for file in ("piece.md", "piece.docx", "piece.zip"):
        assert cli("export", "a-report-about", "--out", file).exit_code == 0, file
    assert Path("piece.md").read_text() == manuscript
    with zipfile.ZipFile("piece.zip") as packed:
        assert packed.read("manuscript.md").decode() == manuscript
    written = "\n".join(p.text for p in docx.Document("piece.docx").paragraphs)
    body, _, listed = written.partition("References")
    assert "[@" not in written
    assert set(re.findall(r"\[(\d+)\]", body)) == set(re.findall(r"\[(\d+)\]", listed)) != set()
