"""A Word document, paragraph for paragraph."""

import re
import struct
import zlib
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given
from hypothesis import strategies as st

from inkwright.app.manuscripts.markdown import split_at_headings
from inkwright.app.manuscripts.split_chapters import split_manuscript
from inkwright.app.manuscripts.word_reader import WordDocument, read_docx
from tests.app.conftest import Cli


def read(document: Any) -> WordDocument:
    document.save("a.docx")
    return read_docx(Path("a.docx"))


def paragraphs(text: str) -> list[str]:
    """Return a Markdown text's paragraphs and headings, without marks and escapes."""
    plain = (re.sub(r"^#{1,6} ", "", p) for p in text.strip("\n").split("\n\n"))
    return [re.sub(r"(?m)^\\(?=[#`~<=-])", "", p) for p in plain if p]


def test_headings_become_the_outline_and_paragraphs_stay_paragraphs():
    document = docx.Document()
    document.add_paragraph("The Lamp", style="Title")
    document.add_paragraph("Before all.")
    document.add_heading("One", 1)
    document.add_paragraph("First.")
    document.add_paragraph("")
    document.add_paragraph("Second\nwith a line more.")
    document.add_heading("Night", 2)
    document.add_paragraph("It rained.")
    found = read(document)
    assert found.title == "The Lamp"
    assert found.text == (
        "# The Lamp\n\nBefore all.\n\n## One\n\nFirst.\n\nSecond\nwith a line more.\n\n"
        "### Night\n\nIt rained.\n"
    )
    assert found.notices == ()


TEXTS = st.one_of(
    st.sampled_from(
        ["# no", "```", "~~~", "---", "===", "<!-- a", "<div>", "1. one", "- x", "> q", "a\n---"]
    ),
    st.text(
        st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="\\"),
        min_size=1,
        max_size=20,
    ),
)
PARTS = st.lists(st.tuples(st.sampled_from([None, None, 1, 2, 3]), TEXTS), min_size=1, max_size=12)


@given(PARTS)
def test_any_paragraphs_come_out_as_they_are_and_only_headings_become_headings(
    tmp_path_factory, parts
):
    document = docx.Document()
    for level, text in parts:
        if level is None:
            document.add_paragraph(text)
        else:
            document.add_heading(text.replace("\n", " "), level)
    path = tmp_path_factory.mktemp("docx") / "a.docx"
    document.save(str(path))
    found = read_docx(path)
    kept = [(level, t) for level, t in parts if t.strip()]
    levels = [part.level for part in split_at_headings(found.text).parts[1:]]
    assert levels == [level for level, _ in kept if level is not None]
    said = [" ".join(p.split()) for p in paragraphs(found.text)]
    assert said == [" ".join(t.split()) for _, t in kept]
    split_manuscript(found.text, "a", title=None, continuity="strict")


def test_heading_styles_of_ones_own_and_outline_levels_count():
    document = docx.Document()
    own = document.styles.add_style("Kapitel", WD_STYLE_TYPE.PARAGRAPH)
    own.base_style = document.styles["Heading 1"]
    document.add_paragraph("Eins", style="Kapitel")
    document.add_paragraph("x")
    level = OxmlElement("w:outlineLvl")
    level.set("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}val", "1")
    document.add_paragraph("Zwei")._p.get_or_add_pPr().append(level)
    assert read(document).text == "# Eins\n\nx\n\n## Zwei\n"


def test_tables_and_images_are_named_as_not_read(png: Path):
    document = docx.Document()
    document.add_paragraph("Text.")
    document.add_table(1, 1).cell(0, 0).text = "in a table"
    document.add_picture(str(png))
    found = read(document)
    assert found.text == "Text.\n"
    assert found.notices == ("not read: images or drawings (1), tables (1)",)


def test_tracked_insertions_links_and_content_controls_are_read_and_deletions_are_not():
    document = docx.Document()
    body = document.element.body
    words = "<w:r><w:t xml:space='preserve'>{}</w:t></w:r>"
    body.insert(
        0,
        parse_xml(
            f"<w:p {nsdecls('w')}>{words.format('a ')}<w:ins>{words.format('new ')}</w:ins>"
            f"<w:del><w:r><w:delText>old</w:delText></w:r></w:del>"
            f"<w:hyperlink>{words.format('link')}</w:hyperlink></w:p>"
        ),
    )
    body.insert(
        1,
        parse_xml(
            f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p>{words.format('inside')}</w:p>"
            "</w:sdtContent></w:sdt>"
        ),
    )
    found = read(document)
    assert found.text == "a new link\n\ninside\n"
    assert found.notices == ("not read: deletions that are tracked (1)",)


def test_a_word_document_is_imported(cli: Cli, png: Path):
    document = docx.Document()
    document.add_heading("One", 1)
    document.add_paragraph("Mara keeps the lamp.")
    document.add_picture(str(png))
    document.save("book.docx")
    result = cli("import", "book.docx", "--out", "out")
    assert result.exit_code == 0
    assert "not read: images or drawings (1)" in result.stdout
    assert Path("out/manuscript.md").read_text() == "# One\n\nMara keeps the lamp.\n"


@pytest.fixture
def png(tmp_path: Path) -> Path:
    """A picture of one pixel."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    path = tmp_path / "dot.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )
    return path
