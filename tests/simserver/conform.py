"""Answers by JSON schema: what was meant, brought into the form that was asked for.

A real vLLM generates inside the schema's grammar, so that even nonsense has the right form.
"""

import random
from typing import Any

from tests.simserver.english import English

Schema = dict[str, Any]
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_MISSING = object()
_MAX_DEPTH = 12


class Form:
    """A JSON schema, with the means to fill it."""

    def __init__(self, schema: Schema, rng: random.Random) -> None:
        self._root, self._rng = schema, rng

    def conform(self, meant: Any) -> Any:
        """Return ``meant``, cut and completed to what the schema allows."""
        return self._fit(meant, self._root, 0)

    def _fit(self, meant: Any, schema: Schema, depth: int) -> Any:
        schema = self._resolve(schema)
        if options := schema.get("anyOf") or schema.get("oneOf"):
            return self._fit(meant, self._choose(meant, options, depth), depth)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return meant if meant in schema["enum"] else self._rng.choice(schema["enum"])
        kind = _kind(schema)
        if not _is(meant, kind):
            meant = self._made_up(kind, schema, depth)
        if kind == "object":
            return self._object(meant, schema, depth + 1)
        if kind == "array":
            return self._array(meant, schema, depth + 1)
        return _bounded(meant, schema)

    def _object(self, meant: dict[str, Any], schema: Schema, depth: int) -> dict[str, Any]:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        if not properties:
            return meant
        return {
            key: self._fit(meant.get(key, _MISSING), wanted, depth)
            for key, wanted in properties.items()
            if key in meant or (key in required and depth < _MAX_DEPTH)
        }

    def _array(self, meant: list[Any], schema: Schema, depth: int) -> list[Any]:
        wanted = schema.get("items", {})
        least, most = schema.get("minItems", 0), schema.get("maxItems", len(meant))
        missing = [_MISSING] * max(0, least - len(meant))
        return [self._fit(item, wanted, depth) for item in (*meant[:most], *missing)]

    def _made_up(self, kind: str, schema: Schema, depth: int) -> Any:
        """Return something of a ``kind`` where nothing was meant."""
        if kind == "object":
            return dict.fromkeys(schema.get("properties", {}), _MISSING) if depth < 6 else {}
        if kind == "array":
            return [_MISSING] * self._rng.randint(1, 3) if depth < 6 else []
        if kind in ("integer", "number"):
            return self._rng.randint(schema.get("minimum", 1), schema.get("maximum", 100))
        if kind == "boolean":
            return self._rng.random() < 0.5
        return None if kind == "null" else English().sentence(self._rng, self._rng.randint(4, 9))

    def _choose(self, meant: Any, options: list[Schema], depth: int) -> Schema:
        resolved = [self._resolve(option) for option in options]
        return next((o for o in resolved if _is(meant, _kind(o))), resolved[0])

    def _resolve(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            found: Any = self._root
            for name in schema["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            schema = found
        return schema


def _kind(schema: Schema) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return kind if isinstance(kind, str) else kind[0]


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _bounded(value: Any, schema: Schema) -> Any:
    """Keep a string or number within its bounds."""
    if isinstance(value, str):
        value = value[: schema.get("maxLength", len(value))]
        return value.ljust(schema.get("minLength", 0), "x")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return max(schema.get("minimum", value), min(schema.get("maximum", value), value))
    return value
