"""Random keys that all servers of a knowledge base must have alike: what one signs, another checks."""

from __future__ import annotations

import logging

from sqlalchemy import Column, LargeBinary, MetaData, String, Table, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from kb.shared.database import Database, take_turn, why_away

LOCK = 7_355_611  # while the table is created
METADATA = MetaData()
log = logging.getLogger(__name__)
KEYS = Table(
    "shared_keys",
    METADATA,
    Column("name", String, primary_key=True),
    Column("key", LargeBinary, nullable=False),
)


def shared_key(database: Database, name: str, own: bytes) -> bytes:
    """Return the key of a name: that of the first server that asked; our own while the database is away."""
    try:
        with database.engine.begin() as connection:
            take_turn(connection, LOCK)
            METADATA.create_all(connection)
            connection.execute(insert(KEYS).values(name=name, key=own).on_conflict_do_nothing())
            return bytes(connection.execute(select(KEYS.c.key).where(KEYS.c.name == name)).scalar_one())
    except SQLAlchemyError as error:
        log.warning("The key '%s' could not be read from the database: %s", name, why_away(error))
        return own
