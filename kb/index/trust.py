"""The evidence for or against an entry: review date, verification, superseding entries."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, or_, select

from kb.index.catalog import Catalog
from kb.index.schema import ENTRIES, LINKS


@dataclass(frozen=True, slots=True)
class Trust:
    """How far an entry can be relied on."""

    superseded: bool = False  # a newer entry replaces it
    review_by: str = ""  # ISO day
    verified: bool = False

    def marks(self, today: str) -> tuple[str, ...]:
        """Return the marks on a day (ISO): a superseded or overdue entry does not count as verified."""
        if self.superseded:
            return ("superseded",)
        if self.review_by and self.review_by < today:
            return ("review_overdue",)
        return ("verified",) if self.verified else ()


def trust_by_entry(catalog: Catalog) -> dict[int, Trust]:
    """Return the trust of entries by number, where there is any evidence."""
    replaced = exists().where(LINKS.c.relation == "supersedes", LINKS.c.target == ENTRIES.c.id)
    review_by, verified_on = ENTRIES.c.review_by, ENTRIES.c.verified_on
    query = select(ENTRIES.c.number, replaced, review_by, verified_on)
    with catalog.engine.connect() as connection:
        rows = connection.execute(query.where(or_(replaced, review_by != "", verified_on != ""))).all()
    return {row[0]: Trust(bool(row[1]), row[2], bool(row[3])) for row in rows}


def successors_by_entry(catalog: Catalog) -> dict[int, tuple[int, ...]]:
    """Return the published entries that replace an entry, by number."""
    newer = ENTRIES.alias()
    query = select(ENTRIES.c.number, newer.c.number).where(
        LINKS.c.relation == "supersedes",
        LINKS.c.target == ENTRIES.c.id,
        LINKS.c.entry == newer.c.number,
        newer.c.status == "published",
    )
    found: dict[int, tuple[int, ...]] = {}
    with catalog.engine.connect() as connection:
        for old, new in connection.execute(query):
            found[old] = (*found.get(old, ()), new)
    return found
