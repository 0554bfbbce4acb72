"""Bring a library to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from inkwright.memory.store import schema
from inkwright.memory.store.database import ALONE, WRITE_OPTION


def upgrade(engine: Engine) -> None:
    """Run every migration the database lacks, in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with engine.connect().execution_options(**{WRITE_OPTION: ALONE}) as connection:
        config.attributes["connection"] = connection
        with connection.begin():
            command.upgrade(config, schema.REVISION)
