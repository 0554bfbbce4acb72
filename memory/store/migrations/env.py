"""Alembic's entry: runs on the connection that ``upgrade`` hands over."""

from alembic import context

from inkwright.memory.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
