"""What a document says of itself: its title, authors and date, each as far as it is told."""

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from inkwright.app.documents.text_cleanup import day, names, title_line, year
from inkwright.app.manuscripts.markdown import front_matter

_HEAD_BYTES = 500_000
_NO_TITLE = re.compile(
    r"(?:powerpoint presentation|untitled.*|microsoft (?:word|powerpoint|excel) - .*"
    r"|.*\.(?:docx?|pptx?|xlsx?|tex|dvi|indd|pdf|html?))?",
    re.IGNORECASE,
)
"""What programs call a document that nobody gave a title."""
_CORE = "docProps/core.xml"
_DC, _TERMS = "{http://purl.org/dc/elements/1.1/}", "{http://purl.org/dc/terms/}"
_TITLES = ("citation_title", "dc.title", "dcterms.title", "og:title")
_AUTHORS = ("citation_author", "dc.creator", "dcterms.creator", "author", "article:author")
_DATES = (
    "citation_publication_date",
    "citation_date",
    "dc.date",
    "dcterms.issued",
    "dcterms.created",
    "article:published_time",
    "date",
)
"""Names of a web page's ``meta``, those that tell best first."""


class DocumentMetadata(NamedTuple):
    """What a reference needs to know. Empty: the document does not say."""

    title: str = ""
    authors: tuple[str, ...] = ()
    date: str = ""


def told(title: str = "", authors: Iterable[str] = (), date: str = "") -> DocumentMetadata:
    """Return what was told, less a title that only a program gave."""
    title = title_line(title)
    people = tuple(dict.fromkeys(filter(None, map(title_line, authors))))
    return DocumentMetadata("" if _NO_TITLE.fullmatch(title) else title, people, date)


def of_office(file: Path) -> DocumentMetadata:
    """Return what a Word, PowerPoint or Excel file says: the year it was begun is its date."""
    with zipfile.ZipFile(file) as packed:
        if _CORE not in packed.namelist():
            return DocumentMetadata()
        text = packed.read(_CORE)
    if b"<!DOCTYPE" in text:  # no program writes one, and entities could be made to do harm
        return DocumentMetadata()
    try:
        root = ET.fromstring(text)
    except ET.ParseError:  # the document can be read without
        return DocumentMetadata()

    def said(name: str) -> str:
        return root.findtext(name) or ""

    return told(said(f"{_DC}title"), names(said(f"{_DC}creator")), year(said(f"{_TERMS}created")))


def of_page(file: Path) -> DocumentMetadata:
    """Return what a web page says in its head."""
    from bs4 import BeautifulSoup

    with file.open("rb") as opened:
        page = BeautifulSoup(opened.read(_HEAD_BYTES), "html.parser")
    found = defaultdict[str, list[str]](list)
    for tag in page.find_all("meta"):
        name = str(tag.get("name") or tag.get("property") or "").lower()
        if content := str(tag.get("content") or "").strip():
            found[name].append(content)
    title = next((found[n][0] for n in _TITLES if n in found), "")
    if not title and page.title is not None:
        title = page.title.get_text()
    authors = next((found[n] for n in _AUTHORS if n in found), [])
    if len(authors) == 1 and not found["citation_author"]:
        authors = list(names(authors[0]))
    people = (a for a in authors if "://" not in a)
    return told(title, people, next((d for n in _DATES for v in found[n] if (d := day(v))), ""))


def of_front_matter(text: str) -> tuple[DocumentMetadata, str]:
    """Return what the YAML at the head of a Markdown text says, and the text after it.

    What stands there and is no such thing is part of the text.
    """
    front, found = front_matter(text)
    fields = {str(key).lower(): value for key, value in found.items()}
    people = fields.get("authors") or fields.get("author") or ()
    listed = people if isinstance(people, list) else names(str(people)) if people else ()
    title, date = fields.get("title") or "", fields.get("date") or ""
    return told(str(title), map(_person, listed), day(str(date))), text[len(front) :]


def _person(found: Any) -> str:
    return str(found.get("name") or "") if isinstance(found, dict) else str(found)
