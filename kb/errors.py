"""What can go wrong with a request, each as an exception that makes its own sentence and knows no HTTP."""

from __future__ import annotations


class KBError(Exception):
    """The base of every error this library raises on purpose."""


class EntryNotFoundError(KBError):
    """No entry has this id."""

    def __init__(self, entry_id: str) -> None:
        super().__init__(f"There is no entry with the id '{entry_id}'.")
        self.entry_id = entry_id


class QueryTooLongError(KBError):
    """The query is longer than anybody types."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(
            f"The query has {length:,} characters; the limit is {limit:,}. Shorten it to the key sentence."
        )


class BadFilterError(KBError):
    """A filter's value cannot be understood."""


class ModelUnavailableError(KBError):
    """The embedding model cannot be loaded."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The embedding model cannot be loaded: {why}.")


class IndexNotReadyError(KBError):
    """There is no complete index yet."""

    def __init__(self) -> None:
        super().__init__("There is no index yet. Run 'kb sync' to build it from the entries.")


class IndexBusyError(KBError):
    """Another process is writing to the index."""

    def __init__(self) -> None:
        super().__init__("Another process is writing to the index. Wait until it has finished and try again.")
