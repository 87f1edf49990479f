"""What differs between SQLite and PostgreSQL in the statements of the index."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, Integer, String, any_, func, literal, select, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

SQLITE, POSTGRESQL = "sqlite", "postgresql"
_NUL = r"\u0000"
_ESCAPED_NUL = re.compile(r"((?<!\\)(?:\\\\)*)\\u0000")
# Several times as fast as a parameter for each value.
_ONE_OF = {SQLITE: "IN (SELECT value FROM json_each(:listed))", POSTGRESQL: "= ANY(:listed)"}


class Listing:
    """A statement in which `{one_of_listed}` means that what stands before it is one of many values."""

    def __init__(self, statement: str) -> None:
        self._by_dialect = {name: text(statement.format(one_of_listed=how)) for name, how in _ONE_OF.items()}

    def rows(self, connection: Connection, values: Sequence[object]) -> Sequence[Any]:
        """Return the rows for some values."""
        name = connection.dialect.name
        listed = json.dumps(values) if name == SQLITE else values
        return connection.execute(self._by_dialect[name], {"listed": listed}).all()


def one_of(connection: Connection, column: ColumnElement[int], values: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition that a column has one of many numbers, for the database of a connection."""
    if connection.dialect.name == SQLITE:
        return column.in_(select(func.json_each(json.dumps(values)).table_valued("value").c.value))
    return column == any_(literal(values, ARRAY(Integer)))


def storable(connection: Connection, document: str) -> str:
    """Return a JSON document without the one escape that PostgreSQL cannot read: that of NUL."""
    if connection.dialect.name == SQLITE or _NUL not in document:
        return document
    return _ESCAPED_NUL.sub(r"\g<1>\\ufffd", document)


class value_in(FunctionElement[str]):  # noqa: N801 - used as an SQL function
    """A member of a JSON object that is kept as text; NULL if there is none: `value_in(column, "owner")`."""

    type = String()
    inherit_cache = True


@compiles(value_in, SQLITE)
def _in_sqlite(element: value_in, compiler: Any, **options: Any) -> str:
    document, name = element.clauses
    return f"json_extract({compiler.process(document, **options)}, '$.' || {compiler.process(name, **options)})"


@compiles(value_in, POSTGRESQL)
def _in_postgresql(element: value_in, compiler: Any, **options: Any) -> str:
    document, name = element.clauses
    return f"(CAST({compiler.process(document, **options)} AS json) ->> {compiler.process(name, **options)})"
