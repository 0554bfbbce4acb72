"""Documents of every kind: what is read of each, and what each says of itself."""

import datetime as dt
import re
import zipfile
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
import typst
from ebooklib import epub

import inkwright
from inkwright.app.documents.loader import LoadedSources, load_sources, read_files
from inkwright.app.documents.uploads import add_uploads
from inkwright.app.export.pdf import find_chinese_fonts
from inkwright.memory.domain.source import Source
from inkwright.memory.errors import BadInput
from inkwright.memory.store.sources import assign_keys
from tests.app.conftest import Cli
from tests.simserver.process import SimServer

WHEN = dt.datetime(2021, 3, 4, tzinfo=dt.UTC).replace(tzinfo=None)
DBLP = """\
@inproceedings{DBLP:conf/nips/VaswaniS17, title={Attention}, author={Ashish Vaswani}, year=2017}
@article{o'neil+2001, title={Signs}, author={O'Neil, P.}, year=2001}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def word(file: str) -> None:
    document = docx.Document()
    about = document.core_properties
    about.title, about.author, about.created = "Of docks", "Ann Roe; Bo Li", WHEN
    document.add_paragraph("There are 13 docks.")
    document.save(file)


def slides(file: str) -> None:
    made = pptx.Presentation()
    for words in ("There are 13 docks.", "The crane lifts 350 tonnes."):
        slide = made.slides.add_slide(made.slide_layouts[1])
        slide.shapes.title.text = "A slide"
        slide.placeholders[1].text = words
    about = made.core_properties
    about.title, about.author, about.created = "Of docks", "Ann Roe; Bo Li", WHEN
    made.save(file)


def sheets(file: str) -> None:
    made = openpyxl.Workbook()
    made.active.append(["docks", 13])
    about = made.properties
    about.title, about.creator, about.created = "Of docks", "Ann Roe; Bo Li", WHEN
    made.save(file)


def page(file: str) -> None:
    Path(file).write_text(
        "<html><head><title>Of docks</title><meta name='citation_author' content='Ann Roe'>"
        "<meta name='citation_author' content='Bo Li'><meta property='article:published_time' "
        "content='2021-03-04T10:00'></head><body><p>There are 13 docks.</p></body></html>"
    )


def markdown(file: str) -> None:
    Path(file).write_text(
        "---\ntitle: Of docks\nauthor:\n  - Ann Roe\n  - name: Bo Li\ndate: 2021-03-04\n---\n\n"
        "# Docks\n\nThere are 13 docks.\n"
    )


def book(file: str) -> None:
    made = epub.EpubBook()
    made.set_identifier("docks")
    made.set_title("Of docks")
    made.add_author("Ann Roe")
    made.add_author("Bo Li")
    made.add_metadata("DC", "date", "2021-03-04")
    chapter = epub.EpubHtml(
        title="One", file_name="one.xhtml", content="<p>There are 13 docks.</p>"
    )
    made.add_item(chapter)
    made.spine = [chapter]
    made.add_item(epub.EpubNcx())
    epub.write_epub(file, made)


def pages(file: str, body: str = "There are 13 docks.") -> None:
    Path("made.typ").write_text(
        '#set document(title: "Of docks", author: ("Ann Roe", "Bo Li"), '
        f"date: datetime(year: 2021, month: 3, day: 4))\n{body}"
    )
    fonts = typst.Fonts(font_paths=[find_chinese_fonts() or "."])
    typst.compile("made.typ", output=file, font_paths=fonts)


KINDS = {
    "a.docx": (word, "2021"),
    "a.pptx": (slides, "2021"),
    "a.xlsx": (sheets, "2021"),
    "a.pdf": (pages, "2021"),
    "a.html": (page, "2021-03-04"),
    "a.md": (markdown, "2021-03-04"),
    "a.epub": (book, "2021-03-04"),
}


def read(*names: str) -> list[Source]:
    found, unread = read_files([Path(name) for name in names])
    assert unread == []
    return [source for name in names for source in found[Path(name)]]


def test_every_kind_keeps_its_title_its_authors_and_its_date(folder: Path) -> None:
    for name, (make, _) in KINDS.items():
        make(name)
    for source in read(*KINDS):
        told = (source.title, source.authors, source.date)
        assert told == ("Of docks", ("Ann Roe", "Bo Li"), KINDS[source.name][1]), source.name
        assert "13" in source.text
        assert "Ann Roe" not in source.text


def test_slides_and_pages_are_told_apart(folder: Path) -> None:
    slides("a.pptx")
    pages("a.pdf", "There are 13 docks. #pagebreak() The crane lifts 350 tonnes.")
    for source in read("a.pptx", "a.pdf"):
        assert source.page_at(source.text.index("docks")) == 1
        assert source.page_at(source.text.index("crane")) == 2


def test_the_lines_of_a_justified_page_are_whole_paragraphs(folder: Path) -> None:
    english = "The keeper of the old gauge wrote every reading down and sent it to Paris. " * 6
    chinese = "港口的看守人每天记录水位并将读数送往巴黎，港口共有13个船坞，其中3个是干船坞。" * 6
    font = 'font: "Noto Serif SC"'
    look = f"#set page(columns: 2)\n#set par(justify: true)\n#set text({font})\n"
    pages("a.pdf", f"{look}= The gauge\n\n{english}\n\n{chinese}")
    [source] = read("a.pdf")
    assert source.text.splitlines()[0] == "The gauge"
    assert english.strip() in source.text
    assert "港口的看守人每天记录水位并将读数送往巴黎，港口共有" in source.text
    assert chinese in re.sub(r"[^\S\n]+", "", source.text)


def test_a_bibliography_keeps_its_keys_and_says_which_it_could_not(folder: Path) -> None:
    Path("list.bib").write_text(DBLP + "@book{a, title={A}}\n@book{a, title={B}}\n")
    Path("none.bib").write_text("% nothing yet\n")
    found = load_sources(["list.bib", "none.bib"], folder, "b")
    assert [s.key for s in found.sources] == ["DBLP:conf/nips/VaswaniS17", "o_neil+2001", "a"]
    assert found.unread == (
        "source list.bib: o'neil+2001 is cited as @o_neil+2001",
        "source list.bib: it has a more than once; the first counts",
        "source none.bib was not read: there is no reference in it",
    )


def test_what_is_given_twice_is_one_source(folder: Path) -> None:
    Path("one.bib").write_text("@book{roe1999, title={Ports}, year=1999}")
    Path("two.bib").write_text("@book{roe1999, title={Ports}, year=1999}")
    Path("tides.txt").write_text("The tide rises 7 metres.")
    Path("again.txt").write_text("The tide rises 7 metres.")
    found = load_sources([".", {"path": "tides.txt", "key": "mine"}], folder, "b")
    assert sorted(s.key for s in assign_keys(found.sources)) == ["again", "roe1999"]
    Path("again.txt").unlink()
    found = load_sources([".", {"path": "tides.txt", "key": "mine"}], folder, "b")
    assert sorted(s.key for s in assign_keys(found.sources)) == ["mine", "roe1999"]


def test_a_reference_with_an_abstract_tells_what_its_file_is(folder: Path) -> None:
    Path("list.bib").write_text(
        "@article{goff2020, title={Tides}, author={Le Goff, Anna}, year=2020, journal={Sea},"
        " abstract={It is about tides.}}"
    )
    Path("goff2020.txt").write_text("The tide rises 7 metres.")
    [source] = assign_keys(load_sources(["."], folder, "b").sources)
    assert (source.key, source.authors) == ("goff2020", ("Anna Le Goff",))
    assert source.text == "The tide rises 7 metres."


def test_what_is_hidden_in_a_folder_is_left_out(folder: Path) -> None:
    for name in ("notes.md", ".git/notes.md", ".notes.md", "~$notes.docx"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("The tide rises 7 metres.")
    found = load_sources(["."], folder, "b")
    assert [s.name for s in found.sources] == ["notes.md"]
    assert found.unread == ()


def test_an_office_file_that_is_none_is_one_clear_line(folder: Path) -> None:
    old = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4000)
    for name in ("a.docx", "a.pptx", "a.xlsx", "a.epub"):
        KINDS[name][0](name)
        whole = Path(name).read_bytes()
        Path(f"cut{name}").write_bytes(whole[: len(whole) // 2])
        Path(f"text{name}").write_bytes(b"just text")
        Path(f"old{name}").write_bytes(old)
        Path(name).unlink()
    found = load_sources(["."], folder, "b")
    assert found.sources == ()
    assert len(found.unread) == 12
    for line in found.unread:
        why = "it has a password" if line.startswith("source old") else "it is broken, or no ."
        assert f"was not read: {why}" in line
        assert str(folder) not in line


def test_what_programs_call_a_document_is_no_title(folder: Path) -> None:
    word("a.docx")
    renamed = docx.Document("a.docx")
    renamed.core_properties.title = "Microsoft Word - final draft.docx"
    renamed.add_heading("Of docks", 1)
    renamed.save("a.docx")
    [source] = read("a.docx")
    assert source.title == "Of docks"


PARTS = (
    ("a.docx", "word/document.xml"),
    ("a.docx", "docProps/core.xml"),
    ("a.pptx", "ppt/slides/slide1.xml"),
    ("a.xlsx", "xl/worksheets/sheet1.xml"),
    ("a.epub", "EPUB/one.xhtml"),
    ("a.epub", "EPUB/content.opf"),
)


def test_entities_do_no_harm_wherever_they_stand(folder: Path) -> None:
    Path("secret.txt").write_text("The secret word is 4177.")
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    heads = {
        "laughs": (f'<!ENTITY a0 "haha">{laughs}', "&a11;"),
        "square": (f'<!ENTITY a "{"x" * 50_000}">', "&a;" * 20_000),
        "outside": (f'<!ENTITY a SYSTEM "file://{folder}/secret.txt">', "&a;"),
    }
    for name in ("a.docx", "a.pptx", "a.xlsx", "a.epub"):
        KINDS[name][0](name)
    files = []
    for kind, (entities, used) in heads.items():
        for number, (name, part) in enumerate(PARTS):
            file = Path(f"{kind}{number}{Path(name).suffix}")
            with zipfile.ZipFile(name) as given, zipfile.ZipFile(file, "w", 8) as made:
                for inside in given.namelist():
                    text = given.read(inside)
                    made.writestr(inside, _with(text, entities, used) if inside == part else text)
            files.append(file)
    found, unread = read_files(files)
    told = str(found)
    assert "4177" not in told
    assert "haha" not in told
    assert len(told) < 20_000
    assert len(unread) >= len(heads)
    assert not any(str(folder) in line.replace(str(folder / "secret.txt"), "") for line in unread)


def _with(part: bytes, entities: str, used: str) -> str:
    """Return a part of an Office file or a book with ``entities`` declared, and ``used`` in it."""
    body = re.sub(r"^(?:<\?xml[^>]*\?>|<!DOCTYPE[^>]*>|\s)+", "", part.decode())
    [root] = re.findall(r"\A<([\w:]+)", body)
    body = re.sub(r">([^<>]+)<", rf">{used}\1<", body, count=1)
    return f'<?xml version="1.0"?><!DOCTYPE {root} [{entities}]>{body}'


def test_a_name_of_several_lines_is_told_on_one(folder: Path) -> None:
    Path("two\nlines.pdf").write_bytes(b"%PDF-1.4 nothing")
    _, [line] = read_files([Path("two\nlines.pdf")])
    assert line.startswith("source two lines.pdf was not read")


def test_a_bibliography_is_read_again_when_it_has_grown(
    cli: Cli, model: SimServer, folder: Path
) -> None:
    Path("list.bib").write_text("@book{roe1999, title={Ports}, year=1999}\n")
    Path("tides.txt").write_text("The tide rises 7 metres at springs in Brest harbour.")
    Path("b.yaml").write_text(
        "request: A note about tides.\noutline: [{title: One, words: 60}]\n"
        "sources: [list.bib, tides.txt]\n"
    )
    cli("write", "b.yaml", "--yes")
    Path("list.bib").write_text(Path("list.bib").read_text() + "@book{li2001, title={Quays}}\n")
    added = cli("sources", "add", "a-note", "list.bib")
    assert added.exit_code == 0, added.stderr
    assert re.findall(r"\[@(\w+)\]", added.stdout) == ["li2001"]
    cli("sources", "drop", "a-note", "roe1999")
    assert cli("sources", "add", "a-note", "list.bib").exit_code == 0
    listed = cli("sources", "list", "a-note").stdout
    assert re.findall(r"^\[@(\w+)\]", listed, re.MULTILINE) == ["roe1999", "tides", "li2001"]
    none = cli("sources", "add", "a-note", "nothing.pdf")
    assert none.exit_code == 2
    assert "no such file" in none.stderr


def test_what_is_uploaded_is_added_once_whatever_its_name(folder: Path) -> None:
    first = add_uploads(
        LoadedSources(sources=()),
        [
            ("one.bib", b"@book{roe1999, title={Ports}}"),
            (f"{'潮汐' * 90}.txt", b"The tide rises 7 metres."),
            ("../../up.txt", b"It has 13 docks."),
            ("C:\\papers\\no\0tes.md", b"# Notes"),
            ("broken.pdf", b"%PDF-1.4 nothing"),
        ],
    )
    assert [s.title or s.text for s in first.sources] == [
        "Ports",
        "The tide rises 7 metres.",
        "It has 13 docks.",
        "Notes",
    ]
    assert [s.name for s in first.sources[2:]] == ["up.txt", "notes.md"]
    assert len(first.unread) == 1
    again = add_uploads(
        first,
        [("two.bib", b"@book{roe1999, title={Ports}}\n@book{li2001, title={Quays}}")],
    )
    assert [s.key for s in again.sources] == ["roe1999", "", "", "", "li2001"]
    assert again.unread == first.unread


def test_what_is_only_to_be_said_of_a_document_does_not_keep_a_program_from_it(
    folder: Path,
) -> None:
    pages("a.pdf", "There are 13 docks. #pagebreak() #pagebreak()")
    Path("list.bib").write_text(DBLP)
    assert len(inkwright.read_sources("a.pdf", "list.bib", "a.pdf")) == 3
    Path("broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    with pytest.raises(BadInput, match=r"broken\.pdf was not read"):
        inkwright.read_sources(folder)


def test_a_bibliography_alone_is_said_to_bear_nothing(
    cli: Cli, model: SimServer, folder: Path
) -> None:
    Path("list.bib").write_text(DBLP)
    Path("b.yaml").write_text(
        "request: A note on ports.\noutline: [{title: One, words: 60}]\nsources: [list.bib]\n"
    )
    done = cli("write", "b.yaml", "--yes")
    assert "2 of 2 sources are references alone: nothing can rest on them" in done.stdout
