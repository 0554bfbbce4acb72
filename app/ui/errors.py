"""What goes wrong on a page, told in words that a person can act on."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import streamlit as st

from inkwright.app.ui.html import escape_markdown
from inkwright.memory.errors import InkwrightError

F = TypeVar("F", bound=Callable[..., Any])


ERROR_KEY = "what went wrong"
"""In the state of a visit: what is to be told where a page is drawn next."""


CRASH_MESSAGE = (
    "The studio stumbled over this page. Nothing you wrote is lost; reload the page. "
    "What happened stands in the terminal where `inkwright ui` runs."
)


_LOG = logging.getLogger("inkwright.ui")


def show_errors(act: F) -> F:
    """Let ``act`` tell what goes wrong in a line that a person can act on."""

    @wraps(act)
    def guarded(*arguments: Any, **keywords: Any) -> Any:
        _show_stored_error()
        try:
            return act(*arguments, **keywords)
        except Exception as fault:
            st.session_state[ERROR_KEY] = _format_error(fault)
            _show_stored_error()
        return None

    return guarded  # type: ignore[return-value]


def show_errors_in_callback(act: F) -> F:
    """Let ``act``, which a press calls before anything is drawn, tell there what goes wrong."""

    @wraps(act)
    def guarded(*arguments: Any, **keywords: Any) -> None:
        try:
            act(*arguments, **keywords)
        except Exception as fault:
            st.session_state[ERROR_KEY] = _format_error(fault)

    return guarded  # type: ignore[return-value]


def _show_stored_error() -> None:
    if message := st.session_state.pop(ERROR_KEY, None):
        st.error(message, icon=":material/error:")


def _format_error(fault: Exception) -> str:
    if isinstance(fault, InkwrightError):
        return escape_markdown(str(fault), 600)
    _LOG.error("a page of the studio failed", exc_info=fault)
    return CRASH_MESSAGE
