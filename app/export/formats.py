"""What is asked of an export, and what comes of it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Format = Literal["md", "docx", "epub", "pdf", "bib", "archive"]


FORMATS: tuple[Format, ...] = get_args(Format)


Paper = Literal["a4", "a5", "letter"]


MAX_NAME_BYTES = 60


@dataclass(frozen=True)
class ExportOptions:
    """What is to be taken away, and how."""

    format: Format = "md"
    sections: tuple[str, ...] = ()
    """Ids or numbers; none: all of them."""
    title: str | None = None
    """None: as the outline has it."""
    author: str | None = None
    language: str | None = None
    """A code such as ``en``; None: as the brief says, or the text shows."""
    fiction: bool | None = None
    """Ornaments between scenes, and chapters that begin a page. None: as the brief's kind says."""
    contents: bool = True
    title_page: bool = True
    reference: Path | None = None
    """A Word document whose styles a .docx takes over."""
    paper: Paper | None = None
    """Of a PDF; None: A5 for fiction, else A4."""
    fonts: Path | None = None
    """A folder of further fonts for a PDF."""
    journal: bool = False
    """Of an archive: every prompt and answer too."""


@dataclass(frozen=True)
class RenderedFile:
    """A file, whole, before it is put anywhere."""

    name: str
    """What to call it."""
    content: bytes
    words: int
    gaps: tuple[str, ...]
    """Sections that have no text yet: a line in the file names each."""
    notices: tuple[str, ...]
    """What could not be shown, one line each."""


@dataclass(frozen=True)
class Exported:
    """A file that was written."""

    path: Path
    """Where it is: a file that a person has changed since is left alone, this one beside it."""
    words: int
    gaps: tuple[str, ...]
    notices: tuple[str, ...]


def get_suffix(format: Format) -> str:
    """Return how the name of a file of this format ends."""
    return ".zip" if format == "archive" else f".{format}"


def detect_format(file: Path | None) -> Format | None:
    """Return the format that a file's name asks for."""
    endings = {get_suffix(format_name): format_name for format_name in FORMATS}
    return endings.get(file.suffix.lower()) if file is not None else None


def build_file_name(title: str, format: Format) -> str:
    """Return what a file with this title is called."""
    words = re.sub(r"[^\w]+", "-", title).strip("-_")
    short = words.encode()[:MAX_NAME_BYTES].decode("utf-8", "ignore").strip("-_")
    return f"{short or 'manuscript'}{get_suffix(format)}"
