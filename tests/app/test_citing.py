"""Citations in every style and every format: footnotes, styles of CSL, and bibliographies."""

import json
import re
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import docx
import pytest
from pypdf import PdfReader

from inkwright.app.briefs.loader import read_brief
from inkwright.app.documents.loader import read_files
from inkwright.app.export import docx as word
from inkwright.app.export import epub
from inkwright.app.manuscripts import citeproc
from inkwright.memory.citations.references import ManuscriptCitations, format_citations
from inkwright.memory.domain.brief import Csl
from inkwright.memory.domain.source import Source
from inkwright.memory.errors import BadInput
from tests.app.conftest import Cli
from tests.app.port import brief as brief_of
from tests.simserver.process import SimServer

CSL = """<?xml version="1.0" encoding="utf-8"?>
<style xmlns="http://purl.org/net/xbiblio/csl" class="{kind}" version="1.0">
  <info><title>Ours</title><id>ours</id><updated>2024-01-01T00:00:00+00:00</updated></info>
  <citation><layout delimiter="{delimiter}" {around}>{citation}</layout></citation>
  <bibliography><sort><key variable="title"/></sort>
    <layout suffix="."><group delimiter=". ">
      <text variable="title" font-style="italic"/>
      <names variable="author"><name name-as-sort-order="all" initialize-with=". "/></names>
      <text variable="container-title"/><date variable="issued" form="text" date-parts="year"/>
    </group></layout></bibliography>
</style>
"""
NUMBER = '<text variable="citation-number" vertical-align="sup"/>'
TITLE = (
    '<group delimiter=", "><text variable="title" font-style="italic"/>'
    '<group delimiter=" "><label variable="locator" form="short"/><text variable="locator"/>'
    "</group></group>"
)
NAME = '<names variable="author"><name form="short"/></names>'
STYLES = {
    "raised.csl": CSL.format(kind="in-text", delimiter=",", around="", citation=NUMBER),
    "names.csl": CSL.format(
        kind="in-text", delimiter="; ", around='prefix="&#60;" suffix="&#62;"', citation=NAME
    ),
    "notes.csl": CSL.format(kind="note", delimiter="; ", around='suffix="."', citation=TITLE),
}
WHOLE = (0, 4)
"""Exit codes of a piece with all its sections; one that repeats another is flagged."""
BIB = """\
@article{goff2020, title={Tides of Brest}, author={Le Goff, Anna and van der Berg, Jan},
  journal={Annals of the Sea}, volume={7}, pages={1--9}, year=2020, doi={10.1000/tides}}
@book{roe1999, title={Never cited}, author={Roe, Ann}, publisher={Quay}, year=1999}
"""
BRIEF = brief_of("goff2020.md, port.md, list.bib")
GOFF = Source(key="goff2020", title="Tides of Brest", authors=("Anna Le Goff",), date="2020")
KERR = Source(key="kerr", title="The 2 ports", authors=("Jean Kerr", "Bo Li"), date="2022")
ZHANG = Source(key="zhang2019", title="潮汐研究", authors=("张三",), date="2019")
SOURCES = {s.key: s for s in (GOFF, KERR, ZHANG)}
TEXTS = {
    "s1": "It rose by 7 m² [@goff2020]. Two say so [@kerr; @goff2020]. So [1] it is [@goff2020].",
    "s2": "He wrote² of it [@zhang2019]; others too [@kerr].",
}
PAGED = {
    "s1": "It rose [@goff2020, p. 3]. It fell [see @kerr, pp. 4-5; @goff2020]. So [@goff2020].",
    "s2": "It ebbed [@goff2020，第 3 页]. Both say it [@kerr and @goff2020].",
}


@pytest.fixture
def brief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("goff2020.md").write_text(
        "# Tides\n\nThe tidal range at Brest is 7.2 metres at springs.\n"
        "A storm in 1987 raised the water by 2.1 metres above the tables.\n"
        "The gauge was built in 1807 and has run for 200 years.\n"
        "Its readings are sent to Paris every 6 hours by a cable under the sea.\n"
        "In 1846 the keeper moved the gauge by 40 paces to the inner wall.\n"
    )
    Path("port.md").write_text(
        "# The port in figures\n\nThe port handles 2.4 million tonnes of goods a year.\n"
        "It has 13 docks in all, and 3 of them are dry.\n"
        "Some 1,200 people work on the quays on any day of the week.\n"
        "The northern crane lifts 350 tonnes and was paid for in 1974.\n"
        "Only 6 boats still fish for sardines from the western basin.\n"
    )
    Path("list.bib").write_text(BIB)
    for name, text in STYLES.items():
        Path(name).write_text(text)
    Path("brief.yaml").write_text(BRIEF)
    return tmp_path


