"""The keyword index in SQLite: FTS5 holds the terms and computes BM25."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
from sqlalchemy import Connection, Engine, TextClause, bindparam, select, text

from kb.index.fts5_hits import PlacedTerms, totals
from kb.index.keywords import WEIGHTS, Matches, PassageTerms, Phrase, Spellings, Weighed, fts5_idf
from kb.index.phrase_scores import FrequentHits, Hits, best_of
from kb.index.schema import META

# `analysis` supplies the terms; `_` keeps the parts of a code together.
CREATE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS keywords"
    " USING fts5(title, heading, tags, body, tokenize = \"ascii tokenchars '_'\")",
    "CREATE VIRTUAL TABLE IF NOT EXISTS keyword_counts USING fts5vocab(keywords, 'row')",
    "CREATE VIRTUAL TABLE IF NOT EXISTS keyword_places USING fts5vocab(keywords, 'instance')",
)
ADD = text("INSERT INTO keywords(rowid, title, heading, tags, body) VALUES (:number, :title, :heading, :tags, :body)")
FORGET = text("DELETE FROM keywords WHERE rowid IN (SELECT number FROM chunks WHERE entry = :entry)")
PUBLISHED = (
    "FROM keywords JOIN chunks ON chunks.number = keywords.rowid JOIN entries ON entries.number = chunks.entry"
    " WHERE keywords MATCH :match AND entries.status = 'published'"
)
OF_TERMS = "SELECT value FROM json_each(:terms) AS terms WHERE EXISTS (SELECT 1 {})"
QUOTED = """'"' || terms.value || '"'"""  # a term as an expression of FTS5
SCORED = "SELECT rowid, -bm25(keywords, :title, :heading, :tags, :body) FROM keywords WHERE keywords MATCH :match"
GENERATION = select(META.c.value).where(META.c.key == "generation")
COUNTS = text("SELECT term, doc FROM keyword_counts WHERE term IN (SELECT value FROM json_each(:terms))")
BY_COUNT = text("SELECT term FROM keyword_counts ORDER BY doc DESC, term")
PUBLISHED_OF = text(OF_TERMS.format(PUBLISHED.replace(":match", QUOTED)))
HAS_PUBLISHED = text(f"SELECT 1 {PUBLISHED} LIMIT 1")
TEXTS = text(f"SELECT entries.title, chunks.headings, chunks.plain {PUBLISHED} LIMIT 1")
HOLDING = text("chunks.number IN (SELECT rowid FROM keywords WHERE keywords MATCH :match)")


class Fts5Keywords:
    """The keyword index of one SQLite file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._frequent = FrequentHits()
        self._placed = PlacedTerms()

    def create(self, connection: Connection) -> None:
        """Create what is missing of its tables."""
        for statement in CREATE:
            connection.execute(text(statement))

    def add(self, connection: Connection, passages: Sequence[PassageTerms]) -> None:
        """Add passages."""
        if passages:
            connection.execute(ADD, [passage._asdict() for passage in passages])

    def forget(self, connection: Connection, entries: Sequence[int]) -> None:
        """Forget the passages that entries have in the catalogue."""
        for entry in entries:
            connection.execute(FORGET, {"entry": entry})

    def matches(
        self,
        terms: Sequence[str],
        limit: int,
        groups: Sequence[Spellings] = (),
        among: Sequence[int] | None = None,
    ) -> Matches:
        """Return the passages with any of the terms or spellings, best first."""
        phrases = [(term,) for term in terms]
        spelled = [phrase for group in groups for some, _ in group.matches for phrase in some]
        found, total = self._found([*phrases, *spelled])
        idf = {phrase: fts5_idf(len(numbers), total) for phrase, (numbers, _) in found.items()}
        words: list[Weighed] = [(((phrase, idf[phrase]),),) for phrase in phrases]
        words += [
            tuple(tuple((phrase, factor * idf[phrase]) for phrase in some) for some, factor in group.matches)
            for group in groups
        ]
        return _best(words, found, limit, among)

    def few_matches(self, weighed: Sequence[Weighed], limit: int) -> Matches:
        """Return the passages with any of the words, best first."""
        phrases = [phrase for spellings in weighed for spelling in spellings for phrase, _ in spelling]
        return _best(weighed, self._found(phrases)[0], limit)

    def _found(self, phrases: Iterable[Phrase]) -> tuple[dict[Phrase, Hits], int]:
        """Return the passages with each phrase, and how many passages there are."""
        wanted = dict.fromkeys(phrases)
        with self._engine.connect() as connection:
            generation = connection.scalar(GENERATION) or ""
            found = self._frequent.known(generation, wanted)
            total, average = totals(connection)
            new = {
                phrase: self._placed.hits(connection, *phrase, average)
                if len(phrase) == 1
                else _side_by_side(connection, phrase, total)
                for phrase in wanted
                if phrase not in found
            }
        self._frequent.remember(generation, new)
        return found | new, total

    def counts(self, terms: Iterable[str]) -> dict[str, int]:
        """Return the number of passages that contain each term."""
        with self._engine.connect() as connection:
            return {row[0]: int(row[1]) for row in connection.execute(COUNTS, {"terms": json.dumps(list(terms))})}

    def words_by_count(self) -> list[str]:
        """Return all terms, the most frequent first."""
        with self._engine.connect() as connection:
            return list(connection.scalars(BY_COUNT))

    def published(self, terms: Iterable[str]) -> set[str]:
        """Return the terms that stand in a published passage."""
        with self._engine.connect() as connection:
            return set(connection.scalars(PUBLISHED_OF, {"terms": json.dumps(list(terms))}).all())

    def has_phrase(self, terms: Sequence[str]) -> bool:
        """Whether the terms follow one another in any published passage."""
        with self._engine.connect() as connection:
            return connection.scalar(HAS_PUBLISHED, {"match": _quoted(terms)}) is not None

    def texts_with(self, term: str) -> Sequence[str]:
        """Return title, headings and text of a published passage with a term in them."""
        match = f"{{title heading body}} : {_quoted([term])}"
        with self._engine.connect() as connection:
            return tuple(connection.execute(TEXTS, {"match": match}).first() or ())

    def holding(self, terms: Sequence[str]) -> TextClause:
        """Return the condition that a passage of the catalogue has all the terms."""
        return HOLDING.bindparams(bindparam("match", " AND ".join(_quoted([term]) for term in terms)))


def _quoted(phrase: Sequence[str]) -> str:
    return f'"{" ".join(phrase)}"'


def _best(
    words: Sequence[Weighed], found: dict[Phrase, Hits], limit: int, among: Sequence[int] | None = None
) -> Matches:
    """Return the best passages with any of the words, each phrase with the idf given."""
    placed = [[[(found[phrase], idf) for phrase, idf in spelling] for spelling in spellings] for spellings in words]
    return best_of(placed, limit, among)


def _side_by_side(connection: Connection, phrase: Phrase, total: int) -> Hits:
    """Return the passages with some terms side by side.

    Rows are taken from the driver: SQLAlchemy's take several times as long as FTS5 needs to score them.
    """
    cursor = connection.connection.cursor()
    rows = cursor.execute(SCORED, {"match": _quoted(phrase), **WEIGHTS}).fetchall()
    cursor.close()
    table = np.fromiter(chain.from_iterable(rows), np.float64, 2 * len(rows)).reshape(-1, 2)
    return table[:, 0].astype(np.int32), table[:, 1] / fts5_idf(len(rows), total)
