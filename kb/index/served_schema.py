"""The tables of the catalogue in PostgreSQL: those of SQLite, with what differs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Identity, Index, MetaData, String, Table, text

from kb.index.postings import Postings
from kb.index.schema import METADATA

# Texts people write are longer than what an ordinary index takes, and looked up as a whole.
_HASHED = {"names_by_name": "name", "facet_by_value": "value", "links_by_target": "target"}


# As SQLite's table of the terms of passages is called.
_KEYWORDS = text("CREATE VIEW keywords AS SELECT number AS rowid, title, heading, tags, body FROM passage_terms")


def create_tables(connection: Connection) -> None:
    """Create the tables in the schema the connection is in."""
    _served().create_all(connection)
    Postings(connection.engine).create(connection)
    connection.execute(_KEYWORDS)


def _served() -> MetaData:
    """Return the tables; texts are ordered by their characters, as SQLite does, and rows can be read as inserted."""
    served = MetaData()
    for table in METADATA.sorted_tables:
        copy = table.to_metadata(served)
        for column in copy.columns:
            if isinstance(column.type, String):
                column.type = type(column.type)(collation="C")
        if not any(column.autoincrement is True for column in copy.columns):
            copy.append_column(Column("rowid", BigInteger, Identity()))
        _hash(copy)
    return served


def _hash(table: Table) -> None:
    for index in list(table.indexes):
        if name := _HASHED.get(str(index.name)):
            table.indexes.discard(index)
            Index(index.name, table.c[name], postgresql_using="hash")
