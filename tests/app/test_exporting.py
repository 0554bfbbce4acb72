"""``inkwright export``: files that open, hold every word, and take nothing for what it is not."""

import re
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import docx
import pytest
from ebooklib import ITEM_DOCUMENT, epub
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import inkwright
from inkwright.app.export import formats, markdown_to_pandoc, pdf
from inkwright.app.files import pandoc
from inkwright.memory.errors import BadInput
from inkwright.memory.store.library import Library
from tests.app.conftest import Cli
from tests.builders import built, outline, sections

PROSE = """\
He paid $5 and $10 -- no, 1--2 dollars... for <script>alert(1)</script> & "quotes".
It cost -3 and -? [@key] @smith {#id} ~sub~ ^sup^ :smile: \\newcommand{x} https://a.b/c//d

<script>
evil("x")
</script>

1986. A great year.

\tAn indented line is no code.
The scene ends here.
***
*Then* **bold** and `code -- here` and [a link](https://example.org/x) [bad](javascript:x).

| name | age |
|------|----:|
| Ann  |  41 |

- first
- second

3. three
4. four
"""
CHINESE = """\
他说**“好。”**然后*走了*，——……再见。
“你来了？”
“来了。”

***

　　第二场：灯塔。
　　又一段，龘。
"""
BOOK = f"# On <b>Tides</b> & *more*\n\n## Ebb\n\n{PROSE}\n## 涨潮\n\n{CHINESE}\n## Gone\n"
SAID = (
    'He paid $5 and $10 -- no, 1--2 dollars... for <script>alert(1)</script> & "quotes".',
    "It cost -3 and -? [@key] @smith {#id} ~sub~ ^sup^ :smile: \\newcommand{x}",
    "https://a.b/c//d",
    'evil("x")',
    "An indented line is no code.",
    "Then bold and code -- here and a link [bad](javascript:x).",
    "41",
    "他说“好。”然后走了，——……再见。",
    "“你来了？”",
    "第二场：灯塔。",
    "又一段，龘。",
    "[Missing: section s3, “Gone”]",
)


@pytest.fixture
def work(cli: Cli) -> str:
    Path("book.md").write_text(BOOK)
    return inkwright.import_file("book.md").work


def without_space(text: str) -> str:
    return "".join(text.split()).replace("\u200b", "").replace("\xad", "")


def holds(text: str, said: tuple[str, ...] = SAID) -> None:
    """Fail where something is not said, or not in this order."""
    rest = without_space(text)
    for words in said:
        before, found, rest = rest.partition(without_space(words))
        assert found, f"{words!r} is not in {before[:2000]!r}"


def pdf_text(file: Path) -> str:
    done = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True)
    return done.stdout.decode()


def chapters(file: Path) -> list[str]:
    """Return the chapters' markup, in reading order."""
    book = epub.read_epub(str(file))
    items = {item.get_name(): item for item in book.get_items_of_type(ITEM_DOCUMENT)}
    return [items[n].get_content().decode() for n in sorted(items) if "ch0" in n]


def test_word_opens_with_title_contents_headings_and_every_word(cli: Cli, work: str):
    result = cli("export", work, "--format", "docx", "--out", "a.docx", "--author", "A. Writer")
    assert result.exit_code == 1
    assert "not written yet: s3 “Gone”" in result.stderr
    found = docx.Document("a.docx")
    styles: dict[str, list[str]] = {}
    for paragraph in found.paragraphs:
        styles.setdefault(paragraph.style.name, []).append(paragraph.text)
    assert styles["Title"] == ["On <b>Tides</b> & *more*"]
    assert styles["Author"] == ["A. Writer"]
    assert styles["Heading 1"] == ["Ebb", "涨潮", "Gone"]
    assert len(styles["Scene Break"]) == 2
    links = [h for p in found.paragraphs for h in p.hyperlinks if h.fragment]
    assert [link.text for link in links] == ["Ebb", "涨潮", "Gone"]
    assert {link.fragment for link in links} <= bookmarks(found)
    assert [c.text for c in found.tables[0].rows[1].cells] == ["Ann", "41"]
    assert found.core_properties.title == "On <b>Tides</b> & *more*"
    holds("\n".join(t.text or "" for t in found.element.body.iter(f"{W}t")))


