"""Take away: every format through the page, and what it says of what is missing."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest
from streamlit.testing.v1 import AppTest

import inkwright
from inkwright.memory.domain.brief import Brief
from inkwright.memory.store import works
from inkwright.memory.store.library import Library
from tests.ui.showing import said, shown


@pytest.fixture
def work() -> str:
    Path("book.md").write_text("# The *Lamp*\n\n## One\n\nMara.\n\n## Two\n\n## Three\n\n灯塔。\n")
    return inkwright.import_file("book.md").work


def made(test: AppTest, format: str) -> bytes:
    """Choose a format, make the file, and return what the download button holds."""
    test.segmented_control(key="takeaway format").set_value(format).run()
    test.button[0].click().run()
    assert not test.exception
    assert not test.error, [e.value for e in test.error]
    return content(test)


def content(test: AppTest) -> bytes:
    from inkwright.app.export.formats import RenderedFile

    (_, found) = test.session_state["takeaway made"]
    assert isinstance(found, RenderedFile)
    (button,) = test.get("download_button")
    assert found.name.replace("-", "\\-").replace(".", "\\.") in button.proto.label
    return found.content


@pytest.mark.parametrize(
    ("format", "begins"),
    [("docx", b"PK"), ("epub", b"PK"), ("pdf", b"%PDF-"), ("md", b"# The"), ("archive", b"PK")],
)
def test_every_format_is_made_and_can_be_downloaded(work: str, format: str, begins: bytes):
    test = shown("takeaway", work=work)
    assert made(test, format).startswith(begins)
    assert ("s2 “Two”" in said(test)) == (format != "archive")


def test_chosen_sections_title_and_author_go_into_the_file(work: str):
    test = shown("takeaway", work=work)
    test.multiselect(key="takeaway sections").set_value(["s3"]).run()
    test.text_input(key="takeaway title").set_value("My <b>").run()
    test.text_input(key="takeaway author").set_value("Ann").run()
    found = docx.Document(BytesIO(made(test, "docx")))
    texts = [p.text for p in found.paragraphs]
    assert texts[:2] == ["My <b>", "Ann"]
    assert "灯塔。" in texts
    assert "Mara." not in texts


def test_a_file_of_before_is_not_offered_after_a_change(work: str):
    test = shown("takeaway", work=work)
    made(test, "docx")
    test.checkbox(key="takeaway contents").uncheck().run()
    assert not test.get("download_button")
    made(test, "docx")
    inkwright.SectionText(work, "s1").edit("Other words.")
    test.run()
    assert not test.get("download_button")


def test_what_cannot_be_made_is_a_line_in_plain_words(work: str):
    test = shown("takeaway", work=work)
    test.multiselect(key="takeaway sections").set_value(["s2"]).run()
    test.button[0].click().run()
    assert "has any text yet" in test.error[0].value
    assert not test.exception


def test_a_work_without_an_outline_offers_its_archive(library: Library):
    work = works.begin(library, Brief(request="Tides."), {"plan": "full"}).id
    test = shown("takeaway", work=work)
    assert "no outline yet" in test.info[0].value
    with ZipFile(BytesIO(made(test, "archive"))) as archive:
        assert "brief.json" in archive.namelist()


def test_without_a_work_it_says_where_to_choose_one():
    assert "No work is chosen" in shown("takeaway").info[0].value


def test_typing_that_is_no_version_yet_is_said_not_to_be_in_the_file(work: str):
    assert not shown("takeaway", work=work).warning
    text = inkwright.SectionText(work, "s1")
    text.type("Mara sleeps.", base=1, revision=0)
    (warning,) = shown("takeaway", work=work).warning
    assert "no version yet" in warning.value
    assert "“One”" in warning.value
    text.keep()
    assert not shown("takeaway", work=work).warning
