"""The keyword index in PostgreSQL: which passages have a term, in ordinary tables, and BM25 in SQL.

A hit is one term in one passage, packed into eight bytes: number of the passage, weighted count, length of the passage.
The hits of a term stand in blocks of an array each, which takes an eighth of the space of a row for each hit. New ones
join the open block, which is closed once it is full.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    TextClause,
    delete,
    insert,
    select,
    tuple_,
    update,
)

from kb.index import postings_sql as sql
from kb.index.keywords import WEIGHTS, Matches, PassageTerms, Weighed
from kb.index.postings_scores import Asked, hits_of

METADATA = MetaData()
POSTINGS = Table(
    "postings",
    METADATA,
    Column("term", Text(collation="C"), primary_key=True),
    Column("last", Integer, primary_key=True, autoincrement=False),  # the highest number in the block; OPEN
    Column("hits", ARRAY(BigInteger), nullable=False),  # by number
)
PASSAGES = Table(  # what phrases are looked for in, and what is to be forgotten
    "passage_terms",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    *(Column(field, Text, nullable=False) for field in WEIGHTS),
)
TOTALS = Table(  # one row
    "keyword_totals",
    METADATA,
    Column("passages", BigInteger, nullable=False),
    Column("terms", BigInteger, nullable=False),  # in all of them, repetitions included
)


class Postings:
    """The keyword index in the schema that an engine's search path names."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, connection: Connection) -> None:
        """Create what is missing of its tables."""
        METADATA.create_all(connection)
        if connection.scalar(select(TOTALS.c.passages)) is None:
            connection.execute(insert(TOTALS).values(passages=0, terms=0))

    def add(self, connection: Connection, passages: Sequence[PassageTerms]) -> None:
        """Add passages with numbers higher than all before."""
        if not passages:
            return
        connection.execute(insert(PASSAGES), [passage._asdict() for passage in passages])
        by_term: defaultdict[str, list[int]] = defaultdict(list)
        for passage in sorted(passages):  # by number
            for term, hit in hits_of(passage):
                by_term[term].append(hit)
        # As texts, since the driver takes longer over lists than the database over all of it.
        terms, hits = " ".join(by_term), " ".join(f"{{{','.join(map(str, some))}}}" for some in by_term.values())
        connection.execute(sql.ADD, {"terms": terms, "hits": hits})
        connection.execute(sql.CLOSE_FULL, {"terms": terms})
        _count(connection, passages, 1)

    def forget(self, connection: Connection, entries: Sequence[int]) -> None:
        """Forget the passages that entries have in the catalogue."""
        passages = self.passages(connection, entries)
        if not passages:
            return
        left = connection.execute(sql.REMOVE, _columns(passages))
        empty = [(term, last) for term, last, size in left if not size]
        connection.execute(delete(POSTINGS).where(tuple_(POSTINGS.c.term, POSTINGS.c.last).in_(empty)))
        connection.execute(delete(PASSAGES).where(PASSAGES.c.number.in_([passage.number for passage in passages])))
        _count(connection, passages, -1)

    def passages(self, connection: Connection, entries: Sequence[int]) -> list[PassageTerms]:
        """Return what is indexed of the passages that entries have in the catalogue, by number."""
        return [PassageTerms(*row) for row in connection.execute(sql.OF_ENTRIES, {"entries": list(entries)})]

    def matches(self, words: Sequence[Weighed], limit: int, among: Collection[int] | None = None) -> Matches:
        """Return the passages with any of the words, best first; only those `among` some, if given."""
        phrases = [phrase for spellings in words for spelling in spellings for phrase, _ in spelling]
        with self._engine.connect() as connection:
            return Asked(connection, phrases).best(words, limit, among)

    def counts(self, terms: Iterable[str]) -> dict[str, int]:
        """Return the number of passages that contain each term."""
        with self._engine.connect() as connection:
            return sql.counts(connection, terms)

    def words_by_count(self) -> list[str]:
        """Return all terms, the most frequent first."""
        with self._engine.connect() as connection:
            return list(connection.scalars(sql.BY_COUNT))

    def published(self, terms: Iterable[str]) -> set[str]:
        """Return the terms that stand in a published passage."""
        with self._engine.connect() as connection:
            return set(connection.scalars(sql.PUBLISHED_OF, {"terms": list(terms)}))

    def has_phrase(self, terms: Sequence[str]) -> bool:
        """Whether the terms follow one another in any published passage."""
        if len(terms) == 1:
            return bool(self.published(terms))
        with self._engine.connect() as connection:
            return connection.scalar(sql.HAS_PHRASE, sql.of_phrase(terms)) is not None

    def texts_with(self, term: str) -> Sequence[str]:
        """Return title, headings and text of a published passage with a term in them."""
        with self._engine.connect() as connection:
            return tuple(connection.execute(sql.TEXTS, {"term": term, "phrase": f" {term} "}).first() or ())

    def holding(self, terms: Sequence[str]) -> TextClause:
        """Return the condition that a passage of the catalogue has all the terms."""
        return sql.HOLDING.bindparams(terms=sorted(set(terms)))


def _columns(passages: Iterable[PassageTerms]) -> dict[str, list[Any]]:
    """Return the terms of passages, each with its hit, as parameters of a statement."""
    pairs = [pair for passage in passages for pair in hits_of(passage)]
    return {"terms": [term for term, _ in pairs], "hits": [hit for _, hit in pairs]}


def _count(connection: Connection, passages: Sequence[PassageTerms], sign: int) -> None:
    size = sum(passage.length for passage in passages)
    added = {"passages": TOTALS.c.passages + sign * len(passages), "terms": TOTALS.c.terms + sign * size}
    connection.execute(update(TOTALS).values(added))
