"""The schema version of an activity database.

Alembic is not imported here, so that opening a current database stays fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, Connection, Inspector, MetaData, String, Table, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from kb.errors import ActivitySchemaError, ActivityUnavailableError, ActivityVersionError
from kb.loop.dialect import readonly_engine
from kb.loop.tables import METADATA
from kb.wording import say

STEPS = Path(__file__).parent / "migrations" / "versions"
STAMP = Table("alembic_version", MetaData(), Column("version_num", String))
# Written where it is not the version of the stamp: the oldest version of the program that can use the tables as well.
OLDEST = Table("activity_oldest", MetaData(), Column("version", String))

# The tables and indexes each version added, for files without a version stamp.
UNSTAMPED = {
    "0001": {
        *("searches", "ix_searches_at", "ix_searches_asker", "searches_by_deal"),
        *("opened", "ix_opened_search", "ix_opened_entry", "helpful", "gaps", "told"),
    },
    "0002": {"used", "ix_used_search", "ix_used_entry", "meanings"},
    "0003": {"judged"},
    "0004": {"meetings"},
    "0005": {"grades", "quality"},
}


@dataclass(frozen=True, slots=True)
class Version:
    """The schema version of one database."""

    revision: str  # empty: no complete version yet
    newest: str  # that this program knows
    is_stamped: bool  # False: detected by its tables

    @property
    def is_current(self) -> bool:
        """Whether no migration is pending."""
        return self.revision == self.newest


def revisions(steps: Path) -> Sequence[str]:
    """Return the versions of a folder of migrations, from its file names (`v0001_….py`)."""
    return sorted(file.name[1:].partition("_")[0] for file in steps.glob("v*_*.py"))


def version_of(connection: Connection, steps: Path = STEPS) -> Version:
    """Return the version of a database; the newest known one for a newer one that can be used all the same.

    Raises ActivityVersionError for another newer one.
    """
    known, inspector = revisions(steps), inspect(connection)
    stamped = list(connection.scalars(select(STAMP.c.version_num))) if inspector.has_table(STAMP.name) else []
    for revision in stamped:
        if revision not in known and _oldest(connection, inspector, revision) <= known[-1]:
            return Version(known[-1], known[-1], is_stamped=True)
        if revision not in known:
            raise ActivityVersionError(
                say(
                    "it was created by a newer version (schema {found}; this version supports up to {newest})."
                    " Upgrade the program or restore a backup",
                    found=revision,
                    newest=known[-1],
                )
            )
    return Version(stamped[0] if stamped else _recognised(inspector), known[-1], bool(stamped))


def need_columns(connection: Connection) -> None:
    """Raise ActivitySchemaError if a table or column is missing."""
    found = inspect(connection).get_multi_columns()
    for table in METADATA.sorted_tables:
        there = {column["name"] for column in found.get((None, table.name), ())}
        missing = [column.name for column in table.columns if column.name not in there]
        if missing:
            raise ActivitySchemaError(
                say("column '{column}' is missing. Restore a backup", column=f"{table.name}.{missing[0]}")
            )


def examine(file: Path) -> Version:
    """Return the version of a file without changing it. Raises ActivitySchemaError, ActivityUnavailableError."""
    engine = readonly_engine(file)
    try:
        with engine.connect() as connection:
            version = version_of(connection)
            if version.is_current:
                need_columns(connection)
            return version
    except (SQLAlchemyError, OSError) as error:
        raise ActivityUnavailableError(str(getattr(error, "orig", None) or error)) from error
    finally:
        engine.dispose()


def _oldest(connection: Connection, inspector: Inspector, revision: str) -> str:
    """Return the oldest version of the program that can use the tables; that of the tables if nothing else is said."""
    said = connection.scalar(select(OLDEST.c.version)) if inspector.has_table(OLDEST.name) else None
    return str(said or revision)


def _recognised(inspector: Inspector) -> str:
    """Return the newest version whose tables and indexes all exist."""
    there = set(inspector.get_table_names())
    there |= {index["name"] or "" for indexes in inspector.get_multi_indexes().values() for index in indexes}
    revision = ""
    for one, added in UNSTAMPED.items():
        if not added <= there:
            break
        revision = one
    return revision