W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def bookmarks(found: Any) -> set[str]:
    return {b.get(f"{W}name") for b in found.element.body.iter(f"{W}bookmarkStart")}


def test_word_emphasises_what_was_emphasised_and_nothing_else(cli: Cli, work: str):
    cli("export", work, "--out", "a.docx")
    runs = [r for p in docx.Document("a.docx").paragraphs for r in p.runs]
    assert "".join(r.text for r in runs if r.bold) == "bold“好。”"
    assert "".join(r.text for r in runs if r.italic).startswith("Then走了[Missing:")


def test_a_reference_document_gives_its_styles(cli: Cli, work: str):
    mine = docx.Document()
    mine.styles["Heading 1"].font.name = "Courier Prime"
    mine.save("mine.docx")
    result = cli("export", work, "--out", "a.docx", "--reference-doc", "mine.docx")
    assert result.exit_code == 1
    found = docx.Document("a.docx")
    assert found.styles["Heading 1"].font.name == "Courier Prime"
    assert next(p.text for p in found.paragraphs if p.style.name == "Heading 1") == "Ebb"
    Path("no.docx").write_bytes(b"PK no")
    result = cli("export", work, "--out", "b.docx", "--reference-doc", "no.docx")
    assert (result.exit_code, Path("b.docx").exists()) == (2, False)
    assert "no.docx: not a Word document" in result.stderr


def test_an_epub_opens_with_a_chapter_for_each_heading(cli: Cli, work: str):
    assert cli("export", work, "--out", "a.epub", "--language", "zh-CN").exit_code == 1
    book = epub.read_epub("a.epub")
    assert book.get_metadata("DC", "title")[0][0] == "On <b>Tides</b> & *more*"
    assert book.get_metadata("DC", "language")[0][0] == "zh-CN"
    assert [entry.title for entry in book.toc] == ["Ebb", "涨潮", "Gone"]
    found = chapters(Path("a.epub"))
    assert len(found) == 3
    assert not any("<script" in chapter for chapter in found)
    assert 'href="javascript' not in "".join(found)
    assert '<div class="scene-break">' in found[1]
    assert "<em>走了</em>" in found[1]
    holds("".join("".join(ET.fromstring(c.encode()).itertext()) for c in found))
    with zipfile.ZipFile("a.epub") as archive:
        assert archive.namelist()[0] == "mimetype"


def test_a_pdf_holds_chinese_and_every_word_as_it_was_typed(cli: Cli, work: str):
    assert cli("export", work, "--out", "a.pdf", "--language", "en").exit_code == 1
    text = pdf_text(Path("a.pdf"))
    holds(text)
    assert text.index("Contents") < text.index("He paid")
    told = subprocess.run(["pdfinfo", "a.pdf"], capture_output=True, check=True).stdout.decode()
    assert "On <b>Tides</b> & *more*" in told
    fonts = subprocess.run(["pdffonts", "a.pdf"], capture_output=True, check=True).stdout.decode()
    assert "NotoSerifSC" in fonts


def test_markdown_is_the_manuscript(cli: Cli, work: str):
    assert cli("export", work).exit_code == 1
    assert Path("On-b-Tides-b-more.md").read_text() == BOOK


@pytest.mark.parametrize("end", ["md", "docx", "epub", "pdf"])
def test_chosen_sections_go_out_alone(cli: Cli, work: str, end: str):
    out = Path(f"a.{end}")
    result = cli("export", work, "--out", out, "--sections", "2", "--no-contents")
    assert (result.exit_code, result.stderr) == (0, "")
    read: dict[str, Callable[[Path], str]] = {
        "md": Path.read_text,
        "docx": lambda f: "\n".join(p.text for p in docx.Document(str(f)).paragraphs),
        "epub": lambda f: "".join(chapters(f)),
        "pdf": pdf_text,
    }
    text = read[end](out)
    assert "第二场：灯塔。" in text
    assert "He paid" not in text
    assert "Gone" not in text


