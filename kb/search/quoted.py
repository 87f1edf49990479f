"""A quotation from an entry."""

from __future__ import annotations

from dataclasses import dataclass

from kb.entry import Entry
from kb.index.plain import plain


@dataclass(frozen=True, slots=True)
class Quote:
    """One or two sentences of an entry."""

    entry: Entry
    heading: str  # heading path
    start: int  # in the body of the entry, in characters
    end: int
    line: int  # of the file
    sureness: float  # of SURE; comparable between questions

    @property
    def text(self) -> str:
        """The part of the body, exactly as written."""
        return self.entry.body[self.start : self.end]

    @property
    def words(self) -> str:
        """The same without Markdown, as one line."""
        return plain(self.text)
