"""The tables of the activity database, as of the newest migration in `migrations/versions`. Never rebuilt."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text

METADATA = MetaData()
SEARCHES = Table(
    "searches",
    METADATA,
    Column("id", String, primary_key=True),
    Column("at", String, nullable=False, index=True),  # UTC, ISO
    Column("query", Text, nullable=False),  # emptied after its retention
    Column("language", String, nullable=False),
    Column("team", String, nullable=False),
    Column("filters", Text, nullable=False),  # JSON: [[facet, [value …]] …, from, to]
    Column("confidence", String, nullable=False),
    Column("total", Integer, nullable=False),
    Column("hidden", Integer, nullable=False),  # by filters
    Column("asker", String, nullable=False, index=True),  # a random id per browser, no name
    Column("deal", String, nullable=False),  # the deal it was for
)
OPENED = Table(
    "opened",
    METADATA,
    Column("search", String, nullable=False, index=True),
    Column("entry", String, nullable=False, index=True),
    Column("at", String, nullable=False),
    Column("how", String, nullable=False, server_default="page"),  # a use: see `kb/loop/logbook.py`
)
USED = Table(  # in a deal, after a search had found it
    "used",
    METADATA,
    Column("search", String, nullable=False, index=True),
    Column("entry", String, nullable=False, index=True),
    Column("deal", String, nullable=False),
    Column("at", String, nullable=False),
)
HELPFUL = Table(
    "helpful",
    METADATA,
    Column("entry", String, primary_key=True),
    Column("asker", String, primary_key=True),
    Column("at", String, nullable=False),
)
GAPS = Table(
    "gaps",
    METADATA,
    Column("query", Text, primary_key=True),  # folded; identifies the cluster
    Column("wording", Text, nullable=False),  # as typed
    Column("filters", Text, nullable=False),
    Column("state", String, nullable=False),  # open, closed, dismissed
    Column("owner", String, nullable=False),
    Column("due", String, nullable=False),  # ISO day
    Column("entry", String, nullable=False),  # the entry that closed it
    Column("changed_at", String, nullable=False),
    Column("needed_by", String, nullable=False, server_default=""),  # who reported it
)
NOTIFIED = Table(  # whom to notify of a closed gap, and who has seen it
    "told",
    METADATA,
    Column("query", Text, primary_key=True),
    Column("asker", String, primary_key=True),
    Column("seen", Integer, nullable=False),
)
MEANINGS = Table(  # cached vectors of wordings; same retention as the queries
    "meanings",
    METADATA,
    Column("wording", Text, primary_key=True),
    Column("model", String, primary_key=True),  # checksum
    Column("vector", LargeBinary, nullable=False),
    Column("at", String, nullable=False),
)
JUDGED = Table(  # judged pairs of folded wordings, sorted; same retention as the queries
    "judged",
    METADATA,
    Column("one", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("is_same", Integer, nullable=False),
    Column("at", String, nullable=False),
)
MEETINGS = Table(  # the figures of saved meetings; their decisions are notes
    "meetings",
    METADATA,
    Column("note", String, primary_key=True),  # entry id: who may see the note may see its figures
    Column("figures", Text, nullable=False),  # lines of JSON: see `kb/loop/stored.py`
    Column("at", String, nullable=False),
)
GRADES = Table(  # how people graded the hits of a question; kept like decisions about gaps
    "grades",
    METADATA,
    Column("query", Text, primary_key=True),  # folded
    Column("entry", String, primary_key=True),
    Column("wording", Text, nullable=False),  # as typed
    Column("grade", Integer, nullable=False),
    Column("at", String, nullable=False),
)
QUALITY = Table(  # measurements of the search: see `kb/loop/quality.py`
    "quality",
    METADATA,
    Column("at", String, primary_key=True),
    Column("shown", String, primary_key=True),  # visibilities, sorted
    Column("fingerprint", String, nullable=False),
    Column("model", String, nullable=False),
    Column("constants", String, nullable=False),
    Column("questions", Integer, nullable=False),
    Column("ndcg", Float, nullable=False),
    Column("hits", Integer, nullable=False),
    Column("used_questions", Integer, nullable=False),
    Column("used_hits", Integer, nullable=False),
    Column("figures", Text, nullable=False),  # JSON, by question
)
Index("searches_by_deal", SEARCHES.c.deal)
