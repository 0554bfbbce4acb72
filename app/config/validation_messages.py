"""Pydantic's errors in the words of the person who wrote the file."""

import difflib
import re
from collections.abc import Sequence
from typing import Any

from pydantic_core import ErrorDetails

_MESSAGE_BY_TYPE = {
    "string_type": "expected text; put it in quotes",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "model_type": "expected keys with values",
    "missing": "is missing",
    "string_too_short": "is empty",
}


def describe_error(error: ErrorDetails) -> str:
    """Return what is wrong with one value, in a few plain words."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _MESSAGE_BY_TYPE:
        return _MESSAGE_BY_TYPE[kind]
    if kind == "literal_error":
        allowed_values = re.findall(r"'([^']*)'", context["expected"])
        close_matches = difflib.get_close_matches(
            str(error.get("input")).lower(), allowed_values, n=1, cutoff=0.6
        )
        hint = f"; did you mean {close_matches[0]!r}?" if close_matches else ""
        return f"expected {context['expected']}{hint}"
    if kind == "greater_than_equal":
        return f"must be at least {context['ge']:,}"
    if kind == "greater_than":
        return f"must be more than {context['gt']:,}"
    if kind == "less_than_equal":
        return f"must be at most {context['le']:,}"
    if kind == "string_too_long":
        return f"is longer than the {context['max_length']:,} characters allowed"
    return error["msg"].removeprefix("Value error, ")


def suggest_name(name: str, known_names: Sequence[str]) -> str:
    """Return a hint that names the known name nearest to ``name``, or all when there are few."""
    close_matches = difflib.get_close_matches(name.lower(), known_names, n=1, cutoff=0.6)
    if close_matches:
        return f"; did you mean {close_matches[0]!r}?"
    return f"; known are {', '.join(known_names)}" if len(known_names) <= 20 else ""


def format_location(location: Sequence[Any]) -> str:
    """Return where a value stands: ``constraints[2].where``."""
    parts = "".join(f"[{p + 1}]" if isinstance(p, int) else f".{p}" for p in location)
    return parts.removeprefix(".")
