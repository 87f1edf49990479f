"""The keys of an entry's vectors: those of its texts, or keys of its own.

A text that several entries have is embedded once. But nobody may notice on saving a text that an entry which is hidden
from them has it, too: by how long the save takes, or how soon the text is found by meaning. So whatever a save adds to
an entry is embedded as if nobody had ever written it.
"""

from __future__ import annotations

import json
import secrets

from sqlalchemy import ColumnElement, and_, select

from kb.index.catalog import Catalog
from kb.index.documents import from_document
from kb.index.schema import CHUNKS, ENTRIES, SITUATIONS
from kb.index.searched import text_to_embed
from kb.index.vectors import SEARCHED

_APART, _AFTER = ".", "/"  # neighbours in ASCII
_PASSAGES = select(ENTRIES.c.document, CHUNKS.c.headings, CHUNKS.c.text, CHUNKS.c.body_key, CHUNKS.c.head_key).join(
    ENTRIES, ENTRIES.c.number == CHUNKS.c.entry
)
_SITUATIONS = select(SITUATIONS.c.text, SITUATIONS.c.key).join(ENTRIES, ENTRIES.c.number == SITUATIONS.c.entry)


def keys_at(catalog: Catalog, path: str) -> dict[str, str]:
    """Return the keys of the vectors of the entry at a path, by text."""
    with catalog.engine.connect() as connection:
        found = {text: key for text, key in connection.execute(_SITUATIONS.where(ENTRIES.c.path == path))}
        for document, headings, body, *keys in connection.execute(_PASSAGES.where(ENTRIES.c.path == path)):
            entry, above = from_document(document), tuple(json.loads(headings))
            found |= {text_to_embed(v, entry, above, body): key for v, key in zip(SEARCHED, keys, strict=True)}
    return found


def own_key(key: str) -> str:
    """Return a new key for a text, of one entry alone."""
    return f"{key}{_APART}{1 + secrets.randbelow(2**32 - 1):08x}"  # not 0, see `key_table`


def is_of_text(column: ColumnElement[str], key: str) -> ColumnElement[bool]:
    """Return whether a key is that of a text, or one of an entry's own for it."""
    return (column == key) | and_(column > key + _APART, column < key + _AFTER)
