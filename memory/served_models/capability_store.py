"""The records of served models in the library."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, delete, insert, select

from inkwright.memory.model_capabilities import ModelCapabilities
from inkwright.memory.store import schema
from inkwright.memory.store.library import Library, now


def load_capabilities(library: Library, address: str, model: str) -> ModelCapabilities | None:
    """Return what is known of ``model`` at ``address``; None: nothing yet."""
    with library.read() as db:
        return _load(db, address, model)


def update_capabilities(
    library: Library, address: str, model: str, changes: Mapping[str, Any]
) -> ModelCapabilities:
    """Store what was found out now beside what was known, and return both together."""
    with library.write() as db:
        stored = _load(db, address, model) or ModelCapabilities()
        capabilities = ModelCapabilities.model_validate({**stored.model_dump(), **changes})
        table = schema.capabilities
        db.execute(delete(table).where(table.c.address == address, table.c.model == model))
        db.execute(
            insert(table).values(
                address=address,
                model=model,
                updated_at=now(),
                record=capabilities.model_dump(mode="json", exclude_defaults=True),
            )
        )
    return capabilities


def forget_capabilities(library: Library, address: str, model: str) -> None:
    """Forget what is known, so that it is found out anew: the server may be another by now."""
    table = schema.capabilities
    with library.write() as db:
        db.execute(delete(table).where(table.c.address == address, table.c.model == model))


def _load(db: Connection, address: str, model: str) -> ModelCapabilities | None:
    table = schema.capabilities
    query = select(table.c.record).where(table.c.address == address, table.c.model == model)
    record = db.execute(query).scalar_one_or_none()
    if record is None:
        return None
    try:
        return ModelCapabilities.model_validate(record)
    except ValidationError:
        return None  # written by another version: it is found out anew