def test_a_file_that_a_person_changed_is_left_alone(cli: Cli, work: str):
    assert cli("export", work, "--out", "a.epub", "--sections", "s1").exit_code == 0
    assert cli("export", work, "--out", "a.epub", "--sections", "s2").exit_code == 0
    Path("a.epub").write_bytes(b"mine")
    result = cli("export", work, "--out", "a.epub", "--sections", "s1")
    assert "a-2.epub" in result.stdout
    assert "a.epub was changed since" in result.stderr
    assert Path("a.epub").read_bytes() == b"mine"
    assert epub.read_epub("a-2.epub").get_metadata("DC", "title")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sections", "s9"), "no section 's9'; it has s1 to s3"),
        (("--sections", ","), "--sections is empty"),
        (("--sections", "s3"), "none of these sections has any text yet"),
        (("--format", "docx", "--out", "a.pdf"), "ends in .docx"),
        (("--format", "pdf", "--reference-doc", "x.docx"), "--reference-doc is for"),
        (("--language", "english!"), "--language"),
        (("--out", "a.pdf", "--fonts", "nowhere"), "not a folder"),
        (("--format", "archive", "--sections", "s1"), "whole work"),
        (("--out", f"{'x' * 251}.md"), "File name too long"),
        (("--out", f"{'x' * 300}.md"), "File name too long"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(
    cli: Cli, work: str, arguments: tuple[str, ...], said: str
):
    before = set(Path().iterdir())
    result = cli("export", work, *arguments)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert said in line
    assert set(Path().iterdir()) == before


def test_a_work_without_text_is_not_exported(cli: Cli, library: Library):
    from inkwright.memory.domain.brief import Brief
    from inkwright.memory.store import works

    work = works.begin(library, Brief(request="Tides."), {}).id
    result = cli("export", work, "--format", "docx")
    assert result.exit_code == 2
    assert "not planned yet" in result.stderr
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ("Ebb", "the heading “Ebb”: “Ebb”"),
        ("second", "section s1 “Ebb”: “second”"),
        ("year.", "section s1 “Ebb”: “year.”"),
        ("An indented line", "section s1 “Ebb”: “An indented line”"),
        ("又一段，龘。", "section s2 “涨潮”: “又一段，龘。”"),
        ("“Gone”]", "section s3 “Gone”: ““Gone”]”"),
    ],
)
def test_what_loses_words_is_never_written_and_says_which(
    cli: Cli, work: str, monkeypatch, lost: str, said: str
):
    write = pandoc.write_document

    def lossy(document: dict[str, Any], *arguments: Any, **keywords: Any) -> bytes:
        short = without(document["blocks"], [{"t": "Str", "c": word} for word in lost.split()])
        return write({**document, "blocks": short}, *arguments, **keywords)

    monkeypatch.setattr("inkwright.app.export.docx.write_document", lossy)
    monkeypatch.setattr("inkwright.app.export.epub.write_document", lossy)
    for out, file in (("a.docx", "Word document"), ("a.epub", "EPUB")):
        result = cli("export", work, "--out", out)
        assert result.exit_code == 1
        assert f"the {file} lacks words of {said}; nothing was written. " in result.stderr
        assert not Path(out).exists()


def without(part: Any, lost: list[Any]) -> Any:
    """Return blocks or inlines without these."""
    if isinstance(part, list):
        return [without(inner, lost) for inner in part if inner not in lost]
    return {k: without(v, lost) for k, v in part.items()} if isinstance(part, dict) else part


CHARACTERS = (
    *"aZ9é漢あ한,.;:?!()'-–—…·“”«»&<>%$#@/=+~^\xad\u2011\u2010\xa0\u202f\t\u200b\u200c\u200d\u2060\ufeff",
    *"\u200e\u200f\u202e\u2069\u2028\u2029\x85\x0b\u1680\u3000\ue000\U0001fffe↔↩☎𝔄𝒷ﬁﬀſİß",
    *("e\u0301\u0323", "👩\u200d👧", "🇩🇪", "❤\ufe0f", "ก็", "क्षि", "עִב", "السّ"),
)
WORDS = st.lists(st.sampled_from(CHARACTERS), min_size=1, max_size=12).map("".join)


