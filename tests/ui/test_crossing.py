"""Files out of the studio and into it, as a browser saves and uploads them."""

import subprocess
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest
from ebooklib import ITEM_DOCUMENT, epub
from playwright.sync_api import Page, expect

from inkwright.memory.store import sources, works
from tests.simserver.process import SimServer
from tests.ui.browser import Studio, click, opened, press, wait_until
from tests.ui.test_journeys import texts, written

pytestmark = pytest.mark.ui

FORMATS = {"Word": "docx", "EPUB": "epub", "PDF": "pdf", "Markdown": "md", "Archive": "zip"}


def saved(tab: Page, format: str, folder: Path) -> Path:
    """Make the file on the page that is open, and download it."""
    click(tab.get_by_role("radio", name=format, exact=True))
    press(tab, "Make the file")
    button = tab.get_by_role("button", name="Download").filter(has_text=f".{FORMATS[format]} ")
    expect(button).to_be_visible()
    with tab.expect_download() as download:
        click(button)
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def bring(studio: Studio, tab: Page, file: Path) -> None:
    """Choose a file in the dialog of the Works page, and import it."""
    tab.goto(studio.root)
    press(tab, "Import")
    tab.locator("[role=dialog] input[type=file]").set_input_files(file)
    button = tab.locator("[role=dialog]").get_by_role("button", name="Import", exact=True)
    expect(button).to_be_enabled()
    click(button)


def brought(studio: Studio, tab: Page, file: Path) -> str:
    """Import a file and return the work that was made of it."""
    with opened(studio.home) as library:
        before = {w.id for w in works.list_works(library)}
    bring(studio, tab, file)
    expect(tab.locator(".field textarea").first).to_be_visible()

    def new() -> set[str]:
        with opened(studio.home) as library:
            return {w.id for w in works.list_works(library)} - before

    (work,) = wait_until(new, "the work")
    return work


def test_every_format_opens_and_what_can_come_back_does(
    studio: Studio, tab: Page, model: SimServer, tmp_path: Path
) -> None:
    work = written(studio, model)
    every = texts(studio, work)
    calls = len(model.calls())
    words = [text.split(".")[0] for text in every.values()]
    tab.goto(studio.address("takeaway", work=work))
    files = {format: saved(tab, format, tmp_path) for format in FORMATS}
    inside = "\n".join(p.text for p in docx.Document(str(files["Word"])).paragraphs)
    assert all(w in inside for w in words)
    book = epub.read_epub(files["EPUB"])
    inside = "".join(d.get_content().decode() for d in book.get_items_of_type(ITEM_DOCUMENT))
    assert all(w in inside for w in words)
    read = subprocess.run(["pdftotext", files["PDF"], "-"], capture_output=True, check=True)
    inside = " ".join(read.stdout.decode().split())
    assert all(w in inside for w in words)
    manuscript = files["Markdown"].read_text()
    assert all(text in manuscript for text in every.values())
    with ZipFile(files["Archive"]) as archive:
        assert archive.testzip() is None
    plain = tmp_path / "plain.txt"
    plain.write_text("# Plain\n\nOnly words.\n")
    again = brought(studio, tab, files["Archive"])
    assert texts(studio, again) == every
    assert list(texts(studio, brought(studio, tab, files["Markdown"])).values()) == list(
        every.values()
    )
    assert [t.split(".")[0] for t in texts(studio, brought(studio, tab, files["Word"])).values()]
    assert list(texts(studio, brought(studio, tab, plain)).values()) == ["Only words."]
    assert len(model.calls()) == calls, "nothing was sent"


def test_an_archive_that_means_harm_is_refused_in_one_line(
    studio: Studio, tab: Page, tmp_path: Path
) -> None:
    wicked = tmp_path / "wicked.zip"
    with ZipFile(wicked, "w") as archive:
        archive.writestr("../../escaped.txt", "out")
        archive.writestr("brief.json", "{}")
    bring(studio, tab, wicked)
    expect(tab.get_by_test_id("stAlert").filter(has_text="wicked.zip")).to_be_visible()
    assert not list(tmp_path.rglob("escaped.txt"))
    with opened(studio.home) as library:
        assert works.list_works(library) == []


def test_sources_are_shown_as_they_were_read_and_kept_over_a_reload(
    studio: Studio, tab: Page, model: SimServer, tmp_path: Path
) -> None:
    tides, broken = tmp_path / "tides.md", tmp_path / "broken.pdf"
    tides.write_text("# Tides of <b>Brest</b>\n\nThe range is 7.2 metres.\n")
    broken.write_bytes(b"%PDF-1.4 nothing")
    tab.goto(studio.address("brief"))
    click(tab.get_by_role("button", name="A report"))
    click(tab.get_by_role("tab", name="Sources"))
    tab.locator("input[type=file]").first.set_input_files([tides, broken])
    expect(tab.get_by_text("broken.pdf was not read")).to_be_visible()
    tab.reload()
    click(tab.get_by_role("tab", name="Sources"))
    click(tab.get_by_text("Tides of <b>Brest</b>").first)
    expect(tab.get_by_text("The range is 7.2 metres.")).to_be_visible()
    press(tab, "Keep, send nothing")
    expect(tab.get_by_text("A work keeps the brief it began with.")).to_be_visible()
    with opened(studio.home) as library:
        (work,) = works.list_works(library)
        (kept,) = sources.load_sources(library, work.id)
        assert "7.2 metres" in kept.source.text
        assert "broken.pdf" in work.brief.unread[0]
    assert model.calls() == []
