"""Queries of the keyword index: matching passages, and entries that contain a phrase."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

from kb.index.analysis import flat, words
from kb.index.catalog import Catalog
from kb.index.schema import CHUNKS, ENTRIES

# Title weights from 2 to 5 differ within noise, see docs/measurements.md.
WEIGHTS = {"title": 2.0, "heading": 1.0, "tags": 1.0, "body": 1.0}
BM25 = "SELECT rowid AS number, -bm25(keywords, :title, :heading, :tags, :body){factor} AS score FROM keywords"

PUBLISHED = (
    "FROM keywords JOIN chunks ON chunks.number = keywords.rowid JOIN entries ON entries.number = chunks.entry"
    " WHERE keywords MATCH :match AND entries.status = 'published'"
)
OF_TERMS = "SELECT value FROM json_each(:terms) AS terms WHERE EXISTS (SELECT 1 {})"
QUOTED = """'"' || terms.value || '"'"""  # a term as an expression of FTS5
PART = "SELECT * FROM ({})"
GROUPED = "SELECT number, {how}(score) AS score FROM ({parts}) GROUP BY number"
AMONG = " AND +rowid IN (SELECT value FROM json_each(:among))"  # the sign keeps FTS5 from looking up each of them
LEAST_IDF = 1e-6  # of FTS5, for a word in half of the passages or more

_PASSAGES = select(ENTRIES.c.number, ENTRIES.c.named, CHUNKS.c.flat).join(CHUNKS, CHUNKS.c.entry == ENTRIES.c.number)


MATCHES = text(
    "SELECT matches.key, keywords.rowid, -bm25(keywords, :title, :heading, :tags, :body)"
    " FROM json_each(:matches) AS matches CROSS JOIN keywords WHERE keywords MATCH matches.value"
)
PUBLISHED_OF = text(OF_TERMS.format(PUBLISHED.replace(":match", QUOTED)))
# A word by its spellings, of which the best counts; each one or more expressions with the idf they are to have, summed.
Weighed = tuple[tuple[tuple[str, float], ...], ...]


@dataclass(frozen=True, slots=True)
class Spellings:
    """One word in several spellings: the best of them counts, not their sum."""

    matches: tuple[tuple[str, float], ...]  # expressions of FTS5, each with a factor for its BM25


def keyword_matches(
    catalog: Catalog,
    terms: Sequence[str],
    limit: int,
    groups: Sequence[Spellings] = (),
    among: Sequence[int] | None = None,
) -> list[tuple[int, float]]:
    """Return (chunk number, BM25) of the passages with any of the terms or spellings, best first.

    Only those `among` some are scored, if given: scoring takes ten times as long as matching.
    """
    if not terms and not groups:
        return []
    values: dict[str, str | float] = {**WEIGHTS, "limit": limit}
    within = "" if among is None else AMONG
    if among is not None:
        values["among"] = json.dumps(list(among))
    parts = [_matching([(any_of(terms), 1.0)], values, within)] if terms else []
    parts += [GROUPED.format(how="max", parts=_matching(group.matches, values, within)) for group in groups]
    found = " UNION ALL ".join(map(PART.format, parts))
    statement = found if len(parts) == 1 else GROUPED.format(how="sum", parts=found)
    with catalog.engine.connect() as connection:
        rows = connection.execute(text(f"{statement} ORDER BY score DESC LIMIT :limit"), values).all()
        return [(int(number), float(score)) for number, score in rows]


def few_matches(catalog: Catalog, weighed: Sequence[Weighed], limit: int) -> list[tuple[int, float]]:
    """Return (chunk number, BM25) of the passages with any of the words, best first, with an idf of our own for each.

    FTS5 gives a word in half of the passages no weight, so in a base of two entries no word would count. Each
    expression is looked up on its own, which is for small bases only.
    """
    scores: defaultdict[int, float] = defaultdict(float)
    with catalog.engine.connect() as connection:
        total = connection.scalar(select(func.count()).select_from(CHUNKS)) or 0
        matches = [match for spellings in weighed for spelling in spellings for match, _ in spelling]
        found = _matched(connection, matches)
    for spellings in weighed:
        best: dict[int, float] = {}
        for spelling in spellings:
            for number, score in _summed(spelling, found, total).items():
                best[number] = max(score, best.get(number, 0.0))
        for number, score in best.items():
            scores[number] += score
    return sorted(scores.items(), key=lambda found: (-found[1], found[0]))[:limit]


def _matched(connection: Connection, matches: Sequence[str]) -> dict[str, list[tuple[int, float]]]:
    """Return (chunk number, BM25) of the passages with each expression, in one statement."""
    distinct = list(dict.fromkeys(matches))
    found: dict[str, list[tuple[int, float]]] = {match: [] for match in distinct}
    for place, number, score in connection.execute(MATCHES, {"matches": json.dumps(distinct), **WEIGHTS}).all():
        found[distinct[place]].append((number, score))
    return found


def _summed(
    spelling: Sequence[tuple[str, float]], found: Mapping[str, Sequence[tuple[int, float]]], total: int
) -> dict[int, float]:
    """Return the BM25 of the passages with any expression of a spelling, each with the idf given."""
    scores: defaultdict[int, float] = defaultdict(float)
    for match, idf in spelling:
        as_found = fts5_idf(len(found[match]), total)
        for number, score in found[match]:
            scores[number] += score * idf / as_found
    return scores


def fts5_idf(document_count: int, total: int) -> float:
    """Return the idf that FTS5 uses (Robertson, Spärck Jones; at least LEAST_IDF)."""
    idf = math.log((total - document_count + 0.5) / (document_count + 0.5))
    return idf if idf > 0 else LEAST_IDF


def any_of(terms: Sequence[str]) -> str:
    """Return the expression that matches any of the terms."""
    return " OR ".join(map(one, terms))


def one(*terms: str) -> str:
    """Return the expression that matches one term, or some of them side by side."""
    return f'"{" ".join(terms)}"'


def _matching(matches: Sequence[tuple[str, float]], values: dict[str, str | float], within: str) -> str:
    """Return the statement for some expressions; their values are added to `values`."""
    parts = []
    for match, factor in matches:
        at = len(values)
        values |= {f"match{at}": match, f"factor{at}": factor}
        parts.append(f"{BM25.format(factor=f' * :factor{at}')} WHERE keywords MATCH :match{at}{within}")
    return " UNION ALL ".join(parts)


def term_counts(catalog: Catalog, terms: Sequence[str]) -> dict[str, int]:
    """Return the number of passages that contain each term."""
    statement = text("SELECT term, doc FROM keyword_counts WHERE term IN (SELECT value FROM json_each(:terms))")
    with catalog.engine.connect() as connection:
        return {row[0]: int(row[1]) for row in connection.execute(statement, {"terms": json.dumps(list(terms))})}


def words_by_count(catalog: Catalog) -> list[str]:
    """Return all terms of the index, the most frequent first."""
    with catalog.engine.connect() as connection:
        return list(connection.scalars(text("SELECT term FROM keyword_counts ORDER BY doc DESC, term")))


def published_terms(catalog: Catalog, terms: Iterable[str]) -> set[str]:
    """Return the terms that stand in a published passage."""
    with catalog.engine.connect() as connection:
        return set(connection.scalars(PUBLISHED_OF, {"terms": json.dumps(list(terms))}).all())


def has_phrase(catalog: Catalog, terms: Sequence[str]) -> bool:
    """Whether the terms follow one another in any published passage."""
    query, phrase = text(f"SELECT 1 {PUBLISHED} LIMIT 1"), f'"{" ".join(terms)}"'
    with catalog.engine.connect() as connection:
        return connection.scalar(query, {"match": phrase}) is not None


def surface_of(catalog: Catalog, term: str) -> str:
    """Return a word as it is written in a published passage or its titles; empty if there is none."""
    query = text(f"SELECT entries.title, chunks.headings, chunks.plain {PUBLISHED} LIMIT 1")
    with catalog.engine.connect() as connection:
        row = connection.execute(query, {"match": f'{{title heading body}} : "{term}"'}).first()
    for written in row or ():
        for word in words(written):
            if word.term == term:
                return str(written[word.start : word.end])
    return ""


def entries_with_text(catalog: Catalog, phrase: str, terms: Sequence[str]) -> set[int]:
    """Return the entries that contain a phrase verbatim (folded) in title, headings, tags or text.

    Its terms spare reading every passage; where none with them has the phrase, it may be part of a word: all are read.
    """
    wanted = flat(phrase)
    query = select(ENTRIES.c.number).join(CHUNKS, CHUNKS.c.entry == ENTRIES.c.number).distinct()
    query = query.where((func.instr(ENTRIES.c.named, wanted) > 0) | (func.instr(CHUNKS.c.flat, wanted) > 0))
    inner = terms[1:-1] or terms  # a phrase may begin and end within a word
    match = " AND ".join(map(one, inner))
    holding = text("chunks.number IN (SELECT rowid FROM keywords WHERE keywords MATCH :match)")
    with catalog.engine.connect() as connection:
        found = set(connection.scalars(query.where(holding.bindparams(match=match)))) if terms else set()
        return found or set(connection.scalars(query))


def entries_with_texts(catalog: Catalog, texts: Iterable[str], among: Collection[int]) -> dict[str, set[int]]:
    """Return which of some entries contain each text verbatim (folded); all passages are read once for all texts."""
    found: dict[str, set[int]] = {some: set() for some in texts}
    wanted = [(flat(some), entries) for some, entries in found.items()]
    with catalog.engine.connect() as connection:
        for number, named, passage in connection.execute(_PASSAGES):
            if number in among:
                for some, entries in wanted:
                    if some in named or some in passage:
                        entries.add(number)
    return found
