"""The fields of the brief's form, and their way to and from a brief."""

from collections.abc import Iterable, Mapping
from typing import Any, get_args

import streamlit as st

from inkwright.agents.llm.config import ROLES
from inkwright.app.ui.html import format_kind
from inkwright.memory.domain.brief import Brief, OutlineItem
from inkwright.memory.domain.constraint import (
    Block,
    BlockPlace,
    ConstraintKind,
    Format,
    LengthUnit,
    NarrativePerson,
    Tense,
)

WIDGET_FIELDS = (
    "title",
    "kind",
    "audience",
    "language",
    "style",
    "sample",
    "banned",
    "outline",
    "continuity",
    "headings",
    "cite",
)
"""Fields that are text, or a choice."""
MODELS = {f"model {role}": role for role in ROLES if role != "embedder"}
"""Fields that name another model for a role; they are no part of a brief."""
CHOICES: dict[str, dict[str, str]] = {
    "continuity": {
        "": "what suits the kind",
        "strict": "the section before, one by one",
        "chapter": "the section before in their chapter",
        "free": "nothing",
    },
    "headings": {"all": "all", "chapters": "chapters only", "none": "none"},
    "cite": {
        "numeric": "numbers",
        "author-year": "author and year",
        "footnote": "footnotes",
    },
}
CONSTRAINT_COLUMNS: dict[str, Any] = {
    "text": st.column_config.TextColumn("Constraint", width="large", required=True),
    "where": st.column_config.TextColumn(
        "Where", help='whole, all, 7, 3-8, last, or "every 4 from 5"', width=120
    ),
    "kind": st.column_config.SelectboxColumn(
        "Kind",
        options=list(get_args(ConstraintKind)),
        format_func=format_kind,
        help="judged: a model reads for it. Most others are rules, with what they need on the "
        "right.",
    ),
    "required": st.column_config.CheckboxColumn("Required", default=True, width=95),
    "phrases": st.column_config.TextColumn("Phrases", help="with commas between"),
    "about_words": st.column_config.NumberColumn("About words", min_value=1),
    "min_words": st.column_config.NumberColumn("Least words", min_value=0),
    "max_words": st.column_config.NumberColumn("Most words", min_value=1),
    "counted": st.column_config.SelectboxColumn("Counted", options=list(get_args(LengthUnit))),
    "pattern": st.column_config.TextColumn("Pattern", help="a regular expression"),
    "absent": st.column_config.CheckboxColumn("Pattern absent", width="small"),
    "language": st.column_config.TextColumn("Language", width="small"),
    "format": st.column_config.SelectboxColumn("Format", options=list(get_args(Format))),
    "opens": st.column_config.TextColumn("Begins with", help="{n} is the section's number"),
    "closes": st.column_config.TextColumn("Ends with"),
    "person": st.column_config.SelectboxColumn("Person", options=list(get_args(NarrativePerson))),
    "tense": st.column_config.SelectboxColumn("Tense", options=list(get_args(Tense))),
    "max_grade": st.column_config.NumberColumn("Highest grade", help="Flesch-Kincaid"),
    "sections": st.column_config.TextColumn("Sections", help="in their order, commas between"),
    "style": st.column_config.TextColumn("Citation style", help="numeric, author-year, footnote"),
    "only_there": st.column_config.CheckboxColumn("Only there", width="small"),
    "block": st.column_config.SelectboxColumn("Block", options=list(get_args(Block))),
    "min_count": st.column_config.NumberColumn("Least items", min_value=1),
    "max_count": st.column_config.NumberColumn("Most items", min_value=1),
    "at": st.column_config.SelectboxColumn("Block stands", options=list(get_args(BlockPlace))),
}
LIST_COLUMNS = ("phrases", "sections", "aliases")
"""Columns that hold several values, with commas between."""
MEMORY_COLUMNS: dict[str, Any] = {
    "subject": st.column_config.TextColumn("Subject", required=True),
    "statement": st.column_config.TextColumn("What is true", width="large", required=True),
    "kind": st.column_config.SelectboxColumn(
        "Kind",
        options=["character", "place", "event", "fact", "term", "style", "thread"],
        width="small",
    ),
    "attribute": st.column_config.TextColumn("Attribute"),
    "pinned": st.column_config.CheckboxColumn("Pinned", width="small"),
    "aliases": st.column_config.TextColumn("Also called", help="with commas between"),
    "story_time": st.column_config.TextColumn("When", help="in the story"),
}