def looks(style: str, texts: Mapping[str, str] = TEXTS) -> ManuscriptCitations:
    """Return texts in a style."""
    if style not in STYLES:
        return ManuscriptCitations(
            texts, SOURCES, format_citations(texts, SOURCES, style, han=False)
        )  # type: ignore[arg-type]
    csl = Csl(name=style, text=STYLES[style])
    return ManuscriptCitations(
        texts, SOURCES, citeproc.format_citations(texts, SOURCES, csl, "en", han=False)
    )


EVERY = ("numeric", "author-year", "footnote", *STYLES)


@pytest.mark.parametrize("texts", [TEXTS, PAGED], ids=["plain", "paged"])
@pytest.mark.parametrize("style", EVERY)
def test_what_is_shown_is_taken_back_as_it_was(style: str, texts: dict[str, str]) -> None:
    cited = looks(style, texts)
    shown = "\n\n".join(
        [*(cited.get_formatted_text(sid) for sid in texts), cited.build_endmatter()]
    )
    assert "[@" not in shown
    assert cited.restore_citations(f"{shown}\n") == "\n\n".join(texts.values()) + "\n"


@pytest.mark.parametrize("style", EVERY)
def test_an_edit_keeps_the_citations_around_it(style: str) -> None:
    cited = looks(style)
    body = f"{cited.get_formatted_text('s1')} New words. {cited.get_formatted_text('s2')}".replace(
        "Two say so", "Both do"
    )
    back = cited.restore_citations(f"{body}\n\n{cited.build_endmatter()}\n")
    assert back == f"{TEXTS['s1']} New words. {TEXTS['s2']}\n".replace("Two say so", "Both do")


def test_a_style_of_csl_writes_citations_and_list_in_its_own_way() -> None:
    raised = looks("raised.csl")
    assert raised.get_formatted_text("s1").startswith(
        "It rose by 7 m²². Two say so¹,². So [1] it is²."
    )
    assert raised.build_endmatter().splitlines()[0] == "## References"
    assert "*Tides of Brest*. Le Goff, A." in raised.build_endmatter()
    assert "<Kerr, Li; Le Goff>" in looks("names.csl").get_formatted_text("s1").replace("\\", "")
    notes = looks("notes.csl")
    assert notes.notes[1] == "*The 2 ports*; *Tides of Brest*."
    assert notes.get_formatted_text("s2") == "He wrote² of it[^4]; others too[^5]."


def test_a_work_is_told_in_full_in_its_first_note_and_shortly_after() -> None:
    notes = looks("footnote").notes
    assert notes[0] == "Anna Le Goff (2020). Tides of Brest."
    assert notes[1] == "Jean Kerr, Bo Li (2022). The 2 ports. Le Goff, 2020."


def test_a_page_and_the_words_about_a_source_are_shown_with_it() -> None:
    numeric, named, notes = (looks(s, PAGED) for s in ("numeric", "author-year", "footnote"))
    assert (
        numeric.get_formatted_text("s1")
        == "It rose [1, p. 3]. It fell [1; see 2, pp. 4-5]. So [1]."
    )
    assert numeric.get_formatted_text("s2") == "It ebbed [1, 第 3 页]. Both say it [1, 2]."
    assert named.get_formatted_text("s1") == (
        "It rose (Le Goff, 2020, p. 3). It fell (see Kerr and Li, 2022, pp. 4-5; Le Goff, 2020). "
        "So (Le Goff, 2020)."
    )
    assert notes.notes[:2] == (
        "Anna Le Goff (2020). Tides of Brest, p. 3.",
        "see Jean Kerr, Bo Li (2022). The 2 ports, pp. 4-5. Le Goff, 2020.",
    )
    assert looks("notes.csl", PAGED).notes[:2] == (
        "*Tides of Brest*, p. 3.",
        "See *The 2 ports*, pp. 4–5; *Tides of Brest*.",
    )


