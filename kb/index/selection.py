"""Questions to the catalogue: which entries pass filters, which passages hold keywords, how facets count."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, text

from kb.entry import Entry
from kb.fields import FIELDS
from kb.index.analysis import Word, fold
from kb.index.catalog import Catalog, in_groups
from kb.index.documents import from_document
from kb.index.schema import CHUNKS, ENTRIES, FACET_VALUES, LINKS, NAMES, SITUATIONS

WEIGHTS = {
    "title": 2.0,
    "heading": 1.0,
    "tags": 1.0,
    "body": 1.0,
}  # of the title: within noise from 2 to 5, see docs/measurements.md
MOST_BY_NUMBER = 2_000  # entries asked for one by one; beyond, reading all is quicker
MATCHES = text(
    "SELECT rowid, -bm25(keywords, :title, :heading, :tags, :body) AS score FROM keywords"
    " WHERE keywords MATCH :match ORDER BY score DESC LIMIT :limit"
)


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


def passing(
    values: Iterable[tuple[str, Sequence[str]]], date_from: str, date_to: str, visible: frozenset[str]
) -> ColumnElement[bool]:
    """Return the condition on an entry to be published, visible and within the filters."""
    parts: list[ColumnElement[bool]] = [ENTRIES.c.status == "published", ENTRIES.c.visibility.in_(sorted(visible))]
    for field, wanted in values:
        having = select(FACET_VALUES.c.entry).where(FACET_VALUES.c.field == field, FACET_VALUES.c.value.in_(wanted))
        parts.append(ENTRIES.c.number.in_(having))
    if date_from:
        parts.append(ENTRIES.c.sort_date >= date_from)
    if date_to:
        parts += [ENTRIES.c.sort_date <= date_to, ENTRIES.c.sort_date != ""]
    return and_(*parts)


def entry_numbers(catalog: Catalog, condition: ColumnElement[bool]) -> list[int]:
    """Return the numbers of the entries a condition lets pass."""
    with catalog.engine.connect() as connection:
        return list(connection.scalars(select(ENTRIES.c.number).where(condition)).all())


def keyword_matches(catalog: Catalog, terms: Sequence[str], limit: int) -> list[tuple[int, float]]:
    """Return (chunk number, BM25) of the passages with any of the terms, best first."""
    if not terms:
        return []
    match = " OR ".join(f'"{term}"' for term in terms)
    with catalog.engine.connect() as connection:
        rows = connection.execute(MATCHES, {"match": match, "limit": limit, **WEIGHTS})
        return [(int(number), float(score)) for number, score in rows]


def term_counts(catalog: Catalog, terms: Sequence[str]) -> dict[str, int]:
    """Return in how many passages each term stands."""
    statement = text("SELECT term, doc FROM keyword_counts WHERE term IN (SELECT value FROM json_each(:terms))")
    with catalog.engine.connect() as connection:
        return {row[0]: int(row[1]) for row in connection.execute(statement, {"terms": json.dumps(list(terms))})}


def terms_in(catalog: Catalog, numbers: Sequence[int], terms: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """Return which of the terms each passage holds anywhere, title and tags included."""
    found: dict[int, list[str]] = {number: [] for number in numbers}
    statement = text(
        "SELECT rowid FROM keywords WHERE keywords MATCH :match AND rowid IN (SELECT value FROM json_each(:numbers))"
    )
    with catalog.engine.connect() as connection:
        for term in terms:
            values = {"match": f'"{term}"', "numbers": json.dumps(list(numbers))}
            for number in connection.scalars(statement, values):
                found[number].append(term)
    return {number: tuple(some) for number, some in found.items()}


def entries_with_text(catalog: Catalog, phrase: str, terms: Sequence[str]) -> set[int]:
    """Return the entries where a phrase stands word for word in title, headings, tags or text, folded."""
    query = select(ENTRIES.c.number, ENTRIES.c.document, CHUNKS.c.headings, CHUNKS.c.text).join(
        CHUNKS, CHUNKS.c.entry == ENTRIES.c.number
    )
    if terms:
        match = " AND ".join(f'"{term}"' for term in terms)
        holding = text("chunks.number IN (SELECT rowid FROM keywords WHERE keywords MATCH :match)")
        query = query.where(holding.bindparams(match=match))
    wanted = fold(phrase)
    with catalog.engine.connect() as connection:
        rows = connection.execute(query)
        return {row[0] for row in rows if wanted in fold("\n".join((_named(row[1]), row[2], row[3])))}


def facets_by_entry(catalog: Catalog, numbers: Sequence[int] | None = None) -> dict[int, tuple[tuple[str, str], ...]]:
    """Return (facet, value) pairs by entry number: of those named, or of all."""
    found: dict[int, list[tuple[str, str]]] = {}
    columns = (FACET_VALUES.c.entry, FACET_VALUES.c.field, FACET_VALUES.c.value)
    for number, field, value in _rows_of(catalog, select(*columns), FACET_VALUES.c.entry, numbers):
        found.setdefault(number, []).append((field, value))
    return {number: tuple(pairs) for number, pairs in found.items()}


def passage_keys(catalog: Catalog, numbers: Sequence[int]) -> list[Any]:
    """Return (number, entry, body key, head key) of every passage of some entries, numbers rising."""
    query = select(CHUNKS.c.number, CHUNKS.c.entry, CHUNKS.c.body_key, CHUNKS.c.head_key)
    wanted = set(numbers)
    some = None if len(wanted) > MOST_BY_NUMBER else numbers
    rows = _rows_of(catalog, query, CHUNKS.c.entry, some)
    return sorted((row[0], row[1], row[2], row[3]) for row in rows if row[1] in wanted)


def situation_keys(catalog: Catalog) -> list[tuple[int, str, str]]:
    """Return (entry, key, terms) of every part of what is told of deals, in the order of entries and parts."""
    columns = (SITUATIONS.c.entry, SITUATIONS.c.key, SITUATIONS.c.terms)
    with catalog.engine.connect() as connection:
        rows = connection.execute(select(*columns).order_by(SITUATIONS.c.entry, SITUATIONS.c.part)).all()
    return [(row[0], row[1], row[2]) for row in rows]


def names_of(catalog: Catalog, numbers: Sequence[int] | None) -> list[tuple[str, int]]:
    """Return (folded name, entry) of some entries, or of all."""
    query = select(NAMES.c.name, NAMES.c.entry)
    return [(row[0], row[1]) for row in _rows_of(catalog, query, NAMES.c.entry, numbers)]


def _rows_of(
    catalog: Catalog, query: Select[Any], column: ColumnElement[Any], numbers: Sequence[int] | None
) -> list[Any]:
    """Return the rows of a query whose column holds one of some numbers; all without numbers."""
    with catalog.engine.connect() as connection:
        if numbers is None:
            return list(connection.execute(query).all())
        groups = (query.where(column.in_(some)) for some in in_groups(numbers))
        return [row for group in groups for row in connection.execute(group).all()]


def facet_totals(catalog: Catalog, field: str, condition: ColumnElement[bool]) -> list[tuple[str, int]]:
    """Return (value, entries) of one facet over all entries a condition lets pass."""
    numbers = select(ENTRIES.c.number).where(condition)
    counted = (
        select(FACET_VALUES.c.value, func.count())
        .where(FACET_VALUES.c.field == field, FACET_VALUES.c.entry.in_(numbers))
        .group_by(FACET_VALUES.c.value)
    )
    with catalog.engine.connect() as connection:
        return [(row[0], int(row[1])) for row in connection.execute(counted)]


def outcomes_by_angle(catalog: Catalog, condition: ColumnElement[bool]) -> dict[tuple[str, str], int]:
    """Return how many entries a condition lets pass have an angle and an outcome."""
    angle, outcome = FACET_VALUES.alias("angle"), FACET_VALUES.alias("outcome")
    numbers = select(ENTRIES.c.number).where(condition)
    both = select(angle.c.value, outcome.c.value, func.count()).join(outcome, outcome.c.entry == angle.c.entry)
    counted = both.where(angle.c.field == "angle", outcome.c.field == "outcome", angle.c.entry.in_(numbers))
    with catalog.engine.connect() as connection:
        rows = connection.execute(counted.group_by(angle.c.value, outcome.c.value))
        return {(row[0], row[1]): int(row[2]) for row in rows}


def numbered_entries(catalog: Catalog, kind: str, visible: frozenset[str]) -> list[tuple[int, Entry]]:
    """Return (number, entry without its body) of every published entry of a kind, numbers rising."""
    of_kind = passing((("kind", (kind,)),), "", "", visible)
    without_body = func.json_set(ENTRIES.c.document, "$.body", "")
    query = select(ENTRIES.c.number, without_body).where(of_kind).order_by(ENTRIES.c.number)
    with catalog.engine.connect() as connection:
        return [(row[0], from_document(row[1])) for row in connection.execute(query)]


def overdue(catalog: Catalog, visible: frozenset[str], today: date) -> list[Entry]:
    """Return the published entries, without their bodies, whose day of review is over, the oldest first."""
    document = ENTRIES.c.document
    due = func.json_extract(document, "$.review_by")
    over = passing((), "", "", visible) & (due < today.isoformat())
    query = select(func.json_set(document, "$.body", "")).where(over).order_by(due, ENTRIES.c.id)
    with catalog.engine.connect() as connection:
        return [from_document(found) for found in connection.scalars(query)]


def kinds_by_id(catalog: Catalog, visible: frozenset[str]) -> dict[str, str]:
    """Return the kind of every entry that may be shown, drafts and archived ones as well."""
    query = select(ENTRIES.c.id, FACET_VALUES.c.value).join(FACET_VALUES, FACET_VALUES.c.entry == ENTRIES.c.number)
    with catalog.engine.connect() as connection:
        shown = query.where(FACET_VALUES.c.field == "kind", ENTRIES.c.visibility.in_(sorted(visible)))
        return {row[0]: row[1] for row in connection.execute(shown)}


def newest(catalog: Catalog, condition: ColumnElement[bool], limit: int, offset: int) -> tuple[list[Entry], int]:
    """Return a page of entries, newest first, and how many there are."""
    page = select(ENTRIES.c.document).where(condition).order_by(ENTRIES.c.sort_date.desc(), ENTRIES.c.id)
    with catalog.engine.connect() as connection:
        total = connection.scalar(select(func.count()).select_from(ENTRIES).where(condition)) or 0
        rows = connection.scalars(page.limit(limit).offset(offset))
        return [from_document(document) for document in rows], int(total)


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as a hit shows it."""

    entry: Entry
    heading: str  # heading path
    text: str  # plain
    words: tuple[Word, ...]  # of the plain text


