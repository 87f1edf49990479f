"""Queries of the keyword index: matching passages, and entries that contain a phrase."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select, text

from kb.index.analysis import fold
from kb.index.catalog import Catalog
from kb.index.schema import CHUNKS, ENTRIES

# Title weights from 2 to 5 differ within noise, see docs/measurements.md.
WEIGHTS = {"title": 2.0, "heading": 1.0, "tags": 1.0, "body": 1.0}
MATCHES = text(
    "SELECT rowid, -bm25(keywords, :title, :heading, :tags, :body) AS score FROM keywords"
    " WHERE keywords MATCH :match ORDER BY score DESC LIMIT :limit"
)
LEAST_IDF = 1e-6  # of FTS5, for a word in half of the passages or more


def keyword_matches(catalog: Catalog, terms: Sequence[str], limit: int) -> list[tuple[int, float]]:
    """Return (chunk number, BM25) of the passages with any of the terms, best first."""
    if not terms:
        return []
    match = " OR ".join(f'"{term}"' for term in terms)
    with catalog.engine.connect() as connection:
        rows = connection.execute(MATCHES, {"match": match, "limit": limit, **WEIGHTS})
        return [(int(number), float(score)) for number, score in rows]


def few_matches(
    catalog: Catalog, idf_of: Mapping[str, float], counts: Mapping[str, int], limit: int
) -> list[tuple[int, float]]:
    """Return (chunk number, BM25) of the passages with any of the terms, best first, with an idf of our own for each.

    FTS5 gives a word in half of the passages no weight, so in a base of two entries no word would count. Each
    term is looked up on its own, which is for small bases only.
    """
    scores: defaultdict[int, float] = defaultdict(float)
    with catalog.engine.connect() as connection:
        total = connection.scalar(select(func.count()).select_from(CHUNKS)) or 0
        for term, idf in idf_of.items():
            times = idf / fts5_idf(counts[term], total)
            for number, score in connection.execute(MATCHES, {"match": f'"{term}"', "limit": total, **WEIGHTS}):
                scores[number] += times * score
    return sorted(scores.items(), key=lambda found: (-found[1], found[0]))[:limit]


def fts5_idf(document_count: int, total: int) -> float:
    """Return the idf that FTS5 uses (Robertson, Spärck Jones; at least LEAST_IDF)."""
    idf = math.log((total - document_count + 0.5) / (document_count + 0.5))
    return idf if idf > 0 else LEAST_IDF


def term_counts(catalog: Catalog, terms: Sequence[str]) -> dict[str, int]:
    """Return the number of passages that contain each term."""
    statement = text("SELECT term, doc FROM keyword_counts WHERE term IN (SELECT value FROM json_each(:terms))")
    with catalog.engine.connect() as connection:
        return {row[0]: int(row[1]) for row in connection.execute(statement, {"terms": json.dumps(list(terms))})}


def terms_in(catalog: Catalog, numbers: Sequence[int], terms: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """Return which of the terms each passage contains, title and tags included."""
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
    """Return the entries that contain a phrase verbatim (folded) in title, headings, tags or text."""
    query = select(ENTRIES.c.number, ENTRIES.c.named, CHUNKS.c.headings, CHUNKS.c.text).join(
        CHUNKS, CHUNKS.c.entry == ENTRIES.c.number
    )
    if terms:
        match = " AND ".join(f'"{term}"' for term in terms)
        holding = text("chunks.number IN (SELECT rowid FROM keywords WHERE keywords MATCH :match)")
        query = query.where(holding.bindparams(match=match))
    wanted = fold(phrase)
    with catalog.engine.connect() as connection:
        rows = connection.execute(query)
        return {row[0] for row in rows if wanted in row[1] or wanted in fold(f"{row[2]}\n{row[3]}")}
