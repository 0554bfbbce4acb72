"""The fields of the brief's form, and their way to and from a brief."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from inkwright.memory.brief import Brief, OutlineItem

WIDGETS = (
    "title",
    "kind",
    "audience",
    "language",
    "style",
    "banned",
    "outline",
    "continuity",
    "headings",
)
"""Fields that are text, or a choice."""
CHOICES: dict[str, dict[str, str]] = {
    "continuity": {
        "": "what suits the kind",
        "strict": "the section before, one by one",
        "chapter": "the section before in their chapter",
        "free": "nothing",
    },
    "headings": {"all": "all", "chapters": "chapters only", "none": "none"},
}
CONSTRAINT: dict[str, Any] = {
    "text": st.column_config.TextColumn("Constraint", width="large", required=True),
    "where": st.column_config.TextColumn(
        "Where", help='whole, all, 7, 3-8, or "every 4 from 5"', width="small"
    ),
    "kind": st.column_config.SelectboxColumn(
        "Checked by",
        options=["judged", "must_contain", "must_not_contain", "length", "pattern", "language"],
        help="judged: a model reads for it; the others are rules.",
    ),
    "phrases": st.column_config.TextColumn("Phrases", help="with commas between"),
    "min_words": st.column_config.NumberColumn("Least words", min_value=0),
    "max_words": st.column_config.NumberColumn("Most words", min_value=1),
    "pattern": st.column_config.TextColumn("Pattern"),
    "language": st.column_config.TextColumn("Language", width="small"),
    "required": st.column_config.CheckboxColumn("Required", default=True, width="small"),
}
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
}


def keys_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form says, with the keys of a brief file."""
    found = {k: v for k, v in fields.items() if v not in (None, "", []) and k != "banned"}
    found["constraints"] = [_constraint(row) for row in fields.get("constraints") or ()]
    banned = [line.strip() for line in str(fields.get("banned") or "").splitlines()]
    if phrases := [line for line in banned if line]:
        found["constraints"].append(
            {
                "text": f"Do not use: {'; '.join(phrases)}"[:2000],
                "kind": "must_not_contain",
                "phrases": phrases,
                "where": "all",
            }
        )
    return found


def _constraint(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {k: v for k, v in row.items() if v not in (None, "")}
    if isinstance(given := found.get("phrases"), str):
        parts = given.replace("，", ",").replace("、", ",").split(",")
        found["phrases"] = [p.strip() for p in parts if p.strip()]
    for name in ("min_words", "max_words"):
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
        "outline": "\n".join(_headings(brief.outline, 1)),
        "seed": brief.seed,
        "proposals": brief.proposals,
        "constraints": [
            {
                **c.model_dump(include=set(CONSTRAINT)),
                "phrases": ", ".join(c.phrases),
                "where": str(c.where),
            }
            for c in brief.constraints
        ],
        "memory": [m.model_dump(mode="json", include=set(MEMORY)) for m in brief.memory],
    }


def _headings(items: tuple[OutlineItem, ...], level: int) -> list[str]:
    lines: list[str] = []
    for item in items:
        words = f"words: {item.words}" if item.words else ""
        lines.append(f"{'#' * level} {item.title}")
        points = (f"- {point}" for point in item.key_points)
        lines += [line for line in (item.purpose, *points, words) if line]
        lines += _headings(item.sections, level + 1)
    return lines
