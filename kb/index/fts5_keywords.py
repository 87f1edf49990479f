"""The keyword index in SQLite: FTS5 holds the terms and computes BM25."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, Engine, TextClause, bindparam, select, text

from kb.index.fts5_hits import PlacedTerms, quoted
from kb.index.keywords import Matches, PassageTerms, Phrase, Weighed
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

    def matches(self, words: Sequence[Weighed], limit: int, among: Collection[int] | None = None) -> Matches:
        """Return the passages with any of the words, best first; only those `among` some, if given."""
        found = self._found(phrase for spellings in words for spelling in spellings for phrase, _ in spelling)
        placed = [[[(found[phrase], idf) for phrase, idf in spelling] for spelling in spellings] for spellings in words]
        return best_of(placed, limit, among)

    def _found(self, phrases: Iterable[Phrase]) -> dict[Phrase, Hits]:
        """Return the passages with each phrase."""
        wanted = dict.fromkeys(phrases)
        with self._engine.connect() as connection:
            generation = connection.scalar(GENERATION) or ""
            known = self._frequent.known(generation, wanted)
            new = self._placed.hits(connection, [phrase for phrase in wanted if phrase not in known])
        self._frequent.remember(generation, new)
        return known | new

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
            return connection.scalar(HAS_PUBLISHED, {"match": quoted(terms)}) is not None

    def texts_with(self, term: str) -> Sequence[str]:
        """Return title, headings and text of a published passage with a term in them."""
        match = f"{{title heading body}} : {quoted([term])}"
        with self._engine.connect() as connection:
            return tuple(connection.execute(TEXTS, {"match": match}).first() or ())

    def holding(self, terms: Sequence[str]) -> TextClause:
        """Return the condition that a passage of the catalogue has all the terms."""
        return HOLDING.bindparams(bindparam("match", " AND ".join(quoted([term]) for term in terms)))
