"""Where the person is: which work, with which settings; and what goes wrong, in plain words."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import streamlit as st

from inkwright.app.config import endpoints
from inkwright.app.config.paths import ENV_PREFIX, find_library_home, load_file_settings
from inkwright.app.config.settings import Settings
from inkwright.app.config.trust import UntrustedFile, deciding
from inkwright.app.services.library_status import find_work_id
from inkwright.app.ui.html import escape_markdown
from inkwright.memory.ids import WorkId

MAX_FIND_CHARS = 300
"""So much of the words that are looked for goes into an address."""


def load_settings() -> Settings:
    """Return the settings in force, made anew when what they are read from has changed."""
    env_items = sorted(item for item in os.environ.items() if item[0].startswith(ENV_PREFIX))
    with deciding(lambda _: False):
        return _load_settings(
            str(Path.cwd()), str(find_library_home()), str(env_items), str(load_file_settings())
        )


@lru_cache(maxsize=1)
def _load_settings(*_cache_key: str) -> Settings:
    return Settings.load()


def untrusted() -> dict[str, None]:
    """Return what is to be said of ``inkwright.toml`` files that are not trusted."""
    notes: dict[str, None] = {}

    def note(file: UntrustedFile) -> bool:
        notes[str(file)] = None
        return False

    with deciding(note):
        load_file_settings()
    return notes


def describe_endpoint(models: Mapping[str, str] | None = None) -> str:
    """Return what a button that calls a model is labelled with.

    ``models`` names, by role, other models than the settings do.
    """
    settings = load_settings().with_models(models or {})
    return escape_markdown(endpoints.describe_models(settings), 100)


def has_model() -> bool:
    """True when a model is set; without one nothing can be asked of any."""
    return endpoints.has_any_model(load_settings())


def get_chosen_work_id() -> WorkId | None:
    """Return the work that the address names, by its whole id; None: none."""
    work_param = st.query_params.get("work")
    if not work_param:
        return None
    current_settings = load_settings()
    return find_work_id(current_settings.home, current_settings.library_address, work_param)


def require_work_id() -> WorkId:
    """Return the work that the address names; without one, say where to choose and stop."""
    if (work_id := get_chosen_work_id()) is not None:
        return work_id
    st.info("No work is chosen. Choose one on the Works page, or begin a new one.")
    draw_link("works", "Go to Works")
    return st.stop()


def draw_link(
    name: str,
    label: str,
    *,
    work_id: WorkId | None = None,
    icon: str | None = None,
    **parameters: str,
) -> None:
    """Draw a link to a page, at this work."""
    from inkwright.app.ui import page_list

    st.page_link(
        page_list.build_page(name),
        label=label,
        icon=icon,
        query_params={"work": work_id, **parameters} if work_id else None,
    )


def build_find_params(words: str) -> dict[str, str]:
    """Return the parameters by which the Text page shows where these words stand."""
    return {"find": words[:MAX_FIND_CHARS]} if words else {}


def go(name: str, work_id: WorkId | None = None, **parameters: str) -> None:
    """Go to a page, at this work."""
    from inkwright.app.ui import page_list

    query = {**({"work": work_id} if work_id else {}), **parameters}
    st.switch_page(page_list.build_page(name), query_params=query)
