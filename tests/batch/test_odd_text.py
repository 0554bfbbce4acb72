"""Batches with text that no format holds, and with lines that break what reads them."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import docx
import pytest

from tests.batch.conftest import results, short

DOCUMENTS = ("--format", "docx", "--format", "epub", "--format", "pdf", "--format", "md")
CONTROLS = "a\x01b\x07c\x1b[31md\x7fe\x85f\x9fg\x0bh\x0ci\u2028j\u2029k\ufffel\uffffm\u202en"


def titled(own_id: str, title: str) -> dict[str, object]:
    """Return a line whose piece, sections and chapter have this title, among others."""
    line = short(own_id, title=f"{title} whole", kind=title, style=title, constraints=[title])
    chapter = {"title": f"{title} chapter", "sections": line["outline"]}
    line["outline"] = [chapter, {"title": f"{title} section", "purpose": title, "words": 60}]
    return line


def test_titles_with_control_characters_are_in_every_format(batch):
    done = batch([titled("brest", CONTROLS), short("ostend")], *DOCUMENTS)
    assert done.exit_code in (0, 4), done.output
    for line in results().values():
        assert set(line["files"]) == {"docx", "epub", "pdf", "md"}, line["problems"]
    word = docx.Document("out-files/brest.docx")
    shown = "a\ufffdb\ufffdc\ufffd[31md\ufffde f\ufffdg h i j k\ufffdl\ufffdm\u202en"
    assert word.core_properties.title == f"{shown} whole"
    headings = [p.text for p in word.paragraphs if p.style.name.startswith("Heading")]
    assert {f"{shown} chapter", f"{shown} section"} <= set(headings)
    with ZipFile("out-files/brest.epub") as book:
        (title,) = ET.fromstring(book.read("EPUB/content.opf")).iter(
            "{http://purl.org/dc/elements/1.1/}title"
        )
        for name in book.namelist():
            if name.endswith((".xhtml", ".ncx", ".opf")):
                ET.fromstring(book.read(name))
    assert title.text == f"{shown} whole"
    assert "a\x01b\x07c\x1b[31m" in results()["brest"]["text"]


def test_control_characters_of_a_model_stop_no_format(batch, model):
    model.configure(faults=[{"fault": "controls"}])
    done = batch([{"id": "brest", "request": "A report on tides.", "words": 300}], *DOCUMENTS)
    line = results()["brest"]
    assert all(ord(c) >= 32 for c in line["title"] + line["text"] if c != "\n"), line
    assert set(line["files"]) == {"docx", "epub", "pdf", "md"}, done.output


@pytest.mark.parametrize(
    "odd",
    [
        '{"id": "odd", "request": "Of tides.", "mine": "\\ud800"}',
        '{"id": "o\\udfffdd", "request": "Of tides."}',
        '{"id": "odd", "request": "Of tides.", "mine": ' + "[" * 400 + "]" * 400 + "}",
        '{"id": "odd", "request": "Of tides.", "mine": ' + "[" * 90_000 + "]" * 90_000 + "}",
        '{"id": "odd", "request": "\\ud800 tides."}',
    ],
    ids=["half a character", "in the id", "deep", "bottomless", "in the request"],
)
def test_a_line_that_cannot_be_read_or_kept_does_not_end_the_batch(batch, odd):
    done = batch([odd, short("brest")])
    assert done.exit_code in (0, 1), done.output
    found = results()
    assert found["brest"]["status"] == "complete"
    assert len(found) == 2
    before = Path("out.jsonl").read_bytes()
    assert batch().exit_code == done.exit_code
    assert Path("out.jsonl").read_bytes() == before
    assert all("\ud800" not in json.dumps(line) for line in found.values())
