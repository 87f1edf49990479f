"""What people said of two wordings: that they mean the same, or do not."""

from __future__ import annotations

from alembic.operations import Operations
from sqlalchemy import Column, Integer, String, Text

revision = "0003"
down_revision = "0002"
CHANGES_ROWS = False


def upgrade(op: Operations) -> None:
    """Add the table where it is missing."""
    op.create_table(
        "judged",
        Column("one", Text, primary_key=True),
        Column("other", Text, primary_key=True),
        Column("is_same", Integer, nullable=False),
        Column("at", String, nullable=False),
        if_not_exists=True,
    )
