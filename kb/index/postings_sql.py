"""The statements of the keyword index in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

BLOCK = 240  # hits in a full block: it stays in its row, four to a page
OPEN = (1 << 31) - 1  # stands for the highest number in the block of a term that is not full yet

ADD = text("""
    INSERT INTO postings (term, last, hits)
    SELECT term, CAST(:open AS integer), CAST(hits AS bigint[])
    FROM unnest(string_to_array(:terms, ' '), string_to_array(:hits, ' ')) AS given(term, hits)
    ON CONFLICT (term, last) DO UPDATE SET hits = postings.hits || excluded.hits
""").bindparams(open=OPEN)
CLOSE_FULL = text("""
    WITH filled AS (
        DELETE FROM postings
        WHERE term = ANY(string_to_array(:terms, ' ')) AND last = :open AND cardinality(hits) >= :block
        RETURNING term, hits
    )
    INSERT INTO postings (term, last, hits)
    SELECT term, max(hit) >> 32, array_agg(hit ORDER BY hit)
    FROM filled, unnest(hits) WITH ORDINALITY AS placed(hit, place) GROUP BY term, (place - 1) / CAST(:block AS integer)
""").bindparams(open=OPEN, block=BLOCK)
REMOVE = text("""
    WITH gone AS (
        SELECT block.term, block.last, array_agg(hit) AS hits
        FROM unnest(CAST(:terms AS text[]), CAST(:hits AS bigint[])) AS given(term, hit)
        CROSS JOIN LATERAL (
            SELECT term, last FROM postings WHERE term = given.term AND last >= hit >> 32 ORDER BY last LIMIT 1
        ) AS block
        GROUP BY block.term, block.last
    )
    UPDATE postings SET hits = CASE
        WHEN cardinality(gone.hits) = 1 THEN array_remove(postings.hits, gone.hits[1])
        ELSE ARRAY(SELECT hit FROM unnest(postings.hits) AS hit WHERE hit <> ALL(gone.hits))
    END
    FROM gone WHERE postings.term = gone.term AND postings.last = gone.last
    RETURNING postings.term, postings.last, cardinality(postings.hits)
""")
OF_ENTRIES = text(
    "SELECT number, title, heading, tags, body FROM passage_terms WHERE number IN"
    " (SELECT number FROM chunks WHERE entry = ANY(CAST(:entries AS integer[]))) ORDER BY number"
)

TOTALS = text("SELECT passages, terms FROM keyword_totals")
COUNTS = text(
    "SELECT term, sum(cardinality(hits)) FROM postings WHERE term = ANY(CAST(:terms AS text[])) GROUP BY term"
)
BY_COUNT = text("SELECT term FROM postings GROUP BY term ORDER BY sum(cardinality(hits)) DESC, term")

_NUMBERS = "SELECT CAST(unnest(hits) >> 32 AS integer) AS number FROM postings WHERE term = "
_COMPLETE = "GROUP BY number HAVING count(*) = cardinality(CAST(:terms AS text[]))"
_ALL_OF = f"IN (SELECT number {{}} {_COMPLETE})".format(f"FROM ({_NUMBERS}ANY(CAST(:terms AS text[]))) AS held")
_PUBLISHED = (
    "JOIN chunks ON chunks.number = held.number JOIN entries ON entries.number = chunks.entry"
    " WHERE entries.status = 'published'"
)
_ANYWHERE, _BUT_IN_TAGS = (
    "({})".format(" OR ".join(f"strpos(' ' || {field} || ' ', :phrase) > 0" for field in fields))
    for fields in (("held.title", "heading", "tags", "held.body"), ("held.title", "heading", "held.body"))
)
_HELD = "FROM passage_terms AS held"
_EACH = f"FROM ({_NUMBERS}{{}} ORDER BY last) AS numbers JOIN passage_terms AS held USING (number)"

_ASKED = "FROM unnest(CAST(:terms AS text[])) AS asked(term)"
_FIRST = f"FROM ({_NUMBERS}asked.term ORDER BY last) AS held"
PUBLISHED_OF = text(f"SELECT term {_ASKED} WHERE EXISTS (SELECT 1 {_FIRST} {_PUBLISHED})")
HAS_PHRASE = text(f"SELECT 1 {_HELD} {_PUBLISHED} AND held.number {_ALL_OF} AND {_ANYWHERE} LIMIT 1")
TEXTS = text(f"SELECT entries.title, headings, plain {_EACH.format(':term')} {_PUBLISHED} AND {_BUT_IN_TAGS} LIMIT 1")
WITH_PHRASE = text(f"SELECT held.* {_HELD} WHERE number {_ALL_OF} AND {_ANYWHERE} ORDER BY number")
HOLDING = text(f"chunks.number {_ALL_OF}")


def counts(connection: Connection, terms: Iterable[str]) -> dict[str, int]:
    """Return the number of passages that contain each term."""
    return {row[0]: int(row[1]) for row in connection.execute(COUNTS, {"terms": list(terms)})}


def of_phrase(phrase: Sequence[str]) -> dict[str, object]:
    """Return the parameters of a statement about terms side by side."""
    return {"terms": sorted(set(phrase)), "phrase": f" {' '.join(phrase)} "}
