"""The rows of the memory table: built once for each state of the work, then only filtered."""

from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from inkwright.app.api.memory import Memory, standing_of
from inkwright.app.config.settings import Settings
from inkwright.app.ui import cache, navigation
from inkwright.memory.text.normalise import normalise

COLUMNS: dict[str, Any] = {
    "tick": st.column_config.CheckboxColumn("", width=40, help="Tick"),
    "kind": st.column_config.SelectboxColumn(
        "Kind",
        options=["character", "place", "event", "fact", "term", "style", "thread"],
        width=90,
        required=True,
    ),
    "subject": st.column_config.TextColumn("Subject", width=130, required=True),
    "attribute": st.column_config.TextColumn("Attribute", width=120),
    "statement": st.column_config.TextColumn("What is true", width=330, required=True),
    "pinned": st.column_config.CheckboxColumn("Pinned", width=90),
    "source": st.column_config.TextColumn("Source", width=80),
    "shown": st.column_config.NumberColumn("Shown to", width=75, help="Sections shown it"),
    "tokens": st.column_config.NumberColumn("Tokens", width=65),
    "aliases": st.column_config.TextColumn("Other names", width=130),
    "standing": st.column_config.TextColumn("Stands", width=90),
    "id": st.column_config.TextColumn("Id", width=70),
}
DRAWN = tuple(COLUMNS)


class EntryFilter(NamedTuple):
    """Which entries are to be shown."""

    words: str = ""
    kind: str | None = None
    section: str | None = None
    source: str | None = None
    standing: str = "live"


def table(work: str, wanted: EntryFilter) -> pd.DataFrame:
    """Return the entries that fit."""
    now = navigation.settings()
    rows: pd.DataFrame = _all(now, str(now.home), work, cache.stamp(work))
    fits = pd.Series(True, index=rows.index)
    if wanted.standing != "all":
        fits &= rows["standing"] == wanted.standing
    for name in ("kind", "section"):
        if (value := getattr(wanted, name)) is not None:
            fits &= rows[name] == value
    if wanted.source is not None:
        fits &= rows["origin"] == wanted.source
    for word in normalise(wanted.words).split():
        fits &= rows["words"].str.contains(word, regex=False)
    return rows[fits]


@st.cache_resource(show_spinner=False, max_entries=8)
def _all(_now: Settings, home: str, work: str, changed: tuple[Any, ...]) -> pd.DataFrame:
    memory = Memory(work, settings=_now)
    book, shown, count = cache.ledger(work), memory.shown(), memory.tokenizer().count
    stands = standing_of(book)
    return pd.DataFrame(
        [
            {
                "tick": False,
                "kind": entry.kind,
                "subject": entry.subject,
                "attribute": entry.attribute,
                "statement": entry.statement,
                "pinned": entry.pinned,
                "source": entry.span.section if entry.span else entry.origin,
                "shown": len(shown.get(entry.id, ())),
                "tokens": count(entry.line),
                "aliases": ", ".join(entry.aliases),
                "standing": stands[entry.id],
                "id": entry.id,
                "section": entry.span.section if entry.span else "",
                "origin": entry.origin,
                "words": normalise(f"{entry.line} {entry.kind}"),
            }
            for entry in book.latest()
        ],
        columns=[*DRAWN, "section", "origin", "words"],
    )
