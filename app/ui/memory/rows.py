"""The rows of the memory table: built once for each state of the work, then only filtered."""

from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from inkwright.app.api.memory import Memory, map_entry_states
from inkwright.app.config.settings import Settings
from inkwright.app.ui import cache, navigation
from inkwright.memory.ids import SectionId, WorkId
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
COLUMN_ORDER = tuple(COLUMNS)


class EntryFilter(NamedTuple):
    """Which entries are to be shown."""

    words: str = ""
    kind: str | None = None
    section: SectionId | None = None
    source: str | None = None
    standing: str = "live"


def select_rows(work_id: WorkId, entry_filter: EntryFilter) -> pd.DataFrame:
    """Return the entries that fit."""
    settings = navigation.load_settings()
    rows: pd.DataFrame = _build_rows(
        settings, str(settings.home), work_id, cache.load_stamp(work_id)
    )
    mask = pd.Series(True, index=rows.index)
    if entry_filter.standing != "all":
        mask &= rows["standing"] == entry_filter.standing
    for name in ("kind", "section"):
        if (value := getattr(entry_filter, name)) is not None:
            mask &= rows[name] == value
    if entry_filter.source is not None:
        mask &= rows["origin"] == entry_filter.source
    for word in normalise(entry_filter.words).split():
        mask &= rows["words"].str.contains(word, regex=False)
    return rows[mask]


@st.cache_resource(show_spinner=False, max_entries=8)
def _build_rows(
    _settings: Settings, home: str, work_id: WorkId, work_stamp: tuple[Any, ...]
) -> pd.DataFrame:
    memory = Memory(work_id, settings=_settings)
    ledger = cache.load_ledger(work_id)
    sections_by_entry = memory.shown()
    count_tokens = memory.tokenizer().count
    standing_by_id = map_entry_states(ledger)
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
                "shown": len(sections_by_entry.get(entry.id, ())),
                "tokens": count_tokens(entry.line),
                "aliases": ", ".join(entry.aliases),
                "standing": standing_by_id[entry.id],
                "id": entry.id,
                "section": entry.span.section if entry.span else "",
                "origin": entry.origin,
                "words": normalise(f"{entry.line} {entry.kind}"),
            }
            for entry in ledger.latest()
        ],
        columns=[*COLUMN_ORDER, "section", "origin", "words"],
    )
