"""Copy all rows of some tables from one database into another, empty one."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Table, func, insert, select

from kb.errors import KBError
from kb.wording import say

AT_ONCE = 1_000  # rows


class NotEmptyError(KBError):
    """The database that rows should be copied into is not empty."""

    def __init__(self, table: str) -> None:
        super().__init__(
            say(
                "Nothing was migrated: the table '{table}' there is not empty."
                " Choose an empty database or data folder.",
                table=table,
            )
        )


def transfer(tables: Iterable[Table], source: Connection, target: Connection) -> int:
    """Copy the rows of tables, those that others refer to first; return how many. Raises NotEmptyError."""
    ordered = list(tables)
    for table in ordered:
        if target.scalar(select(func.count()).select_from(table)):
            raise NotEmptyError(table.name)
    count = 0
    for table in ordered:
        rows = source.execution_options(yield_per=AT_ONCE).execute(select(table))
        for some in rows.mappings().partitions(AT_ONCE):
            target.execute(insert(table), [dict(row) for row in some])
            count += len(some)
    return count
