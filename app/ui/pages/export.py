"""Take away: the piece as a file for readers, or the work as an archive to keep or move."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from inkwright.app.export.formats import ExportOptions, Format, RenderedFile
from inkwright.app.services import engine
from inkwright.app.ui import cache, navigation
from inkwright.app.ui.html import escape_markdown
from inkwright.memory.domain.outline import Outline
from inkwright.memory.ids import WorkId

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
FICTION_CHOICES = {"by its kind": None, "yes": True, "no": False}
PAPER_CHOICES = {"by its kind": None, "A5": "a5", "A4": "a4", "US Letter": "letter"}
_STATE_KEY = "takeaway made"


def page() -> None:
    """Draw the page."""
    work_id = navigation.require_work_id()
    st.title("Take away", anchor=False)
    plan = cache.load_plan(work_id)
    _begin(work_id)
    _warn_of_autosaved(work_id)
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
        navigation.draw_link("write", "Go to Write", work_id=work_id)
        return
    options, reference_content = _draw_options(format, plan.outline if plan else None, work_id)
    _draw_download(work_id, options, reference_content)


def _begin(work: WorkId) -> None:
    """Begin with empty fields for another work; for the same one, with what was typed."""
    state = st.session_state
    if state.get("takeaway of") != work:
        for key in [str(key) for key in state if str(key).startswith("takeaway ")]:
            del state[key]
    state["takeaway of"] = work


def _warn_of_autosaved(work_id: WorkId) -> None:
    """Say which sections have words that are typed and are no version yet."""
    autosaved_ids = cache.list_autosaved_sections(work_id)
    if not autosaved_ids:
        return
    plan = cache.load_plan(work_id)
    title_by_id = {s.id: s.title for s in plan.outline.sections} if plan else {}
    title_list = ", ".join(
        f"“{title_by_id.get(section_id, section_id)}”" for section_id in autosaved_ids
    )
    st.warning(
        "Words you typed are no version yet, and are not in the file: "
        f"{escape_markdown(title_list, 400)}",
        icon=":material/edit:",
    )
    for section_id in autosaved_ids[:3]:
        navigation.draw_link(
            "text",
            f"Go to {escape_markdown(title_by_id.get(section_id, section_id), 60)}",
            work_id=work_id,
            section=section_id,
        )


def _draw_options(
    format: Format, outline: Outline | None, work_id: WorkId
) -> tuple[ExportOptions, bytes | None]:
    """Return what the fields ask for, and the reference document that was handed in."""
    if outline is None or format == "archive":
        journal = st.checkbox(
            "With the journal: every prompt and every answer",
            key="takeaway journal",
            persist_state="session",
            help="What was said to models and by them. Leave it out of what you give to others.",
        )
        return ExportOptions(format="archive", journal=journal), None
    fields: dict[str, Any] = {"sections": _select_sections(outline, work_id)}
    reference_content = None
    if format != "md":
        title_column, author_column, language_column = st.columns([3, 3, 1.4])
        fields["title"] = title_column.text_input(
            "Title", placeholder=outline.title, key="takeaway title", persist_state="session"
        )
        fields["author"] = author_column.text_input(
            "Author", key="takeaway author", persist_state="session"
        )
        fields["language"] = language_column.text_input(
            "Language",
            placeholder="found",
            key="takeaway language",
            persist_state="session",
            help="Such as en or zh-CN.",
        )
        reference_content = _draw_layout_options(format, fields)
    text_fields = {name: value or None for name, value in fields.items() if name in _TEXT_FIELDS}
    return ExportOptions(format=format, **{**fields, **text_fields}), reference_content


_TEXT_FIELDS = ("title", "author", "language")


def _draw_layout_options(format: Format, fields: dict[str, Any]) -> bytes | None:
    """Add how it should look to what is wanted; return the reference document."""
    title_page_column, contents_column, fiction_column, paper_column = st.columns(
        [1.3, 1.3, 1.7, 1.7], vertical_alignment="bottom"
    )
    fields["title_page"] = title_page_column.checkbox(
        "Title page", value=True, key="takeaway title page", persist_state="session"
    )
    fields["contents"] = contents_column.checkbox(
        "Contents", value=True, key="takeaway contents", persist_state="session"
    )
    fiction_choice = fiction_column.selectbox(
        "Set as fiction",
        list(FICTION_CHOICES),
        key="takeaway fiction",
        persist_state="session",
        help="Breaks between scenes become a centred ornament, and a chapter begins a page.",
    )
    fields["fiction"] = FICTION_CHOICES[fiction_choice]
    if format == "pdf":
        fields["paper"] = PAPER_CHOICES[
            paper_column.selectbox(
                "Paper", list(PAPER_CHOICES), key="takeaway paper", persist_state="session"
            )
        ]
    if format != "docx":
        return None
    file = st.file_uploader(
        "Reference document, if its styles should be taken over",
        type=["docx"],
        key="takeaway reference",
    )
    return file.getvalue() if file is not None else None


def _select_sections(outline: Outline, work_id: WorkId) -> tuple[str, ...]:
    draft_by_id = cache.load_drafts(work_id)
    title_by_id = {s.id: f"{n}  {s.title}" for n, s in enumerate(outline.sections, 1)}
    chosen_ids = st.multiselect(
        "Sections",
        list(title_by_id),
        format_func=lambda sid: (
            title_by_id[sid] + ("" if sid in draft_by_id else "  (not written yet)")
        ),
        placeholder="All of them",
        key="takeaway sections",
        persist_state="session",
    )
    return tuple(chosen_ids)


def _draw_download(
    work_id: WorkId, options: ExportOptions, reference_content: bytes | None
) -> None:
    """Draw the button that makes the file, and then the one that takes it."""
    request_key = (work_id, options, reference_content, cache.load_stamp(work_id))
    if st.button("Make the file", type="primary", icon=":material/build:", shortcut="ctrl+enter"):
        with st.spinner("Making the file…"):
            st.session_state[_STATE_KEY] = (
                request_key,
                _render_file(work_id, options, reference_content),
            )
    stored_file = st.session_state.get(_STATE_KEY)
    if stored_file is None or stored_file[0] != request_key:
        return
    rendered_file: RenderedFile = stored_file[1]
    label, mime, _ = FORMATS[options.format]
    size_text = _format_size(len(rendered_file.content))
    st.download_button(
        f"Download {escape_markdown(rendered_file.name, 80)} ({size_text})",
        rendered_file.content,
        file_name=rendered_file.name,
        mime=mime,
        icon=":material/download:",
        on_click="ignore",
        key="takeaway download",
    )
    st.caption(f"{label}, {rendered_file.words:,} words. Nothing was sent anywhere.")
    for notice in rendered_file.notices:
        st.warning(escape_markdown(notice, 400))
    if rendered_file.gaps:
        gap_text = "; ".join(rendered_file.gaps)
        st.warning(f"Not written yet, and named in the file: {escape_markdown(gap_text, 600)}")


def _render_file(
    work_id: WorkId, options: ExportOptions, reference_content: bytes | None
) -> RenderedFile:
    if reference_content is None:
        return engine.render_file(work_id, options, navigation.load_settings())
    with tempfile.TemporaryDirectory(prefix="inkwright-") as folder:
        reference_file = Path(folder) / "reference.docx"
        reference_file.write_bytes(reference_content)
        return engine.render_file(
            work_id, replace(options, reference=reference_file), navigation.load_settings()
        )


def _format_size(byte_count: int) -> str:
    return (
        f"{byte_count / 1_000_000:.1f} MB"
        if byte_count >= 1_000_000
        else f"{byte_count / 1000:,.0f} kB"
    )
