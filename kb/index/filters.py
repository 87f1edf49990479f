"""Filter conditions, and counts of the entries that match."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, FromClause, and_, func, select, true

from kb.entry import VISIBILITIES
from kb.index.catalog import Catalog
from kb.index.schema import AUDIENCES, ENTRIES, FACET_VALUES


def passing(
    values: Iterable[tuple[str, Sequence[str]]], date_from: str, date_to: str, visible: frozenset[str]
) -> ColumnElement[bool]:
    """Return the condition that an entry is published, visible and matches the filters."""
    parts: list[ColumnElement[bool]] = [ENTRIES.c.status == "published", shown(visible)]
    for field, wanted in values:
        having = select(FACET_VALUES.c.entry).where(FACET_VALUES.c.field == field, FACET_VALUES.c.value.in_(wanted))
        parts.append(ENTRIES.c.number.in_(having))
    if date_from:
        parts.append(ENTRIES.c.sort_date >= date_from)
    if date_to:
        parts += [ENTRIES.c.sort_date <= date_to, ENTRIES.c.sort_date != ""]
    return and_(*parts)


def shown(visible: frozenset[str]) -> ColumnElement[bool]:
    """Return the condition that an entry is for one of some audiences."""
    if visible >= VISIBILITIES:
        return true()
    return ENTRIES.c.number.in_(select(AUDIENCES.c.entry).where(AUDIENCES.c.name.in_(sorted(visible))))


def has(facets: FromClause, field: str, entry: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition that facet values are those of a field of an entry, to join them.

    The field is no bare column in it: SQLite would read all values of the field by its index, for each entry.
    """
    return and_(facets.c.entry == entry, facets.c.field.concat("") == field)


def entry_numbers(catalog: Catalog, condition: ColumnElement[bool]) -> list[int]:
    """Return the numbers of the entries that match a condition."""
    with catalog.engine.connect() as connection:
        return list(connection.scalars(select(ENTRIES.c.number).where(condition)).all())


def count_entries(catalog: Catalog, condition: ColumnElement[bool]) -> int:
    """Return how many entries match a condition."""
    with catalog.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(ENTRIES).where(condition)) or 0


def facet_totals(catalog: Catalog, field: str, condition: ColumnElement[bool]) -> list[tuple[str, int]]:
    """Return (value, count) of one facet over the entries that match a condition."""
    return [(value, count) for _, value, count in facets_totals(catalog, (field,), condition)]


def facets_totals(
    catalog: Catalog, fields: Sequence[str], condition: ColumnElement[bool]
) -> list[tuple[str, str, int]]:
    """Return (field, value, count) of some facets over the entries that match a condition, in one query."""
    numbers = select(ENTRIES.c.number).where(condition)
    counted = (
        select(FACET_VALUES.c.field, FACET_VALUES.c.value, func.count())
        .where(FACET_VALUES.c.field.in_(fields), FACET_VALUES.c.entry.in_(numbers))
        .group_by(FACET_VALUES.c.field, FACET_VALUES.c.value)
    )
    with catalog.engine.connect() as connection:
        return [(row[0], row[1], int(row[2])) for row in connection.execute(counted)]


def outcomes_by_angle(catalog: Catalog, condition: ColumnElement[bool]) -> dict[tuple[str, str], int]:
    """Count the entries that match a condition by (angle, outcome)."""
    angle, outcome = FACET_VALUES.alias("angle"), FACET_VALUES.alias("outcome")
    numbers = select(ENTRIES.c.number).where(condition)
    both = select(angle.c.value, outcome.c.value, func.count()).join(outcome, has(outcome, "outcome", angle.c.entry))
    counted = both.where(angle.c.field == "angle", angle.c.entry.in_(numbers))
    with catalog.engine.connect() as connection:
        rows = connection.execute(counted.group_by(angle.c.value, outcome.c.value))
        return {(row[0], row[1]): int(row[2]) for row in rows}
