"""The base of every domain value: frozen, and strict about unknown fields."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from inkwright.memory.cleanup import each_text, storable


class Value(BaseModel):
    """An immutable domain value. Equal content means equal value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with other values for some fields, and nothing that followed from the old.

        Pydantic would copy the values of cached properties too.
        """
        copy = super().model_copy(update=update, deep=deep)
        for name in copy.__dict__.keys() - type(self).model_fields.keys():
            del copy.__dict__[name]
        return copy


class Given(Value):
    """A value that people give, in files, forms and programs: its text can be stored anywhere."""

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        return each_text(value, storable)


def digest(content: Any) -> str:
    """Return a SHA-256 hex digest of JSON-like ``content``, the same on every machine."""
    if isinstance(content, BaseModel):
        content = content.model_dump(mode="json")
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
