"""Where the person is: which work, with which settings; and what goes wrong, in plain words."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import streamlit as st

from inkwright.app.config import endpoints
from inkwright.app.config.paths import PREFIX, file_settings, library_home
from inkwright.app.config.settings import Settings
from inkwright.app.config.trust import UntrustedFile, deciding
from inkwright.app.services.library_status import work_named
from inkwright.app.ui.html import plain

FOUND_CHARS = 300
"""So much of the words that are looked for goes into an address."""


def settings() -> Settings:
    """Return the settings in force, made anew when what they are read from has changed."""
    given = sorted(item for item in os.environ.items() if item[0].startswith(PREFIX))
    with deciding(lambda _: False):
        return _settings(str(Path.cwd()), str(library_home()), str(given), str(file_settings()))


@lru_cache(maxsize=1)
def _settings(*_read_from: str) -> Settings:
    return Settings.load()


def untrusted() -> dict[str, None]:
    """Return what is to be said of ``inkwright.toml`` files that are not trusted."""
    notes: dict[str, None] = {}

    def note(file: UntrustedFile) -> bool:
        notes[str(file)] = None
        return False

    with deciding(note):
        file_settings()
    return notes


def endpoint(models: Mapping[str, str] | None = None) -> str:
    """Return what a button that calls a model is labelled with.

    ``models`` names, by role, other models than the settings do.
    """
    changes = {f"{role}_model": model for role, model in (models or {}).items()}
    return plain(endpoints.said(settings().model_copy(update=changes)), 100)


def has_model() -> bool:
    """True when a model is set; without one nothing can be asked of any."""
    return endpoints.any_named(settings())


def chosen() -> str | None:
    """Return the work that the address names, by its whole id; None: none."""
    given = st.query_params.get("work")
    if not given:
        return None
    now = settings()
    return work_named(now.home, now.library_address, given)


def work() -> str:
    """Return the work that the address names; without one, say where to choose and stop."""
    if (found := chosen()) is not None:
        return found
    st.info("No work is chosen. Choose one on the Works page, or begin a new one.")
    link("works", "Go to Works")
    return st.stop()


def link(
    name: str,
    label: str,
    *,
    work: str | None = None,
    icon: str | None = None,
    **parameters: str,
) -> None:
    """Draw a link to a page, at this work."""
    from inkwright.app.ui import page_list

    st.page_link(
        page_list.built(name),
        label=label,
        icon=icon,
        query_params={"work": work, **parameters} if work else None,
    )


def finding(words: str) -> dict[str, str]:
    """Return the parameters by which the Text page shows where these words stand."""
    return {"find": words[:FOUND_CHARS]} if words else {}


def go(name: str, work: str | None = None, **parameters: str) -> None:
    """Go to a page, at this work."""
    from inkwright.app.ui import page_list

    query = {**({"work": work} if work else {}), **parameters}
    st.switch_page(page_list.built(name), query_params=query)
