"""A form as a server can take it: a JSON schema that grammar compilers take, or words."""

import json
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from inkwright.agents.llm.parsing import build_json_schema

MAX_STRING_LENGTH = 1500
"""llama.cpp's grammars take no 2,000 repetitions inside another rule; what is longer is cut off
when the answer is read."""
_BOUNDS = {
    "maxLength", "minLength", "maxItems", "minItems", "minimum", "maximum", "pattern", "default",
}  # fmt: skip


@lru_cache(maxsize=64)
def build_bounded_schema(response_schema: type[BaseModel]) -> dict[str, Any]:
    """Return the schema with no string bound that a grammar compiler is known to refuse."""

    def bound(node: Any) -> Any:
        if isinstance(node, list):
            return [bound(item) for item in node]
        if not isinstance(node, dict):
            return node
        node = {key: bound(value) for key, value in node.items()}
        if isinstance(node.get("maxLength"), int):
            node["maxLength"] = min(node["maxLength"], MAX_STRING_LENGTH)
        return node

    schema: dict[str, Any] = bound(build_json_schema(response_schema))
    return schema


@lru_cache(maxsize=64)
def build_unbounded_schema(response_schema: type[BaseModel]) -> dict[str, Any]:
    """Return the schema with types alone, and every field required.

    So it is also what OpenAI calls strict.
    """

    def strip(node: Any) -> Any:
        if isinstance(node, list):
            return [strip(item) for item in node]
        if not isinstance(node, dict):
            return node
        properties = node.get("properties")
        stripped = {
            key: strip(value)
            for key, value in node.items()
            if key not in _BOUNDS and key != "properties"
        }
        if isinstance(properties, dict):
            stripped["properties"] = {name: strip(value) for name, value in properties.items()}
            stripped["required"] = list(properties)
            stripped["additionalProperties"] = False
        return stripped

    schema: dict[str, Any] = strip(build_json_schema(response_schema))
    return schema


@lru_cache(maxsize=64)
def describe_form(response_schema: type[BaseModel]) -> str:
    """Return what a prompt says of the form when no schema guides the answer."""
    schema = build_json_schema(response_schema)
    example = json.dumps(_show_shape(schema, schema.get("$defs", {})), ensure_ascii=False)
    return (
        "Answer with one JSON object and nothing else: no talk, no code fence. It has these keys,"
        f" each with a value of the kind that is shown:\n{example}"
    )


def _show_shape(node: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """Return an example of a schema: its keys, and for each value words that say its kind."""
    if reference := node.get("$ref"):
        return _show_shape(definitions[reference.rpartition("/")[2]], definitions)
    if options := node.get("anyOf"):
        return _show_shape(next(o for o in options if o.get("type") != "null"), definitions)
    if choices := node.get("enum"):
        return " or ".join(map(str, choices))
    match node.get("type"):
        case "object":
            properties = node.get("properties", {})
            return {name: _show_shape(value, definitions) for name, value in properties.items()}
        case "array":
            return [_show_shape(node.get("items", {}), definitions)]
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case _:
            return "text"
