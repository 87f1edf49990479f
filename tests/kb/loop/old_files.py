"""Activity databases as earlier versions made them, and steps that no version has."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from kb.loop.schema import STEPS, revisions

DUMPS = sorted((Path(__file__).parent / "schemas").glob("*.sql"))
WRITTEN = "2026-11-24"  # the day everything in the dumps happened
DOUBLING = """
import sqlalchemy as sa
revision, down_revision, CHANGES_ROWS = "9999", {before!r}, True

def upgrade(op):
    with op.batch_alter_table("searches") as searches:
        searches.alter_column("team", existing_type=sa.String(), nullable=True)
    op.execute("UPDATE searches SET total = total * 2")
"""


def old_file(place: Path, dump: Path, day: str = WRITTEN) -> Path:
    """Make a file as an earlier version left it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(place)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.executescript(dump.read_text("utf-8").replace(WRITTEN, day))
    return place


def steps_with(place: Path, step: str = DOUBLING) -> Path:
    """Return a folder with all steps and one more."""
    steps = shutil.copytree(STEPS, place / "versions", ignore=shutil.ignore_patterns("__pycache__"))
    (steps / "v9999_more.py").write_text(step.format(before=revisions(STEPS)[-1]), "utf-8")
    return steps


def asked(place: Path, query: str) -> list[tuple[Any, ...]]:
    """Return what a file answers to a query in SQL."""
    with closing(sqlite3.connect(place)) as database:
        return database.execute(query).fetchall()


def change(place: Path, statement: str) -> None:
    """Change a file behind the program's back."""
    with closing(sqlite3.connect(place)) as database, database:
        database.execute(statement)
