"""Drawing one page of the studio as a visit would, without a browser."""

from streamlit.testing.v1 import AppTest


def shown(page: str, **parameters: str) -> AppTest:
    """Return the page, drawn, with these parameters in its address.

    No page of the studio may fail with a stack trace, so none is tolerated here.
    """
    test = AppTest.from_function(_script, kwargs={"page": page}, default_timeout=60)
    for name, value in parameters.items():
        test.query_params[name] = value
    return test.run()


def turned(test: AppTest, tabs: str, label: str) -> AppTest:
    """Return the page with another of its tabs open."""
    test.session_state[tabs] = label
    return test.run()


def said(test: AppTest) -> str:
    """Return all the text of a page, one element a line."""
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success")
    return "\n".join(str(element.value) for kind in kinds for element in test.get(kind))


def _script(page: str) -> None:
    import streamlit as st

    from inkwright.app.ui import page_list

    st.navigation([page_list.build_page(p.name) for p in page_list.PAGES], position="hidden")
    next(p for p in page_list.PAGES if p.name == page).show()