@settings(max_examples=6, phases=[Phase.generate])
@given(st.lists(WORDS, min_size=20, max_size=40))
def test_word_and_epub_hold_whatever_was_typed(
    tmp_path_factory: pytest.TempPathFactory, typed: list[str]
):
    """What may be lost: white space, soft hyphens, and which of two forms a symbol is shown in."""
    folder = tmp_path_factory.mktemp("typed")
    body = "\n\n".join(f"¶{words}¶" for words in typed)
    (folder / "typed.md").write_text(f"# Typed\n\n## {typed[0]} here\n\n{body}\n", newline="")
    work = inkwright.import_file(folder / "typed.md").work
    for end in ("docx", "epub"):
        inkwright.export(work, format=end, out=folder / f"a.{end}")
    with zipfile.ZipFile(folder / "a.docx") as packed:
        word = packed.read("word/document.xml")
    for parts in ([word], [chapter.encode() for chapter in chapters(folder / "a.epub")]):
        said = "".join(text for part in parts for text in ET.fromstring(part).itertext())
        assert visible(unicodedata.normalize("NFC", body)) in visible(said)


def visible(text: str) -> str:
    return "".join(text.split()).replace("\xad", "").replace("\ufe0e", "")


@pytest.mark.parametrize("end", ["docx", "epub", "pdf"])
def test_a_soft_hyphen_stays_one(cli: Cli, end: str):
    Path("soft.md").write_text("# T\n\n## S\n\nKonfi\xadguration of f\xad\xado\xad, `co\xadde`.\n")
    work = inkwright.import_file("soft.md").work
    result = cli("export", work, "--out", f"a.{end}")
    assert (result.exit_code, result.stderr) == (0, "")
    if end == "docx":
        body = docx.Document("a.docx").element.body
        assert len(list(body.iter(f"{W}softHyphen"))) == 4
        said = "".join(t.text or "" for t in body.iter(f"{W}t"))
    else:
        said = pdf_text(Path("a.pdf")) if end == "pdf" else chapters(Path("a.epub"))[0]
        assert "Konfi\xadguration" in said or end == "pdf"
    assert "Konfigurationoffo,code." in without_space(re.sub("<[^>]*>", "", said))


def test_line_separators_end_lines_and_begin_no_markup_of_a_pdf(cli: Cli):
    lines = "One\u2028= Two\u2029- Three\x85+ Four\x0b/ Five: six\x0c#emph[seven]"
    Path("lines.md").write_text(f"# T\n\n## S\n\n{lines}\n\n### Head\u2028= More\n\nEnd.\n")
    work = inkwright.import_file("lines.md").work
    for end in ("docx", "epub", "pdf"):
        assert cli("export", work, "--out", f"a.{end}", "--no-contents").exit_code == 0
    shown = ["One", "= Two", "- Three", "+ Four", "/ Five: six", "#emph[seven]"]
    assert "\n".join(shown) in pdf_text(Path("a.pdf"))
    assert "Head = More" in pdf_text(Path("a.pdf"))
    paragraphs = [p.text for p in docx.Document("a.docx").paragraphs]
    assert "\n".join(shown) in paragraphs
    assert "Head = More" in paragraphs


ODD = "A\x01B \ufffe\ue000 \u202eabc\u202c x\u200by a\u0301 👩‍👧 \u0378 \U0001f600 " + "z" * 5000


@pytest.mark.parametrize("end", ["docx", "epub", "pdf"])
def test_odd_characters_and_endless_words_do_no_harm(cli: Cli, end: str):
    Path("odd.md").write_text(f"# Odd\n\n{ODD}\n\n{'[' * 3000}\n\n{'> ' * 60}deep\n")
    work = inkwright.import_file("odd.md").work
    assert cli("export", work, "--out", f"a.{end}").exit_code == 0
    if end == "pdf":
        text = pdf_text(Path("a.pdf"))
        assert text.replace("\u200b", "").replace("\n", "").count("z") == 5000
        told = subprocess.run(["pdftotext", "-bbox", "a.pdf", "-"], capture_output=True, check=True)
        widest = max(
            float(line.split('xMax="')[1].split('"')[0])
            for line in told.stdout.decode().splitlines()
            if 'xMax="' in line
        )
        assert widest < 596, "a word runs off the page"
    else:
        words = {"docx": "docx", "epub": "epub"}[end]
        module = __import__(f"inkwright.app.export.{words}", fromlist=["extract_words"])
        text = module.extract_words(Path(f"a.{end}").read_bytes())
        assert "A\ufffdB" in text
        assert "z" * 5000 in text
        assert "deep" in text


