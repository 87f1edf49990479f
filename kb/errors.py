"""Errors of a request: each exception builds its own message and knows nothing of HTTP."""

from __future__ import annotations

import errno

from kb.wording import say

_NO_ACCESS, _FULL, _AWAY = say("access is denied"), say("the disk is full"), say("the network drive does not answer")
_REFUSALS = {
    errno.EACCES: _NO_ACCESS,
    errno.EPERM: _NO_ACCESS,
    errno.ENOENT: say("it does not exist"),
    errno.ENOTDIR: say("a folder of its path is a file"),
    errno.EISDIR: say("it is a folder"),
    errno.EROFS: say("it is read-only"),
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EIO: say("the disk reports an error"),
    errno.ELOOP: say("its links lead in a circle"),
    errno.ENAMETOOLONG: say("the name is too long"),
    errno.EBUSY: say("another program is using it"),
    errno.EMFILE: say("too many files are open"),
    errno.ENFILE: say("too many files are open"),
    errno.ETIMEDOUT: _AWAY,
    errno.ESTALE: _AWAY,
    errno.EHOSTDOWN: _AWAY,
    errno.EADDRNOTAVAIL: say("this machine does not have the address"),
}


def why_refused(error: OSError) -> str:
    """Return in our words why the system refused something; in its own where it is rare."""
    return _REFUSALS.get(error.errno or 0) or error.strerror or str(error)


class KBError(Exception):
    """The base of every error this library raises on purpose."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class EntryNotFoundError(KBError):
    """No entry has this id."""

    def __init__(self, entry_id: str) -> None:
        super().__init__(say("No entry has the id '{id}'.", id=entry_id))
        self.entry_id = entry_id


class CrmDealNotFoundError(KBError):
    """No deal that may be seen has this CRM number."""

    def __init__(self, number: str) -> None:
        super().__init__(say("No deal has the CRM number '{number}'.", number=number))


class QueryTooLongError(KBError):
    """The query is too long."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(
            say(
                "The query has {length:,} characters; the limit is {limit:,}. Shorten it to the key sentence.",
                length=length,
                limit=limit,
            )
        )


class EmptyRequestError(KBError):
    """A search for similar deals without notes, deal or facts."""

    def __init__(self) -> None:
        super().__init__(say("Nothing to compare. Enter notes, a deal id, or facts such as the industry."))


class TextTooLongError(KBError):
    """The pasted notes are too long."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(
            say(
                "The text has {length:,} characters; the limit is {limit:,}. Paste only the part about the situation.",
                length=length,
                limit=limit,
            )
        )


class BadFilterError(KBError):
    """A filter or its value is unknown."""


class BadPeriodError(KBError):
    """Not a week or month that has started."""


class ModelUnavailableError(KBError):
    """The embedding model cannot be loaded."""

    def __init__(self, why: str) -> None:
        super().__init__(say("The embedding model cannot be loaded: {why}.", why=why))


class IndexNotReadyError(KBError):
    """There is no complete index yet."""

    def __init__(self, progress: str = "") -> None:
        """`progress` is a sentence on an index that is being built."""
        super().__init__(progress or say("There is no index yet. Run 'kb sync' to build it from the entries."))


class PartNotReadyError(KBError):
    """What somebody may see is still being put together."""

    def __init__(self) -> None:
        super().__init__(
            say("The entries you may see are being put together, which happens once. The page opens by itself.")
        )


class IndexBusyError(KBError):
    """Another process is writing to the index."""

    def __init__(self) -> None:
        super().__init__(say("Another process is writing to the index. Wait until it has finished and try again."))


class IndexTurnLostError(IndexBusyError):
    """This process was held up for so long that another one is writing to the index now; nothing was written."""


class PlaybookUnknownError(KBError):
    """The playbook cannot be read, and no earlier reading of it is known: nobody knows what it masks."""

    def __init__(self, place: str, why: str) -> None:
        """`place` is file and line; `why` may quote the file, and is for those who may read it."""
        super().__init__(
            say(
                "{place} cannot be read, and no earlier version of it is known. It says who may read what,"
                " so no entries are shown. Correct the file; 'kb check' says what is wrong.",
                place=place,
            )
        )
        self.why = why


class DatabaseAwayError(KBError):
    """The database that has the index cannot be reached."""

    def __init__(self) -> None:
        super().__init__(say("The database cannot be reached at the moment. Try again in a few seconds."))


class VectorsAwayError(KBError):
    """The server of vectors cannot be reached; nobody sees this, since vectors can be compared without it."""

    def __init__(self, why: str) -> None:
        super().__init__(say("The Chroma server cannot be reached ({why}).", why=why))


class EmbeddingAwayError(KBError):
    """The service that embeds cannot be used; questions are then answered by words."""

    def __init__(self, why: str) -> None:
        super().__init__(say("The embedding service cannot be used ({why}).", why=why))
        self.why = why


class NotSavedError(KBError):
    """The file could not be written; nothing was changed."""

    def __init__(self, why: str) -> None:
        super().__init__(say("Nothing was saved: {why}.", why=why))


class SampleRefusedError(KBError):
    """The sample company cannot be added to this folder."""

    def __init__(self) -> None:
        super().__init__(say("The folder already holds entries. The sample company can only be added to an empty one."))


class PartlyShownError(KBError):
    """The server shows only some of the entries, so it does nothing that reads or lists all of them."""


class RefusedTextError(KBError):
    """The text cannot be saved as an entry."""


class UntitledError(RefusedTextError):
    """A new entry has no title; `field` is the form field to fill in."""

    def __init__(self, kind: str) -> None:
        self.field = "customer" if kind == "deal" else "title"
        super().__init__(
            say("Enter a customer name or a title so the deal can be found later.", field=self.field)
            if kind == "deal"
            else say("Enter a title, or start the text with a heading (# …).", field=self.field)
        )


class StaleEditError(KBError):
    """Someone else changed the file after it was opened."""

    def __init__(self, entry_id: str, current_hash: str) -> None:
        super().__init__(
            say(
                "Someone else changed '{id}' while you were editing. Nothing was overwritten;"
                " compare the two versions and save again.",
                id=entry_id,
            )
        )
        self.entry_id = entry_id
        self.current_hash = current_hash


class DuplicateTextError(KBError):
    """Another entry has the same text."""

    def __init__(self, entry_id: str) -> None:
        super().__init__(say("The entry '{id}' already has this text. Edit that one instead.", id=entry_id))
        self.entry_id = entry_id


class KeyReusedError(KBError):
    """The idempotency key was already used for another text."""

    def __init__(self, entry_id: str, content_hash: str) -> None:
        super().__init__(
            say("This Idempotency-Key was already used for another text, saved as '{id}'. Use a new key.", id=entry_id)
        )
        self.entry_id = entry_id
        self.content_hash = content_hash


class MissingVersionError(KBError):
    """An update without If-Match."""

    def __init__(self) -> None:
        super().__init__(say("Send the version you edited as If-Match; reading the source returns it as ETag."))


class RequestTooLargeError(KBError):
    """The request body is too large."""

    def __init__(self, limit: int) -> None:
        size = f"{limit / 1e6:.0f} MB" if limit >= 1e6 else f"{limit / 1e3:.0f} KB"
        super().__init__(say("The request is larger than {limit}. Send less at a time.", limit=size))


class AddressTooLongError(KBError):
    """The address is too long."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            say("The address is longer than {limit:,} bytes. Ask with fewer words or filters.", limit=limit)
        )


