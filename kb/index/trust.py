"""What speaks for or against an entry: its review, its check, a newer one in its place."""

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
        """Return what counts on a day (ISO): a replaced or overdue entry is not called verified."""
        if self.superseded:
            return ("superseded",)
        if self.review_by and self.review_by < today:
            return ("review_overdue",)
        return ("verified",) if self.verified else ()


def trust_by_entry(catalog: Catalog) -> dict[int, Trust]:
    """Return what speaks for or against an entry, by number, where anything does."""
    replaced = exists().where(LINKS.c.relation == "supersedes", LINKS.c.target == ENTRIES.c.id)
    review_by, verified_on = ENTRIES.c.review_by, ENTRIES.c.verified_on
    query = select(ENTRIES.c.number, replaced, review_by, verified_on)
    with catalog.engine.connect() as connection:
        rows = connection.execute(query.where(or_(replaced, review_by != "", verified_on != ""))).all()
    return {row[0]: Trust(bool(row[1]), row[2], bool(row[3])) for row in rows}
