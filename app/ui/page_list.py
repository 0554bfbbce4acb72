"""The pages of the studio, in the order of the sidebar. Each is a module with a ``page``."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import streamlit as st

from inkwright.app.ui.errors import show_errors
from inkwright.app.ui.visits import begin_visit

_MODULES = {
    "works": "pages.works",
    "brief": "brief.page",
    "outline": "outline.page",
    "write": "pages.write",
    "text": "text.page",
    "memory": "memory.page",
    "review": "pages.review",
    "inspect": "pages.inspect",
    "takeaway": "pages.export",
}
"""Where each page is, below ``app.ui``."""


@dataclass(frozen=True)
class Page:
    """One page: where it is in the address, what it is called, and whether it needs a work."""

    name: str
    title: str
    icon: str
    requires_work: bool = True

    def show(self) -> None:
        """Draw it."""
        begin_visit(self.name)
        show_errors(import_module(f"inkwright.app.ui.{_MODULES[self.name]}").page)()


PAGES = (
    Page("works", "Works", ":material/library_books:", requires_work=False),
    Page("brief", "Brief", ":material/edit_note:", requires_work=False),
    Page("outline", "Outline", ":material/account_tree:"),
    Page("write", "Write", ":material/play_circle:"),
    Page("text", "Text", ":material/article:"),
    Page("memory", "Memory", ":material/psychology:"),
    Page("review", "Review", ":material/fact_check:"),
    Page("inspect", "Inspect", ":material/search_insights:"),
    Page("takeaway", "Take away", ":material/download:"),
)


def build_pages() -> list[Any]:
    """Return Streamlit's pages; the first, which is the address alone, by its name too."""
    first_page = PAGES[0]
    page_by_name = st.Page(
        first_page.show, title=first_page.title, icon=first_page.icon, url_path=first_page.name
    )
    return [*(build_page(page.name) for page in PAGES), page_by_name]


def build_page(name: str) -> Any:
    """Return Streamlit's page of this name."""
    page = next(p for p in PAGES if p.name == name)
    return st.Page(
        page.show,
        title=page.title,
        icon=page.icon,
        url_path=page.name if page is not PAGES[0] else "library",
        default=page is PAGES[0],
    )
