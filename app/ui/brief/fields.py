"""The fields of the brief's form, and their way to and from a brief."""

from collections.abc import Iterable, Mapping
from typing import Any, get_args

import streamlit as st

from inkwright.agents.llm.config import ROLES
from inkwright.app.ui.html import named
from inkwright.memory.domain.brief import Brief, OutlineItem
from inkwright.memory.domain.constraint import ConstraintKind, Counted, Format, Person, Tense

WIDGETS = (
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
CONSTRAINT: dict[str, Any] = {
    "text": st.column_config.TextColumn("Constraint", width="large", required=True),
    "where": st.column_config.TextColumn(
        "Where", help='whole, all, 7, 3-8, last, or "every 4 from 5"', width=120
    ),
    "kind": st.column_config.SelectboxColumn(
        "Kind",
        options=list(get_args(ConstraintKind)),
        format_func=named,
        help="judged: a model reads for it. Most others are rules, with what they need on the "
        "right.",
    ),
    "required": st.column_config.CheckboxColumn("Required", default=True, width=95),
    "phrases": st.column_config.TextColumn("Phrases", help="with commas between"),
    "about_words": st.column_config.NumberColumn("About words", min_value=1),
    "min_words": st.column_config.NumberColumn("Least words", min_value=0),
    "max_words": st.column_config.NumberColumn("Most words", min_value=1),
    "counted": st.column_config.SelectboxColumn("Counted", options=list(get_args(Counted))),
    "pattern": st.column_config.TextColumn("Pattern", help="a regular expression"),
    "absent": st.column_config.CheckboxColumn("Pattern absent", width="small"),
    "language": st.column_config.TextColumn("Language", width="small"),
    "format": st.column_config.SelectboxColumn("Format", options=list(get_args(Format))),
    "opens": st.column_config.TextColumn("Begins with", help="{n} is the section's number"),
    "closes": st.column_config.TextColumn("Ends with"),
    "person": st.column_config.SelectboxColumn("Person", options=list(get_args(Person))),
    "tense": st.column_config.SelectboxColumn("Tense", options=list(get_args(Tense))),
    "max_grade": st.column_config.NumberColumn("Highest grade", help="Flesch-Kincaid"),
    "sections": st.column_config.TextColumn("Sections", help="in their order, commas between"),
    "style": st.column_config.TextColumn("Citation style", help="numeric, author-year, footnote"),
    "only_there": st.column_config.CheckboxColumn("Only there", width="small"),
}
LISTS = ("phrases", "sections", "aliases")
"""Columns that hold several values, with commas between."""
MEMORY: dict[str, Any] = {
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
    first = {name: next(iter(CHOICES.get(name, ("",)))) for name in (*WIDGETS, *MODELS)}
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


def keys_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form says, with the keys of a brief file."""
    found = {k: v for k, v in fields.items() if v not in (None, "", []) and k not in MODELS}
    for table in ("constraints", "memory"):
        found[table] = [_row(row) for row in fields.get(table) or ()]
    banned = [line.strip() for line in str(fields.get("banned") or "").splitlines()]
    found["banned"] = [line for line in banned if line]
    return found


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {k: v for k, v in row.items() if v not in (None, "")}
    for name in LISTS:
        if isinstance(given := found.get(name), str):
            parts = given.replace("，", ",").replace("、", ",").split(",")
            found[name] = [p.strip() for p in parts if p.strip()]
    for name in ("min_words", "max_words", "about_words"):
        if name in found:
            found[name] = int(found[name])
    return found


def fields_of(brief: Brief) -> dict[str, Any]:
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
        "outline": "\n".join(_headings(brief.outline, 1)),
        "seed": brief.seed,
        "proposals": brief.proposals,
        "constraints": [
            {**shown_in(CONSTRAINT, c), "where": str(c.where)} for c in brief.constraints
        ],
        "memory": [shown_in(MEMORY, m) for m in brief.memory],
    }


def shown_in(columns: Mapping[str, Any], row: Any) -> dict[str, Any]:
    """Return what a table of these columns is to show of a constraint, or of an entry."""
    found = {name: getattr(row, name) for name in columns}
    return {k: ", ".join(v) if isinstance(v, tuple) else v for k, v in found.items()}


def _headings(items: tuple[OutlineItem, ...], level: int) -> list[str]:
    lines: list[str] = []
    for item in items:
        words = f"words: {item.words}" if item.words else ""
        lines.append(f"{'#' * level} {item.title}")
        points = (f"- {point}" for point in item.key_points)
        after = f"depends on: {'; '.join(item.depends_on)}" if item.depends_on else ""
        about = f"subjects: {'; '.join(item.subjects)}" if item.subjects else ""
        lines += [line for line in (item.purpose, *points, words, after, about) if line]
        lines += _headings(item.sections, level + 1)
    return lines