class HeadersTooLargeError(KBError):
    """The headers are too large."""

    def __init__(self, limit: int) -> None:
        super().__init__(say("The headers are larger than {limit:,} bytes. Delete this site's cookies.", limit=limit))


class EncodedBodyError(KBError):
    """The request body is compressed."""

    def __init__(self, encoding: str) -> None:
        super().__init__(
            say("The content encoding '{name}' is not accepted. Send it uncompressed.", name=encoding[:100])
        )


class BusyError(KBError):
    """Too many requests are waiting."""

    def __init__(self) -> None:
        super().__init__(say("The server has too many requests to answer. Try again in a few seconds."))


class UnknownTypeError(KBError):
    """The request body has a content type that is not read here."""

    def __init__(self, sent: str, read: str) -> None:
        super().__init__(say("The content type '{sent}' is not read here. Send {read}.", sent=sent[:100], read=read))


class TooManyFilesError(KBError):
    """Too many files in one upload."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            say(
                "You can upload at most {limit} files at once. Put them in the entries folder instead;"
                " they are imported automatically.",
                limit=limit,
            )
        )


class StaleFormError(KBError):
    """A form was not sent by a page of this session."""

    def __init__(self) -> None:
        super().__init__(say("This page belongs to an earlier session, so nothing was changed."))


class ReadOnlyError(KBError):
    """This server is read-only."""

    def __init__(self) -> None:
        super().__init__(say("This server is read-only. Edit the files where the entries are stored."))


class ActivityUnavailableError(KBError):
    """The activity database cannot be written."""

    def __init__(self, why: str) -> None:
        super().__init__(say("Not recorded: the activity database cannot be written ({why}).", why=why))
        self.why = why


class ActivitySchemaError(KBError):
    """The activity database's schema does not match this version of the program."""

    def __init__(self, why: str) -> None:
        super().__init__(say("The activity database does not match this version: {why}.", why=why))
        self.why = why


class ActivityVersionError(ActivitySchemaError):
    """The tables that servers share are of another version, as while one server after the other is updated."""


class GapNotClosedError(KBError):
    """The entry does not answer the gap's search."""

    def __init__(self, query: str, place: int) -> None:
        super().__init__(
            say(
                "Searching for '{query}' does not return this entry in the top {place}."
                " Add the words people searched for, then try again.",
                query=query,
                place=place,
            )
        )


class BackupError(KBError):
    """A backup cannot be read or restored."""

    def __init__(self, why: str) -> None:
        super().__init__(say("The backup was not restored: {why}.", why=why))


class ForbiddenError(KBError):
    """The viewer's role does not allow it."""
