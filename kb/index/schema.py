"""The tables of the catalogue."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

METADATA = MetaData()
META = Table("meta", METADATA, Column("key", String, primary_key=True), Column("value", Text, nullable=False))
ENTRIES = Table(
    "entries",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),  # never reused
    Column("id", String, unique=True, nullable=False),
    Column("path", String, unique=True, nullable=False),
    Column("state", String, nullable=False),  # hash of file, playbook and parser; then the id it waits for, if any
    Column("title", String, nullable=False),
    Column("sort_date", String, nullable=False),
    Column("status", String, nullable=False),
    Column("review_by", String, nullable=False),  # ISO day, empty if not set; likewise verified_on
    Column("verified_on", String, nullable=False),
    Column("named", Text, nullable=False),  # title, id and labels, flat: searched for phrases besides the text
    Column("document", Text, nullable=False),  # the entry without its body as JSON
    Column("body", Text, nullable=False),  # after the document, so that most reads stop before it
    sqlite_autoincrement=True,
)
AUDIENCES = Table(  # who may see an entry
    "audiences",
    METADATA,
    Column("entry", ForeignKey("entries.number", ondelete="CASCADE"), nullable=False),
    Column("name", String, nullable=False),
    Index("audiences_by_name", "name", "entry"),
    Index("audiences_by_entry", "entry"),
)
FACET_VALUES = Table(
    "facet_values",
    METADATA,
    Column("entry", ForeignKey("entries.number", ondelete="CASCADE"), nullable=False),
    Column("field", String, nullable=False),
    Column("value", String, nullable=False),
    Index("facet_by_value", "field", "value", "entry"),
    Index("facet_by_entry", "entry"),
)
NAMES = Table(  # of entries: id, title, customer, CRM number
    "names",
    METADATA,
    Column("entry", ForeignKey("entries.number", ondelete="CASCADE"), nullable=False),
    Column("name", String, nullable=False),
    Index("names_by_name", "name"),
    Index("names_by_entry", "entry"),
)
LINKS = Table(
    "links",
    METADATA,
    Column("entry", ForeignKey("entries.number", ondelete="CASCADE"), nullable=False),
    Column("relation", String, nullable=False),
    Column("target", String, nullable=False),
    Index("links_by_target", "target"),
    Index("links_by_entry", "entry"),
)
CHUNKS = Table(
    "chunks",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),  # the rowid of its keywords
    Column("id", String, nullable=False),
    Column("entry", ForeignKey("entries.number", ondelete="CASCADE"), nullable=False),
    Column("headings", Text, nullable=False),  # JSON list
    Column("text", Text, nullable=False),
    Column("plain", Text, nullable=False),  # as shown in a snippet
    Column("flat", Text, nullable=False),  # headings and text as phrases are compared
    Column("words", Text, nullable=False),  # of the plain text, JSON: [[term, start, end], …]
    Column("line_start", Integer, nullable=False),
    Column("line_end", Integer, nullable=False),
    Column("body_key", String, nullable=False),  # of the vector
    Column("head_key", String, nullable=False),
    Index("chunks_by_entry", "entry"),
    sqlite_autoincrement=True,
)
CHUNKS_BY_BODY = Index("chunks_by_body", CHUNKS.c.body_key)  # duplicate passages; added after the first release
SITUATIONS = Table(  # of deals: the parts compared with other deals
    "situations",
    METADATA,
    Column("entry", ForeignKey("entries.number", ondelete="CASCADE"), primary_key=True),
    Column("part", Integer, primary_key=True),  # its place in the notes
    Column("text", Text, nullable=False),
    Column("terms", Text, nullable=False),  # of the text, joined by spaces
    Column("key", String, nullable=False, index=True),  # of the vector
)
PROBLEMS = Table(
    "problems",
    METADATA,
    Column("path", String, nullable=False, index=True),
    Column("line", Integer, nullable=False),
    Column("message", Text, nullable=False),  # the sentence as JSON
)
WITHHELD = Table(  # files left out because of their visibility, so that they are not parsed at every sync
    "withheld",
    METADATA,
    Column("path", String, primary_key=True),
    Column("state", String, nullable=False),  # as of an entry; nothing else of the file is kept
)
