"""The tables of what people did, as of the newest step in `migrations/versions`. They are never rebuilt."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

METADATA = MetaData()
SEARCHES = Table(
    "searches",
    METADATA,
    Column("id", String, primary_key=True),
    Column("at", String, nullable=False, index=True),  # UTC, ISO
    Column("query", Text, nullable=False),  # emptied after the days it is kept
    Column("language", String, nullable=False),
    Column("team", String, nullable=False),
    Column("filters", Text, nullable=False),  # JSON: [[facet, [value …]] …, from, to]
    Column("confidence", String, nullable=False),
    Column("total", Integer, nullable=False),
    Column("hidden", Integer, nullable=False),  # by filters
    Column("asker", String, nullable=False, index=True),  # a random number of a browser, no name
    Column("deal", String, nullable=False),  # the entry it was asked for
)
OPENED = Table(
    "opened",
    METADATA,
    Column("search", String, nullable=False, index=True),
    Column("entry", String, nullable=False, index=True),
    Column("at", String, nullable=False),
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
    Column("query", Text, primary_key=True),  # folded; the search by which a cluster is known again
    Column("wording", Text, nullable=False),  # as it was typed
    Column("filters", Text, nullable=False),
    Column("state", String, nullable=False),  # open, closed, dismissed
    Column("owner", String, nullable=False),
    Column("due", String, nullable=False),  # ISO day
    Column("entry", String, nullable=False),  # that closed it
    Column("changed_at", String, nullable=False),
)
TOLD = Table(  # whom to tell that a gap was closed, and who has seen it
    "told",
    METADATA,
    Column("query", Text, primary_key=True),
    Column("asker", String, primary_key=True),
    Column("seen", Integer, nullable=False),
)
MEANINGS = Table(  # vectors of wordings, so that they are not embedded again; forgotten as the words are
    "meanings",
    METADATA,
    Column("wording", Text, primary_key=True),
    Column("model", String, primary_key=True),  # checksum
    Column("vector", LargeBinary, nullable=False),
    Column("at", String, nullable=False),
)
JUDGED = Table(  # what a person said of two wordings, folded, the lesser one first; forgotten as the words are
    "judged",
    METADATA,
    Column("one", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("is_same", Integer, nullable=False),
    Column("at", String, nullable=False),
)
Index("searches_by_deal", SEARCHES.c.deal)
