"""What can go wrong with a request, each as an exception that makes its own sentence and knows no HTTP."""

from __future__ import annotations

from kb.wording import say


class KBError(Exception):
    """The base of every error this library raises on purpose."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class EntryNotFoundError(KBError):
    """No entry has this id."""

    def __init__(self, entry_id: str) -> None:
        super().__init__(say("There is no entry with the id '{id}'.", id=entry_id))
        self.entry_id = entry_id


class QueryTooLongError(KBError):
    """The query is longer than anybody types."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(
            say(
                "The query has {length:,} characters; the limit is {limit:,}. Shorten it to the key sentence.",
                length=length,
                limit=limit,
            )
        )


class EmptyRequestError(KBError):
    """Nothing was said of the deal that similar ones are wanted for."""

    def __init__(self) -> None:
        super().__init__(
            say("Nothing to compare with. Give notes as text, the id of a deal, or facts such as the industry.")
        )


class TextTooLongError(KBError):
    """Pasted notes are longer than any note of a deal."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(
            say(
                "The text has {length:,} characters; the limit is {limit:,}. Paste the part on the situation.",
                length=length,
                limit=limit,
            )
        )


class BadFilterError(KBError):
    """A filter's value cannot be understood."""


class BadPeriodError(KBError):
    """What was given is no week or month that has begun."""


class ModelUnavailableError(KBError):
    """The embedding model cannot be loaded."""

    def __init__(self, why: str) -> None:
        super().__init__(say("The embedding model cannot be loaded: {why}.", why=why))


class IndexNotReadyError(KBError):
    """There is no complete index yet."""

    def __init__(self) -> None:
        super().__init__(say("There is no index yet. Run 'kb sync' to build it from the entries."))


class IndexBusyError(KBError):
    """Another process is writing to the index."""

    def __init__(self) -> None:
        super().__init__(say("Another process is writing to the index. Wait until it has finished and try again."))


class NotSavedError(KBError):
    """The file could not be written; nothing was changed."""

    def __init__(self, why: str) -> None:
        super().__init__(say("Nothing was saved: {why}.", why=why))


class RefusedTextError(KBError):
    """The text cannot be an entry at all."""


class UntitledError(RefusedTextError):
    """Nothing says what a new entry is called; `field` is what to fill in."""

    def __init__(self, kind: str) -> None:
        self.field = "customer" if kind == "deal" else "title"
        super().__init__(
            say("Write the customer's name or a title, so that the deal can be found again.", field=self.field)
            if kind == "deal"
            else say("Write a title, or begin the text with a heading (# …).", field=self.field)
        )


class StaleEditError(KBError):
    """Somebody else changed the file since it was opened."""

    def __init__(self, entry_id: str, current_hash: str) -> None:
        super().__init__(
            say(
                "'{id}' was changed by somebody else meanwhile. Nothing was overwritten;"
                " compare both versions and save again.",
                id=entry_id,
            )
        )
        self.entry_id = entry_id
        self.current_hash = current_hash


class DuplicateTextError(KBError):
    """Another entry says the same, word for word."""

    def __init__(self, entry_id: str) -> None:
        super().__init__(say("The entry '{id}' has the same text already. Change that one instead.", id=entry_id))
        self.entry_id = entry_id


class KeyReusedError(KBError):
    """The key of a request was used for another text before."""

    def __init__(self, entry_id: str, content_hash: str) -> None:
        super().__init__(
            say("This Idempotency-Key was used for another text, saved as '{id}'. Take a new key.", id=entry_id)
        )
        self.entry_id = entry_id
        self.content_hash = content_hash


class MissingVersionError(KBError):
    """A change does not say which version it started from."""

    def __init__(self) -> None:
        super().__init__(
            say("Say with If-Match which version the change starts from; reading the source gives it as ETag.")
        )


class RequestTooLargeError(KBError):
    """A request sends more than anything here can be."""

    def __init__(self, limit: int) -> None:
        super().__init__(say("This is more than {limit:.0f} MB. Send less at once.", limit=limit / 1e6))


class TooManyFilesError(KBError):
    """More files at once than are looked at together."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            say(
                "More than {limit} files at once are not taken here. Put them into the entries folder instead;"
                " they are taken in by themselves.",
                limit=limit,
            )
        )


class ReadOnlyError(KBError):
    """This server takes no entries."""

    def __init__(self) -> None:
        super().__init__(say("This server only reads. Write the files where the entries are kept."))


class ActivityUnavailableError(KBError):
    """What people do cannot be written down now."""

    def __init__(self, why: str) -> None:
        super().__init__(say("This could not be kept: the activity database cannot be written ({why}).", why=why))
        self.why = why


class ActivitySchemaError(KBError):
    """The activity database does not have the tables this version of the program works with."""

    def __init__(self, why: str) -> None:
        super().__init__(say("The activity database does not fit this version: {why}.", why=why))


class GapNotClosedError(KBError):
    """The entry does not answer what was searched for."""

    def __init__(self, query: str, place: int) -> None:
        super().__init__(
            say(
                "Searching for '{query}' again does not rank this entry among the first {place}."
                " Use the words people searched with, then try again.",
                query=query,
                place=place,
            )
        )


class BackupError(KBError):
    """A backup cannot be read or brought back."""

    def __init__(self, why: str) -> None:
        super().__init__(say("The backup was not restored: {why}.", why=why))
