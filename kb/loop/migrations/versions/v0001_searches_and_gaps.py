"""What the first files held: searches, what was opened and helped, gaps and whom to tell of them."""

from __future__ import annotations

from alembic.operations import Operations
from sqlalchemy import Column, Integer, String, Text

revision = "0001"
down_revision = None
CHANGES_ROWS = False


def upgrade(op: Operations) -> None:
    """Add what is missing: a process killed at its first start left some of the tables."""
    op.create_table(
        "searches",
        Column("id", String, primary_key=True),
        Column("at", String, nullable=False),
        Column("query", Text, nullable=False),
        Column("language", String, nullable=False),
        Column("team", String, nullable=False),
        Column("filters", Text, nullable=False),
        Column("confidence", String, nullable=False),
        Column("total", Integer, nullable=False),
        Column("hidden", Integer, nullable=False),
        Column("asker", String, nullable=False),
        Column("deal", String, nullable=False),
        if_not_exists=True,
    )
    op.create_index("ix_searches_at", "searches", ["at"], if_not_exists=True)
    op.create_index("ix_searches_asker", "searches", ["asker"], if_not_exists=True)
    op.create_index("searches_by_deal", "searches", ["deal"], if_not_exists=True)
    op.create_table(
        "opened",
        Column("search", String, nullable=False),
        Column("entry", String, nullable=False),
        Column("at", String, nullable=False),
        if_not_exists=True,
    )
    op.create_index("ix_opened_search", "opened", ["search"], if_not_exists=True)
    op.create_index("ix_opened_entry", "opened", ["entry"], if_not_exists=True)
    op.create_table(
        "helpful",
        Column("entry", String, primary_key=True),
        Column("asker", String, primary_key=True),
        Column("at", String, nullable=False),
        if_not_exists=True,
    )
    _create_gaps(op)


def _create_gaps(op: Operations) -> None:
    op.create_table(
        "gaps",
        Column("query", Text, primary_key=True),
        Column("wording", Text, nullable=False),
        Column("filters", Text, nullable=False),
        Column("state", String, nullable=False),
        Column("owner", String, nullable=False),
        Column("due", String, nullable=False),
        Column("entry", String, nullable=False),
        Column("changed_at", String, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "told",
        Column("query", Text, primary_key=True),
        Column("asker", String, primary_key=True),
        Column("seen", Integer, nullable=False),
        if_not_exists=True,
    )
