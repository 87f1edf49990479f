"""How people graded the hits of questions, and how well the search ranked them each time it was measured."""

from __future__ import annotations

from alembic.operations import Operations
from sqlalchemy import Column, Float, Integer, String, Text

revision = "0005"
down_revision = "0004"
CHANGES_ROWS = False


def upgrade(op: Operations) -> None:
    """Add the tables where they are missing."""
    op.create_table(
        "grades",
        Column("query", Text, primary_key=True),
        Column("entry", String, primary_key=True),
        Column("wording", Text, nullable=False),
        Column("grade", Integer, nullable=False),
        Column("at", String, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "quality",
        Column("at", String, primary_key=True),
        Column("shown", String, primary_key=True),
        Column("fingerprint", String, nullable=False),
        Column("model", String, nullable=False),
        Column("constants", String, nullable=False),
        Column("questions", Integer, nullable=False),
        Column("ndcg", Float, nullable=False),
        Column("hits", Integer, nullable=False),
        Column("used_questions", Integer, nullable=False),
        Column("used_hits", Integer, nullable=False),
        Column("figures", Text, nullable=False),
        if_not_exists=True,
    )
