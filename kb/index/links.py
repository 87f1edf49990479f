"""Queries for outgoing and incoming links."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from kb.index.catalog import Catalog, in_groups
from kb.index.schema import ENTRIES, LINKS

_USES = (
    select(ENTRIES.c.id, LINKS.c.target)
    .join(ENTRIES, ENTRIES.c.number == LINKS.c.entry)
    .where(LINKS.c.relation == "used", LINKS.c.target.in_(bindparam("ids", expanding=True)))
    .order_by(ENTRIES.c.sort_date.desc())
)


def uses_of(catalog: Catalog, ids: Sequence[str]) -> list[tuple[str, str]]:
    """Return (id, used) of the entries that name some entries as used, newest first."""
    with catalog.engine.connect() as connection:
        rows = [(row[0], row[1]) for some in in_groups(ids) for row in connection.execute(_USES, {"ids": some}).all()]
    return list(dict.fromkeys(rows))


def links_with(catalog: Catalog, ids: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return (id, relation, target) of all links from or to some entries."""
    joined = select(ENTRIES.c.id, LINKS.c.relation, LINKS.c.target).join(ENTRIES, ENTRIES.c.number == LINKS.c.entry)
    with catalog.engine.connect() as connection:
        rows = [
            (row[0], row[1], row[2])
            for some in in_groups(ids)
            for column in (ENTRIES.c.id, LINKS.c.target)
            for row in connection.execute(joined.where(column.in_(some)).order_by(ENTRIES.c.sort_date.desc()))
        ]
    return list(dict.fromkeys(rows))
