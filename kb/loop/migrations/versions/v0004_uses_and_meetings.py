"""How a hit was used (opened, copied, called helpful), who needs a gap, and the figures of saved meetings."""

from __future__ import annotations

from alembic.operations import Operations
from sqlalchemy import Column, String, Text, inspect

revision = "0004"
down_revision = "0003"
CHANGES_ROWS = False


def upgrade(op: Operations) -> None:
    """Add what is missing; earlier rows are opened pages."""
    if "how" not in {column["name"] for column in inspect(op.get_bind()).get_columns("opened")}:
        op.add_column("opened", Column("how", String, nullable=False, server_default="page"))
    if "needed_by" not in {column["name"] for column in inspect(op.get_bind()).get_columns("gaps")}:
        op.add_column("gaps", Column("needed_by", String, nullable=False, server_default=""))
    op.create_table(
        "meetings",
        Column("note", String, primary_key=True),
        Column("figures", Text, nullable=False),
        Column("at", String, nullable=False),
        if_not_exists=True,
    )