def test_works_that_would_be_cited_alike_are_told_apart_and_one_of_nobody_has_its_title() -> None:
    three = ("Ann Roe", "Bo Li"), ("Ann Roe", "Cy Fox"), ()
    sources = {
        k: Source(key=k, title=f"Work {k}", authors=(*a, "Di Gow") if a else (), date="2020")
        for k, a in zip("abc", three, strict=True)
    }
    texts = {"s1": "It is so [@a]. It is [@b]. It is [@c]."}
    cited = ManuscriptCitations(
        texts, sources, format_citations(texts, sources, "author-year", han=False)
    )
    assert cited.get_formatted_text("s1") == (
        "It is so (Roe et al., 2020a). It is (Roe et al., 2020b). It is (Work c, 2020)."
    )
    assert cited.build_endmatter().splitlines()[2:] == [
        "Ann Roe, Bo Li, Di Gow (2020a). Work a.",
        "",
        "Ann Roe, Cy Fox, Di Gow (2020b). Work b.",
        "",
        "Work c (2020).",
    ]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("../out.csl", STYLES["names.csl"], "a style must lie in the brief's folder"),
        ("a.csl", "not XML", "not a CSL style"),
        ("a.csl", "<style/>", "not a CSL style"),
        ("a.csl", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "declares entities"),
        (
            "a.csl",
            STYLES["names.csl"].replace(
                "<id>", '<link href="http://x.org/apa" rel="independent-parent"/><id>'
            ),
            "only points to the style apa",
        ),
        ("a.csl", STYLES["names.csl"].replace("layout", "lay"), "could not make"),
        ("http://x.org/apa.csl", "", "nothing is fetched"),
        ("apa", "", "expected numeric, author-year, footnote, or the name of a .csl file"),
    ],
)
def test_a_style_that_cannot_be_used_is_told_before_anything_is_written(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    folder = tmp_path / "brief"
    folder.mkdir()
    if text:
        (folder / name).write_text(text)
    (folder / "b.yaml").write_text(f"request: A note.\ncite: {name}\n")
    with pytest.raises(BadInput, match=re.escape(said)) as fault:
        read_brief(str(folder / "b.yaml"))
    assert "\n" not in str(fault.value)


def test_every_format_has_the_footnotes_as_notes(cli: Cli, model: SimServer, brief: Path) -> None:
    Path("brief.yaml").write_text(BRIEF + "cite: notes.csl\n")
    assert cli("write", "brief.yaml", "--out", "out", "--yes").exit_code in WHOLE
    text = Path("out/manuscript.md").read_text()
    called = re.findall(r"\[\^(\d+)\](?!:)", text)
    assert called == re.findall(r"^\[\^(\d+)\]:", text, re.MULTILINE)
    assert called
    for kind in ("md", "docx", "epub", "pdf"):
        assert cli("export", "a-report", "--out", f"piece.{kind}").exit_code == 0
    assert Path("piece.md").read_text() == text

    body = "\n".join(p.text for p in docx.Document("piece.docx").paragraphs)
    assert "[^" not in body
    with zipfile.ZipFile("piece.docx") as packed:
        calls = packed.read("word/document.xml").decode().count("<w:footnoteReference ")
    assert calls == len(called)
    assert "TidesofBrest" in word.extract_notes(Path("piece.docx").read_bytes())
    book = Path("piece.epub").read_bytes()
    notes = epub.extract_notes(book)
    assert "[^" not in epub.extract_words(book)
    assert notes.count("TidesofBrest") + notes.count("Theportinfigures") >= len(called)
    pages = "".join(
        p.extract_text() for p in PdfReader(BytesIO(Path("piece.pdf").read_bytes())).pages
    )
    assert "[^" not in pages
    assert "Tides of Brest" in pages


def test_the_references_of_a_csl_style_are_what_is_cited_in_every_format(
    cli: Cli, model: SimServer, brief: Path
) -> None:
    Path("brief.yaml").write_text(BRIEF + "cite: raised.csl\n")
    assert cli("write", "brief.yaml", "--out", "out", "--yes").exit_code in WHOLE
    report = json.loads(Path("out/report.json").read_text())
    cited = {key for c in report["citations"] for key in c["sources"]}
    assert cited == {"goff2020", "port"}
    text = Path("out/manuscript.md").read_text()
    assert "*Tides of Brest*. Le Goff, A., Berg, J. van der. Annals of the Sea. 2020." in text
    assert "Never cited" not in text
    assert "no section has other words" in cli("sync", "out").stdout
    for kind in ("docx", "epub", "pdf"):
        assert cli("export", "a-report", "--out", f"piece.{kind}").exit_code == 0
    written = "\n".join(p.text for p in docx.Document("piece.docx").paragraphs)
    assert "Tides of Brest. Le Goff, A., " in written
    assert "Never cited" not in written


def test_a_bibliography_goes_out_with_the_keys_it_came_in_with(
    cli: Cli, model: SimServer, brief: Path
) -> None:
    assert cli("write", "brief.yaml", "--yes").exit_code in WHOLE
    assert cli("export", "a-report", "--out", "cited.bib").exit_code == 0
    every = cli("sources", "list", "a-report", "--bib").stdout
    Path("every.bib").write_text(every)
    read, unread = read_files([Path("cited.bib"), Path("every.bib")])
    assert unread == []
    cited, all_of_them = (read[Path(f)] for f in ("cited.bib", "every.bib"))
    assert sorted(s.key for s in cited) == ["goff2020", "port"]
    assert {s.key for s in all_of_them} == {"goff2020", "port", "roe1999"}
    back = next(s for s in cited if s.key == "goff2020")
    assert back.title == "Tides of Brest"
    assert back.authors == ("Anna Le Goff", "Jan van der Berg")
    assert back.more["container-title"] == "Annals of the Sea"
    assert (back.more["volume"], back.more["DOI"]) == ("7", "10.1000/tides")


def test_a_piece_that_cites_nothing_has_no_bibliography(
    cli: Cli, model: SimServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cli("write", "A note about the moon.", "--words", 150, "--yes")
    result = cli("export", "a-note-about", "--format", "bib")
    assert result.exit_code == 2
    assert "cites no source" in result.stderr