def test_letters_that_no_font_has_are_named_and_symbols_get_a_box(cli: Cli, work: str, monkeypatch):
    import typst

    bare = typst.Fonts(include_system_fonts=False)
    monkeypatch.setattr("typst.Fonts", lambda **_: bare)
    result = cli("export", work, "--out", "a.pdf", "--sections", "s2")
    assert result.exit_code == 2
    assert "needs a font that has “目” (U+76EE)" in result.stderr
    monkeypatch.setattr(pdf, "find_chinese_fonts", lambda: None)
    result = cli("export", work, "--out", "a.pdf", "--sections", "s2")
    assert "pip install 'inkwright[export]'" in result.stderr
    Path("smile.md").write_text("A smile: \U0001f600!\n")
    smile = inkwright.import_file("smile.md").work
    result = cli("export", smile, "--out", "b.pdf")
    assert result.exit_code == 0
    assert "no font here has “\U0001f600” (U+1F600)" in result.stderr
    assert "A smile: □!" in pdf_text(Path("b.pdf"))


@pytest.mark.parametrize(
    ("package", "end", "said"),
    [("pypandoc", "docx", "need Pandoc"), ("typst", "pdf", "needs the typst package")],
)
def test_a_missing_package_is_named(
    cli: Cli, work: str, monkeypatch, package: str, end: str, said: str
):
    def lacking(name: str) -> Any:
        return None if name == package else find_spec(name)

    monkeypatch.setattr(
        f"inkwright.app.{'export.pdf' if end == 'pdf' else 'files.pandoc'}.find_spec", lacking
    )
    result = cli("export", work, "--out", f"a.{end}")
    assert result.exit_code == 2
    assert said in result.stderr
    assert "pip install 'inkwright[export]'" in result.stderr
    assert not Path(f"a.{end}").exists()


def test_a_report_keeps_its_rules_and_fiction_gets_ornaments(cli: Cli, work: str):
    cli("export", work, "--out", "a.epub", "--no-fiction")
    assert "<hr" in chapters(Path("a.epub"))[1]
    cli("export", work, "--out", "a.epub", "--fiction")
    assert "<hr" not in chapters(Path("a.epub"))[1]


def test_the_api_exports_too(work: str):
    done = inkwright.export(work, format="docx", out="lamp.docx", sections=["s1"], author="Ann")
    assert (done.path.name, done.gaps) == ("lamp.docx", ())
    assert docx.Document("lamp.docx").core_properties.author == "Ann"
    with pytest.raises(BadInput, match="--journal"):
        inkwright.export(work, journal=True)


def test_without_headings_there_is_still_one_chapter(library: Library, cli: Cli):
    with built(library, headings="none") as made:
        made.plan(outline(*sections("s1")))
        made.draft("s1", "Only words.")
    for end in ("docx", "epub", "pdf"):
        assert cli("export", made.work, "--out", f"a.{end}").exit_code == 0
    assert "Only words." in "".join(chapters(Path("a.epub")))


def test_prose_lines_are_read_as_they_were_meant():
    kinds = [
        b["t"] for b in markdown_to_pandoc.read_blocks("“甲。”\n“乙。”\n\n　　丙\n　　丁\n\na\nb")
    ]
    assert kinds == ["Para", "Para", "Para", "Para"]
    (lines,) = markdown_to_pandoc.read_blocks("“甲。”\n“乙。”")
    assert [i["t"] for i in lines["c"]] == ["Str", "LineBreak", "Str"]
    broken = markdown_to_pandoc.read_blocks("It ended.\n---\nIt began.")
    assert [b["t"] for b in broken] == ["Para", "HorizontalRule", "Para"]
    (joined,) = markdown_to_pandoc.read_blocks("灯塔\n守人")
    assert [i["t"] for i in joined["c"]] == ["Str", "Str"]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("The Lamp", "The-Lamp.docx"),
        ("../../etc/passwd", "etc-passwd.docx"),
        ("???", "manuscript.docx"),
        ("灯" * 100, "灯" * 20 + ".docx"),
    ],
)
def test_a_title_is_a_safe_file_name(title: str, name: str):
    assert formats.build_file_name(title, "docx") == name


def test_help_and_markdown_need_no_package_of_exports():
    code = (
        "import sys\n"
        "for name in ('pypandoc', 'typst', 'docx'): sys.modules[name] = None\n"
        "from inkwright.app.export import export, selection, archive, archive_import\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
