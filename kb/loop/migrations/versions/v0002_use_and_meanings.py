"""What was used in a deal after a search, and vectors of wordings."""

from __future__ import annotations

from alembic.operations import Operations
from sqlalchemy import Column, LargeBinary, String, Text

revision = "0002"
down_revision = "0001"
CHANGES_ROWS = False


def upgrade(op: Operations) -> None:
    """Add what is missing: files that were not stamped yet may hold one of the tables."""
    op.create_table(
        "used",
        Column("search", String, nullable=False),
        Column("entry", String, nullable=False),
        Column("deal", String, nullable=False),
        Column("at", String, nullable=False),
        if_not_exists=True,
    )
    op.create_index("ix_used_search", "used", ["search"], if_not_exists=True)
    op.create_index("ix_used_entry", "used", ["entry"], if_not_exists=True)
    op.create_table(
        "meanings",
        Column("wording", Text, primary_key=True),
        Column("model", String, primary_key=True),
        Column("vector", LargeBinary, nullable=False),
        Column("at", String, nullable=False),
        if_not_exists=True,
    )
