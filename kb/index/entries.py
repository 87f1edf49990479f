"""Queries for entries: newest first, of a kind, by number."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, select

from kb.entry import Entry, owner_key
from kb.index.catalog import Catalog, in_groups
from kb.index.dialect import value_in
from kb.index.documents import from_document
from kb.index.filters import has, passing
from kb.index.filters import shown as of_some
from kb.index.schema import ENTRIES, FACET_VALUES


def newest(catalog: Catalog, condition: ColumnElement[bool], limit: int, offset: int = 0) -> list[Entry]:
    """Return a page of entries, newest first."""
    query = select(ENTRIES.c.document, ENTRIES.c.body).where(condition)
    page = query.order_by(ENTRIES.c.sort_date.desc(), ENTRIES.c.id).limit(limit).offset(offset)
    with catalog.engine.connect() as connection:
        rows = connection.execute(page)
        return [from_document(document, body) for document, body in rows]


def numbered_entries(catalog: Catalog, kind: str, visible: frozenset[str]) -> list[tuple[int, Entry]]:
    """Return (number, entry without body) of every published entry of a kind, by number."""
    of_kind = passing((("kind", (kind,)),), "", "", visible)
    query = select(ENTRIES.c.number, ENTRIES.c.document).where(of_kind).order_by(ENTRIES.c.number)
    with catalog.engine.connect() as connection:
        return [(row[0], from_document(row[1])) for row in connection.execute(query)]


def entries_by_number(catalog: Catalog, numbers: Sequence[int]) -> tuple[Entry, ...]:
    """Return entries without body by number, in the order of the numbers."""
    columns = (ENTRIES.c.number, ENTRIES.c.document)
    with catalog.engine.connect() as connection:
        rows = [
            row
            for some in in_groups(numbers)
            for row in connection.execute(select(*columns).where(ENTRIES.c.number.in_(some)))
        ]
    found = {row[0]: from_document(row[1]) for row in rows}
    return tuple(found[number] for number in numbers if number in found)


def kinds_by_id(catalog: Catalog, visible: frozenset[str]) -> dict[str, str]:
    """Return the kind of every visible entry, drafts and archived ones included."""
    query = select(ENTRIES.c.id, FACET_VALUES.c.value).join(FACET_VALUES, FACET_VALUES.c.entry == ENTRIES.c.number)
    with catalog.engine.connect() as connection:
        shown = query.where(FACET_VALUES.c.field == "kind", of_some(visible))
        return {row[0]: row[1] for row in connection.execute(shown)}


def published_outcomes(catalog: Catalog, visible: frozenset[str]) -> dict[str, str]:
    """Return the outcome of every visible published entry by its id; empty if it has none."""
    columns = select(ENTRIES.c.id, FACET_VALUES.c.value)
    query = columns.outerjoin(FACET_VALUES, has(FACET_VALUES, "outcome", ENTRIES.c.number))
    with catalog.engine.connect() as connection:
        return {row[0]: row[1] or "" for row in connection.execute(query.where(passing((), "", "", visible)))}


def sort_dates(catalog: Catalog, numbers: Sequence[int]) -> dict[int, str]:
    """Return the sort date of each entry."""
    columns = (ENTRIES.c.number, ENTRIES.c.sort_date)
    with catalog.engine.connect() as connection:
        rows = [
            r
            for some in in_groups(numbers)
            for r in connection.execute(select(*columns).where(ENTRIES.c.number.in_(some)))
        ]
    return {row[0]: row[1] for row in rows}


def names_used(catalog: Catalog) -> set[str]:
    """Return the names of owners and of those who verified something, in all entries."""
    fields = [value_in(ENTRIES.c.document, name) for name in ("owner", "verified_by")]
    with catalog.engine.connect() as connection:
        return {name for field in fields for name in connection.scalars(select(field).distinct()) if name}


def owned(catalog: Catalog, names: Collection[str], visible: frozenset[str]) -> list[Entry]:
    """Return the visible published entries whose owner has one of these names (folded), without body, newest first."""
    owner = value_in(ENTRIES.c.document, "owner")
    query = select(ENTRIES.c.document).where(ENTRIES.c.status == "published", of_some(visible))
    with catalog.engine.connect() as connection:
        written = [name for name in connection.scalars(select(owner).distinct()) if name and owner_key(name) in names]
        found = connection.scalars(query.where(owner.in_(written)).order_by(ENTRIES.c.sort_date.desc(), ENTRIES.c.id))
        return [from_document(document) for document in found]


def undated(catalog: Catalog, visible: frozenset[str]) -> dict[str, str]:
    """Return the paths of the visible published entries that have no date, by id."""
    query = select(ENTRIES.c.id, ENTRIES.c.path).where(ENTRIES.c.status == "published", ENTRIES.c.sort_date == "")
    with catalog.engine.connect() as connection:
        return {row.id: row.path for row in connection.execute(query.where(of_some(visible)))}


def drafts(catalog: Catalog, visible: frozenset[str]) -> list[Entry]:
    """Return the visible drafts without body, newest first."""
    query = select(ENTRIES.c.document).where(ENTRIES.c.status == "draft", of_some(visible))
    with catalog.engine.connect() as connection:
        found = connection.scalars(query.order_by(ENTRIES.c.sort_date.desc(), ENTRIES.c.id))
        return [from_document(document) for document in found]