def passages(catalog: Catalog, numbers: Sequence[int]) -> dict[int, Passage]:
    """Return passages by catalogue number."""
    columns = (CHUNKS.c.number, CHUNKS.c.headings, CHUNKS.c.plain, CHUNKS.c.words, ENTRIES.c.document)
    query = select(*columns).join(ENTRIES, ENTRIES.c.number == CHUNKS.c.entry)
    found: dict[int, Passage] = {}
    with catalog.engine.connect() as connection:
        for some in in_groups(numbers):
            for number, headings, plain, words, document in connection.execute(query.where(CHUNKS.c.number.in_(some))):
                heading = " › ".join(json.loads(headings))
                cut = tuple(map(Word._make, json.loads(words)))
                found[number] = Passage(from_document(document), heading, plain, cut)
    return found


def sort_dates(catalog: Catalog, numbers: Sequence[int]) -> dict[int, str]:
    """Return the day each entry is listed under."""
    columns = (ENTRIES.c.number, ENTRIES.c.sort_date)
    with catalog.engine.connect() as connection:
        rows = [
            r
            for some in in_groups(numbers)
            for r in connection.execute(select(*columns).where(ENTRIES.c.number.in_(some)))
        ]
    return {row[0]: row[1] for row in rows}


def first_passages(catalog: Catalog, ids: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Return (heading path, text) of the first passage of each entry."""
    firsts = select(func.min(CHUNKS.c.number)).join(ENTRIES, ENTRIES.c.number == CHUNKS.c.entry)
    query = select(ENTRIES.c.id, CHUNKS.c.headings, CHUNKS.c.text).join(ENTRIES, ENTRIES.c.number == CHUNKS.c.entry)
    chosen = firsts.where(ENTRIES.c.id.in_(ids)).group_by(CHUNKS.c.entry)
    with catalog.engine.connect() as connection:
        rows = connection.execute(query.where(CHUNKS.c.number.in_(chosen)))
        return {row[0]: (" › ".join(json.loads(row[1])), row[2]) for row in rows}


def ids_with_passage(catalog: Catalog, body_key: str) -> list[str]:
    """Return the ids of the entries with a passage of this key, the key of its vector."""
    query = select(ENTRIES.c.id).join(CHUNKS, CHUNKS.c.entry == ENTRIES.c.number).where(CHUNKS.c.body_key == body_key)
    with catalog.engine.connect() as connection:
        return list(dict.fromkeys(connection.scalars(query).all()))


def links_with(catalog: Catalog, ids: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return (id, relation, target) of every link that some entries make or that is made to them."""
    joined = select(ENTRIES.c.id, LINKS.c.relation, LINKS.c.target).join(ENTRIES, ENTRIES.c.number == LINKS.c.entry)
    with catalog.engine.connect() as connection:
        rows = [
            (row[0], row[1], row[2])
            for some in in_groups(ids)
            for column in (ENTRIES.c.id, LINKS.c.target)
            for row in connection.execute(joined.where(column.in_(some)).order_by(ENTRIES.c.sort_date.desc()))
        ]
    return list(dict.fromkeys(rows))


def trust_by_entry(catalog: Catalog) -> dict[int, Trust]:
    """Return what speaks for or against an entry, by number, where anything does."""
    replaced = exists().where(LINKS.c.relation == "supersedes", LINKS.c.target == ENTRIES.c.id)
    review_by = func.json_extract(ENTRIES.c.document, "$.review_by")
    verified_on = func.json_extract(ENTRIES.c.document, "$.verified_on")
    told = select(ENTRIES.c.number, replaced, review_by, verified_on)
    with catalog.engine.connect() as connection:
        rows = connection.execute(told.where(or_(replaced, review_by.is_not(None), verified_on.is_not(None)))).all()
    return {row[0]: Trust(bool(row[1]), row[2] or "", bool(row[3])) for row in rows}


def _named(document: str) -> str:
    """Return what else of an entry a phrase may stand in."""
    entry = from_document(document)
    told = (field.name for field in FIELDS if field.is_name or (field.is_keyword and field.facet))
    return "\n".join(text for name in told for text in entry.values(name))
