"""The keyword index in SQLite: FTS5 holds the terms and computes BM25."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import numpy as np
from sqlalchemy import Connection, Engine, TextClause, bindparam, func, select, text

from kb.index.keywords import WEIGHTS, Matches, PassageTerms, Phrase, Spellings, Weighed, fts5_idf
from kb.index.phrase_scores import FrequentScores, Phrases, Scores, best_of
from kb.index.schema import CHUNKS, META

# `analysis` supplies the terms; `_` keeps the parts of a code together.
CREATE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS keywords"
    " USING fts5(title, heading, tags, body, tokenize = \"ascii tokenchars '_'\")",
    "CREATE VIRTUAL TABLE IF NOT EXISTS keyword_counts USING fts5vocab(keywords, 'row')",
)
ADD = text("INSERT INTO keywords(rowid, title, heading, tags, body) VALUES (:number, :title, :heading, :tags, :body)")
FORGET = text("DELETE FROM keywords WHERE rowid IN (SELECT number FROM chunks WHERE entry = :entry)")
PUBLISHED = (
    "FROM keywords JOIN chunks ON chunks.number = keywords.rowid JOIN entries ON entries.number = chunks.entry"
    " WHERE keywords MATCH :match AND entries.status = 'published'"
)
OF_TERMS = "SELECT value FROM json_each(:terms) AS terms WHERE EXISTS (SELECT 1 {})"
QUOTED = """'"' || terms.value || '"'"""  # a term as an expression of FTS5
SCORED = (
    "SELECT rowid, -bm25(keywords, :title, :heading, :tags, :body) AS score FROM keywords WHERE keywords MATCH :match"
)
AMONG = " AND +rowid IN (SELECT value FROM json_each(:among))"  # the sign keeps FTS5 from looking up each of them
BEST = " ORDER BY score DESC, rowid LIMIT :limit"
ALL = -1  # as a limit
MATCHES = text(
    "SELECT matches.key, keywords.rowid, -bm25(keywords, :title, :heading, :tags, :body)"
    " FROM json_each(:matches) AS matches CROSS JOIN keywords WHERE keywords MATCH matches.value"
)
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
        self._frequent = FrequentScores()

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
        if not terms and not groups:
            return []
        single: list[Phrases] = [((term,),) for term in terms]
        spelled = [phrases for group in groups for phrases, _ in group.matches]
        with self._engine.connect() as connection:
            generation = connection.scalar(GENERATION) or ""
            scores, again = self._frequent.known(generation, [*single, *spelled])
            new = tuple(some[0] for some in single if some not in scores and some not in again)
            words = [group.matches for group in groups]
            words += [((some, 1.0),) for some in single if some[0] not in new]
            words += [((new, 1.0),)] if new else []
            most = limit if len(words) == 1 and new else ALL  # with nothing to add, the best are enough
            for phrases in {phrases for spellings in words for phrases, _ in spellings if phrases not in scores}:
                scores[phrases] = _scored(connection, phrases, among, most)
        if among is None:
            self._frequent.remember(generation, {some: scores[some] for some in again})
        return best_of([[(scores[some], factor) for some, factor in word] for word in words], limit, among)

    def few_matches(self, weighed: Sequence[Weighed], limit: int) -> Matches:
        """Return the passages with any of the words, best first; each phrase is looked up on its own."""
        scores: defaultdict[int, float] = defaultdict(float)
        with self._engine.connect() as connection:
            total = connection.scalar(select(func.count()).select_from(CHUNKS)) or 0
            phrases = [phrase for spellings in weighed for spelling in spellings for phrase, _ in spelling]
            found = _matched(connection, phrases)
        for spellings in weighed:
            best: dict[int, float] = {}
            for spelling in spellings:
                for number, score in _summed(spelling, found, total).items():
                    best[number] = max(score, best.get(number, 0.0))
            for number, score in best.items():
                scores[number] += score
        return sorted(scores.items(), key=lambda found: (-found[1], found[0]))[:limit]

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


def _any_of(phrases: Iterable[Phrase]) -> str:
    return " OR ".join(map(_quoted, phrases))


def _scored(connection: Connection, phrases: Phrases, among: Sequence[int] | None, limit: int) -> Scores:
    """Return the best passages with any of some phrases, or only those among some.

    Rows are taken from the driver: SQLAlchemy's take several times as long as FTS5 needs to score them.
    """
    values = {"match": _any_of(phrases), "limit": limit, **WEIGHTS}
    values |= {} if among is None else {"among": json.dumps(list(among))}
    within, best = "" if among is None else AMONG, "" if limit == ALL else BEST
    cursor = connection.connection.cursor()
    cursor.execute(SCORED + within + best, values)
    rows = cursor.fetchall()
    cursor.close()
    table = np.fromiter(chain.from_iterable(rows), np.float64, 2 * len(rows)).reshape(-1, 2)
    return table[:, 0].astype(np.int32), table[:, 1].copy()


def _matched(connection: Connection, phrases: Iterable[Phrase]) -> dict[Phrase, Matches]:
    """Return the passages with each phrase, in one statement."""
    distinct = list(dict.fromkeys(phrases))
    found: dict[Phrase, Matches] = {phrase: [] for phrase in distinct}
    values = {"matches": json.dumps([_quoted(phrase) for phrase in distinct]), **WEIGHTS}
    for place, number, score in connection.execute(MATCHES, values).all():
        found[distinct[place]].append((number, score))
    return found


def _summed(spelling: Sequence[tuple[Phrase, float]], found: Mapping[Phrase, Matches], total: int) -> dict[int, float]:
    """Return the BM25 of the passages with any phrase of a spelling, each with the idf given."""
    scores: defaultdict[int, float] = defaultdict(float)
    for phrase, idf in spelling:
        as_found = fts5_idf(len(found[phrase]), total)
        for number, score in found[phrase]:
            scores[number] += score * idf / as_found
    return scores