def whole(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return every field of the form: what ``fields`` says, else what the form begins with."""
    first = {name: next(iter(CHOICES.get(name, ("",)))) for name in (*WIDGET_FIELDS, *MODELS)}
    return {
        "request": str(fields.get("request") or ""),
        **{name: fields.get(name) or default for name, default in first.items()},
        "words": fields.get("words"),
        "seed": fields.get("seed") or 1,
        "proposals": bool(fields.get("proposals")),
        "constraints": filled_rows(fields.get("constraints") or ()),
        "memory": filled_rows(fields.get("memory") or ()),
    }


def filled_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of a table that say something, with only the cells that do."""
    cells = ({k: v for k, v in row.items() if v not in (None, "")} for row in rows)
    return [row for row in cells if row.get("text") or row.get("subject")]


def build_brief_data(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form says, with the keys of a brief file."""
    brief_data = {k: v for k, v in fields.items() if v not in (None, "", []) and k not in MODELS}
    for table_name in ("constraints", "memory"):
        brief_data[table_name] = [_clean_row(row) for row in fields.get(table_name) or ()]
    banned_phrases = [line.strip() for line in str(fields.get("banned") or "").splitlines()]
    brief_data["banned"] = [line for line in banned_phrases if line]
    return brief_data


def _clean_row(row: Mapping[str, Any]) -> dict[str, Any]:
    cleaned_row = {k: v for k, v in row.items() if v not in (None, "")}
    for name in LIST_COLUMNS:
        if isinstance(list_text := cleaned_row.get(name), str):
            parts = list_text.replace("，", ",").replace("、", ",").split(",")
            cleaned_row[name] = [p.strip() for p in parts if p.strip()]
    for name in ("min_words", "max_words", "about_words"):
        if name in cleaned_row:
            cleaned_row[name] = int(cleaned_row[name])
    return cleaned_row


def build_form_fields(brief: Brief) -> dict[str, Any]:
    """Return what the form is to show for a brief."""
    return {
        "request": brief.request,
        "title": brief.title or "",
        "kind": brief.kind or "",
        "audience": brief.audience or "",
        "language": brief.language or "",
        "words": brief.words,
        "continuity": brief.continuity or "",
        "headings": brief.headings,
        "style": brief.style,
        "sample": brief.sample,
        "banned": "\n".join(brief.banned),
        "cite": brief.cite if brief.cite in CHOICES["cite"] else "numeric",
        "outline": "\n".join(_format_outline_lines(brief.outline, 1)),
        "seed": brief.seed,
        "proposals": brief.proposals,
        "constraints": [
            {**build_table_row(CONSTRAINT_COLUMNS, c), "where": str(c.where)}
            for c in brief.constraints
        ],
        "memory": [build_table_row(MEMORY_COLUMNS, m) for m in brief.memory],
    }


def build_table_row(columns: Mapping[str, Any], row: Any) -> dict[str, Any]:
    """Return what a table of these columns is to show of a constraint, or of an entry."""
    row_values = {name: getattr(row, name) for name in columns}
    return {k: ", ".join(v) if isinstance(v, tuple) else v for k, v in row_values.items()}


def _format_outline_lines(items: tuple[OutlineItem, ...], level: int) -> list[str]:
    lines: list[str] = []
    for item in items:
        words_line = f"words: {item.words}" if item.words else ""
        lines.append(f"{'#' * level} {item.title}")
        point_lines = (f"- {point}" for point in item.key_points)
        dependency_line = f"depends on: {'; '.join(item.depends_on)}" if item.depends_on else ""
        subjects_line = f"subjects: {'; '.join(item.subjects)}" if item.subjects else ""
        lines += [
            line
            for line in (item.purpose, *point_lines, words_line, dependency_line, subjects_line)
            if line
        ]
        lines += _format_outline_lines(item.sections, level + 1)
    return lines
