"""BM25 of passages in PostgreSQL, from hits: operation for operation as FTS5 computes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Connection, text

from kb.index import postings_sql as sql
from kb.index.keywords import WEIGHTS, Matches, PassageTerms, Phrase, Weighed

LONGEST = 500  # characters of a term that count: a column with an index takes no more than 2,700 bytes
MOST = (1 << 16) - 1  # of a count and of a length, in a hit

_K1, _K1_1, _B, _REST = (f"CAST({value} AS double precision)" for value in (1.2, 2.2, 0.75, 0.25))  # as in FTS5
_FOUND = "CAST(hit >> 16 & 65535 AS double precision)"
_BM25 = f"{_FOUND} * {_K1_1} / ({_FOUND} + {_K1} * ({_REST} + {_B} * (hit & 65535) / :average))"
_SCORE = f"CAST(hit >> 32 AS integer) AS number, weight * ({_BM25}) AS score"
_AMONG = " WHERE CAST(hit >> 32 AS integer) IN (SELECT unnest(CAST(:among AS integer[])))"
_SCORED = "SELECT {of}{score} FROM ({hits}) AS held{among}"
_OF_TERMS = (
    "SELECT weight, unnest(hits) AS hit"
    " FROM unnest(CAST(:terms AS text[]), CAST(:weights AS double precision[])) AS asked(term, weight)"
    " JOIN postings USING (term)"
)
_OF_SPELLINGS = """
    SELECT word, spelling, weight, unnest(hits) AS hit
    FROM unnest(
        CAST(:words AS integer[]), CAST(:spellings AS integer[]),
        CAST(:spelled AS text[]), CAST(:weights_spelled AS double precision[])
    ) AS asked(word, spelling, term, weight) JOIN postings USING (term)
    UNION ALL SELECT word, spelling, weight, hit
    FROM unnest(
        CAST(:words_found AS integer[]), CAST(:spellings_found AS integer[]),
        CAST(:weights_found AS double precision[]), CAST(:found AS bigint[])
    ) AS given(word, spelling, weight, hit)
"""
_BEST_OF = """
    SELECT number, max(score) AS score FROM (
        SELECT word, number, sum(score) AS score FROM ({}) AS scored GROUP BY word, spelling, number
    ) AS spelled GROUP BY word, number
"""
_BEST = (
    "SELECT number, sum(score) AS score FROM ({}) AS scored GROUP BY number ORDER BY score DESC, number LIMIT :limit"
)


class Asked:
    """The phrases of one query, in one state of the index."""

    def __init__(self, connection: Connection, phrases: Collection[Phrase]) -> None:
        self._connection = connection
        self._passages, self._terms = connection.execute(sql.TOTALS).one()
        self._hits: dict[Phrase, list[int]] = {}
        for phrase in {phrase for phrase in phrases if len(phrase) > 1}:
            found = connection.execute(sql.WITH_PHRASE, sql.of_phrase(phrase))
            self._hits[phrase] = [_hit_of(PassageTerms(*row), phrase) for row in found]

    def best(self, words: Sequence[Weighed], limit: int, among: Collection[int] | None = None) -> Matches:
        """Return the passages with any of the words, best first, each phrase with the weight given."""
        single = [word for word in words if len(word) == len(word[0]) == len(word[0][0][0]) == 1]
        spelled = [word for word in words if word not in single]
        within = "" if among is None else _AMONG
        parts, values = [], {"limit": limit, "average": self._terms / max(self._passages, 1)}
        if among is not None:
            values["among"] = list(among)
        if single:
            parts.append(_SCORED.format(of="", score=_SCORE, hits=_OF_TERMS, among=within))
            values |= _columns(("terms", "weights"), [(phrase[0], weight) for (((phrase, weight),),) in single])
        if spelled:
            scored = _SCORED.format(of="word, spelling, ", score=_SCORE, hits=_OF_SPELLINGS, among=within)
            parts.append(_BEST_OF.format(scored))
            values |= self._spelled(spelled)
        if not parts:
            return []
        rows = self._connection.execute(text(_BEST.format(" UNION ALL ".join(parts))), values)
        return [(int(number), float(score)) for number, score in rows]

    def _spelled(self, words: Sequence[Weighed]) -> dict[str, list[object]]:
        """Return the parameters for words with several spellings."""
        all_of = [
            (word, spelling, phrase, weight)
            for word, spellings in enumerate(words)
            for spelling, phrases in enumerate(spellings)
            for phrase, weight in phrases
        ]
        terms = [(word, spelling, phrase[0], weight) for word, spelling, phrase, weight in all_of if len(phrase) == 1]
        found = [
            (word, spelling, weight, hit)
            for word, spelling, phrase, weight in all_of
            for hit in self._hits.get(phrase, ())
        ]
        return {
            **_columns(("words", "spellings", "spelled", "weights_spelled"), terms),
            **_columns(("words_found", "spellings_found", "weights_found", "found"), found),
        }


def hits_of(passage: PassageTerms) -> Iterator[tuple[str, int]]:
    """Yield each term of a passage with its hit."""
    terms = [
        term for some, weight in zip(passage[1:], WEIGHTS.values(), strict=True) for term in some.split() * int(weight)
    ]
    counts = Counter(terms if len(max(terms, key=len, default="")) <= LONGEST else [term[:LONGEST] for term in terms])
    of_passage = _packed(passage.number, 0, passage.length)
    return ((term, of_passage | min(count, MOST) << 16) for term, count in counts.items())


def _hit_of(passage: PassageTerms, phrase: Phrase) -> int:
    """Return the hit of some terms side by side."""
    wanted = f" {' '.join(phrase)} "
    counts = (
        int(weight) * _occurrences(f" {terms} ", wanted)
        for weight, terms in zip(WEIGHTS.values(), passage[1:], strict=True)
    )
    return _packed(passage.number, sum(counts), passage.length)


def _packed(number: int, count: int, size: int) -> int:
    return number << 32 | min(count, MOST) << 16 | min(size, MOST)


def _occurrences(terms: str, wanted: str) -> int:
    """Return how often terms stand side by side; one may overlap the next."""
    count, at = 0, terms.find(wanted)
    while at >= 0:
        count, at = count + 1, terms.find(wanted, at + 1)
    return count


def _columns(names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> dict[str, list[object]]:
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}
