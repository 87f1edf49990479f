"""Resources: the playbook, and entries as they are written."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from app.mcp.caller import Caller
from app.mcp.reading import short
from app.shapes.playbook import PlaybookOut
from kb.errors import EntryNotFoundError, KBError
from kb.wording import say

PLAYBOOK = "kb://playbook"
ENTRIES = "kb://entries/"
TEMPLATE = ENTRIES + "{+id}"
PAGE = 50  # entries of one page of the list
MOST_CHARS = 100_000  # of one resource, which has no pages
MOST_PLACE = 10_000


class TooLongError(KBError):
    """A resource is too long for one answer."""

    def __init__(self, entry_id: str) -> None:
        super().__init__(say("'{id}' is too long for one answer. Read it in parts with read_entry.", id=entry_id))


class BadCursorError(KBError):
    """A cursor that no answer had."""

    def __init__(self) -> None:
        super().__init__(say("There is no such page. Begin without a cursor."))


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry in the list."""

    uri: str
    id: str
    title: str


def listed(caller: Caller, cursor: str | None) -> tuple[list[Listed], str | None]:
    """Return a page of entries, newest first, and the cursor of the next. Raises BadCursorError."""
    offset = _place(cursor)
    answer = caller.library.search.answer("", limit=PAGE, offset=offset)
    after = offset + len(answer.hits)
    found = [Listed(uri_of(hit.entry.id), hit.entry.id, short(hit.entry.title)) for hit in answer.hits]
    return found, str(after) if answer.hits and after < min(answer.total, MOST_PLACE) else None


def content_of(caller: Caller, uri: str) -> tuple[str, str]:
    """Return the media type and the text of a resource. Raises EntryNotFoundError, TooLongError."""
    if uri == PLAYBOOK:
        return "application/json", PlaybookOut.of(caller.library.playbook).model_dump_json()
    if not uri.startswith(ENTRIES):
        raise EntryNotFoundError(short(uri))
    entry_id = unquote(uri.removeprefix(ENTRIES))
    text = caller.seen.store.source(entry_id).text
    if len(text) > MOST_CHARS:
        raise TooLongError(entry_id)
    return "text/markdown", text


def uri_of(entry_id: str) -> str:
    """Return the URI of an entry."""
    return ENTRIES + quote(entry_id)


def _place(cursor: str | None) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= 5 and int(cursor) <= MOST_PLACE):
        raise BadCursorError
    return int(cursor)
