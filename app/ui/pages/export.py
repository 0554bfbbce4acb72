"""Take away: the piece as a file for readers, or the work as an archive to keep or move."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from inkwright.app.export.result import Format, Made, Wanted
from inkwright.app.services import engine
from inkwright.app.ui import cache, navigation
from inkwright.app.ui.html import plain
from inkwright.memory.domain.outline import Outline

FORMATS: dict[Format, tuple[str, str, str]] = {
    "docx": (
        "Word",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "For editors and publishers: styles, a title page, contents that can be clicked.",
    ),
    "epub": ("EPUB", "application/epub+zip", "For e-readers: a file for each chapter."),
    "pdf": ("PDF", "application/pdf", "For print: set with fonts that are in the file."),
    "md": ("Markdown", "text/markdown", "The manuscript as it is kept here, plain text."),
    "bib": ("BibTeX", "application/x-bibtex", "The sources that the text cites, by their keys."),
    "archive": (
        "Archive",
        "application/zip",
        (
            "All of the work: every version, the outline, the memory, what each draft was written "
            "from. *Import* on the Works page brings it back."
        ),
    ),
}
FICTION = {"by its kind": None, "yes": True, "no": False}
PAPER = {"by its kind": None, "A5": "a5", "A4": "a4", "US Letter": "letter"}
_MADE = "takeaway made"


def page() -> None:
    """Draw the page."""
    work = navigation.work()
    st.title("Take away", anchor=False)
    plan = cache.plan(work)
    _begin(work)
    _typed(work)
    format = st.segmented_control(
        "Format",
        list(FORMATS),
        default="docx",
        required=True,
        format_func=lambda f: FORMATS[f][0],
        label_visibility="collapsed",
        key="takeaway format",
    )
    assert format is not None
    st.caption(FORMATS[format][2])
    if plan is None and format != "archive":
        st.info("The work has no outline yet, so there is no text to take. Plan it on Write.")
        navigation.link("write", "Go to Write", work=work)
        return
    wanted, reference = _asked(format, plan.outline if plan else None, work)
    _make(work, wanted, reference)


def _begin(work: str) -> None:
    """Begin with empty fields for another work; for the same one, with what was typed."""
    state = st.session_state
    if state.get("takeaway of") != work:
        for key in [str(key) for key in state if str(key).startswith("takeaway ")]:
            del state[key]
    state["takeaway of"] = work


def _typed(work: str) -> None:
    """Say which sections have words that are typed and are no version yet."""
    waiting = cache.typing(work)
    if not waiting:
        return
    plan = cache.plan(work)
    titles = {s.id: s.title for s in plan.outline.sections} if plan else {}
    named = ", ".join(f"“{titles.get(sid, sid)}”" for sid in waiting)
    st.warning(
        f"Words you typed are no version yet, and are not in the file: {plain(named, 400)}",
        icon=":material/edit:",
    )
    for sid in waiting[:3]:
        navigation.link("text", f"Go to {plain(titles.get(sid, sid), 60)}", work=work, section=sid)


def _asked(format: Format, outline: Outline | None, work: str) -> tuple[Wanted, bytes | None]:
    """Return what the fields ask for, and the reference document that was handed in."""
    if outline is None or format == "archive":
        journal = st.checkbox(
            "With the journal: every prompt and every answer",
            key="takeaway journal",
            persist_state="session",
            help="What was said to models and by them. Leave it out of what you give to others.",
        )
        return Wanted(format="archive", journal=journal), None
    given: dict[str, Any] = {"sections": _sections(outline, work)}
    reference = None
    if format != "md":
        title, author, language = st.columns([3, 3, 1.4])
        given["title"] = title.text_input(
            "Title", placeholder=outline.title, key="takeaway title", persist_state="session"
        )
        given["author"] = author.text_input(
            "Author", key="takeaway author", persist_state="session"
        )
        given["language"] = language.text_input(
            "Language",
            placeholder="found",
            key="takeaway language",
            persist_state="session",
            help="Such as en or zh-CN.",
        )
        reference = _look(format, given)
    told = {name: value or None for name, value in given.items() if name in _TEXTS}
    return Wanted(format=format, **{**given, **told}), reference


_TEXTS = ("title", "author", "language")


def _look(format: Format, given: dict[str, Any]) -> bytes | None:
    """Add how it should look to what is wanted; return the reference document."""
    one, two, three, four = st.columns([1.3, 1.3, 1.7, 1.7], vertical_alignment="bottom")
    given["title_page"] = one.checkbox(
        "Title page", value=True, key="takeaway title page", persist_state="session"
    )
    given["contents"] = two.checkbox(
        "Contents", value=True, key="takeaway contents", persist_state="session"
    )
    chosen = three.selectbox(
        "Set as fiction",
        list(FICTION),
        key="takeaway fiction",
        persist_state="session",
        help="Breaks between scenes become a centred ornament, and a chapter begins a page.",
    )
    given["fiction"] = FICTION[chosen]
    if format == "pdf":
        given["paper"] = PAPER[
            four.selectbox("Paper", list(PAPER), key="takeaway paper", persist_state="session")
        ]
    if format != "docx":
        return None
    file = st.file_uploader(
        "Reference document, if its styles should be taken over",
        type=["docx"],
        key="takeaway reference",
    )
    return file.getvalue() if file is not None else None


def _sections(outline: Outline, work: str) -> tuple[str, ...]:
    texts = cache.texts(work)
    titles = {s.id: f"{n}  {s.title}" for n, s in enumerate(outline.sections, 1)}
    chosen = st.multiselect(
        "Sections",
        list(titles),
        format_func=lambda sid: titles[sid] + ("" if sid in texts else "  (not written yet)"),
        placeholder="All of them",
        key="takeaway sections",
        persist_state="session",
    )
    return tuple(chosen)


def _make(work: str, wanted: Wanted, reference: bytes | None) -> None:
    """Draw the button that makes the file, and then the one that takes it."""
    same = (work, wanted, reference, cache.stamp(work))
    if st.button("Make the file", type="primary", icon=":material/build:", shortcut="ctrl+enter"):
        with st.spinner("Making the file…"):
            st.session_state[_MADE] = (same, _made(work, wanted, reference))
    known = st.session_state.get(_MADE)
    if known is None or known[0] != same:
        return
    made: Made = known[1]
    label, mime, _ = FORMATS[wanted.format]
    st.download_button(
        f"Download {plain(made.name, 80)} ({_size(len(made.content))})",
        made.content,
        file_name=made.name,
        mime=mime,
        icon=":material/download:",
        on_click="ignore",
        key="takeaway download",
    )
    st.caption(f"{label}, {made.words:,} words. Nothing was sent anywhere.")
    for notice in made.notices:
        st.warning(plain(notice, 400))
    if made.gaps:
        gaps = "; ".join(made.gaps)
        st.warning(f"Not written yet, and named in the file: {plain(gaps, 600)}")


def _made(work: str, wanted: Wanted, reference: bytes | None) -> Made:
    if reference is None:
        return engine.made(work, wanted, navigation.settings())
    with tempfile.TemporaryDirectory(prefix="inkwright-") as folder:
        file = Path(folder) / "reference.docx"
        file.write_bytes(reference)
        return engine.made(work, replace(wanted, reference=file), navigation.settings())


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{count / 1000:,.0f} kB"
