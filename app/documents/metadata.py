"""What a document says of itself: its title, authors and date, each as far as it is told."""

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from inkwright.app.documents.text_cleanup import clean_title, parse_date, parse_year, split_names
from inkwright.app.manuscripts.markdown import parse_front_matter

_HEAD_BYTES = 500_000
_NO_TITLE = re.compile(
    r"(?:powerpoint presentation|untitled.*|microsoft (?:word|powerpoint|excel) - .*"
    r"|.*\.(?:docx?|pptx?|xlsx?|tex|dvi|indd|pdf|html?))?",
    re.IGNORECASE,
)
"""What programs call a document that nobody gave a title."""
_CORE_PROPERTIES = "docProps/core.xml"
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


def build_metadata(
    title: str = "", authors: Iterable[str] = (), date: str = ""
) -> DocumentMetadata:
    """Return what was told, less a title that only a program gave."""
    title = clean_title(title)
    author_names = tuple(dict.fromkeys(filter(None, map(clean_title, authors))))
    return DocumentMetadata("" if _NO_TITLE.fullmatch(title) else title, author_names, date)


def read_office(file: Path) -> DocumentMetadata:
    """Return what a Word, PowerPoint or Excel file says: the year it was begun is its date."""
    with zipfile.ZipFile(file) as archive:
        if _CORE_PROPERTIES not in archive.namelist():
            return DocumentMetadata()
        text = archive.read(_CORE_PROPERTIES)
    if b"<!DOCTYPE" in text:  # no program writes one, and entities could be made to do harm
        return DocumentMetadata()
    try:
        root = ET.fromstring(text)
    except ET.ParseError:  # the document can be read without
        return DocumentMetadata()

    def find_text(name: str) -> str:
        return root.findtext(name) or ""

    return build_metadata(
        find_text(f"{_DC}title"),
        split_names(find_text(f"{_DC}creator")),
        parse_year(find_text(f"{_TERMS}created")),
    )


def read_page(file: Path) -> DocumentMetadata:
    """Return what a web page says in its head."""
    from bs4 import BeautifulSoup

    with file.open("rb") as stream:
        soup = BeautifulSoup(stream.read(_HEAD_BYTES), "html.parser")
    meta_values = defaultdict[str, list[str]](list)
    for tag in soup.find_all("meta"):
        name = str(tag.get("name") or tag.get("property") or "").lower()
        if content := str(tag.get("content") or "").strip():
            meta_values[name].append(content)
    title = next((meta_values[n][0] for n in _TITLES if n in meta_values), "")
    if not title and soup.title is not None:
        title = soup.title.get_text()
    authors = next((meta_values[n] for n in _AUTHORS if n in meta_values), [])
    if len(authors) == 1 and not meta_values["citation_author"]:
        authors = list(split_names(authors[0]))
    author_names = (a for a in authors if "://" not in a)
    return build_metadata(
        title,
        author_names,
        next((d for n in _DATES for v in meta_values[n] if (d := parse_date(v))), ""),
    )


def read_front_matter(text: str) -> tuple[DocumentMetadata, str]:
    """Return what the YAML at the head of a Markdown text says, and the text after it.

    What stands there and is no such thing is part of the text.
    """
    front_text, front_values = parse_front_matter(text)
    fields = {str(key).lower(): value for key, value in front_values.items()}
    authors_value = fields.get("authors") or fields.get("author") or ()
    authors = (
        authors_value
        if isinstance(authors_value, list)
        else split_names(str(authors_value))
        if authors_value
        else ()
    )
    title, date = fields.get("title") or "", fields.get("date") or ""
    return build_metadata(str(title), map(_get_person_name, authors), parse_date(str(date))), text[
        len(front_text) :
    ]


def _get_person_name(person: Any) -> str:
    return str(person.get("name") or "") if isinstance(person, dict) else str(person)
