"""A quotation from an entry."""

from __future__ import annotations

from dataclasses import dataclass

from kb.entry import Entry
from kb.index.plain import plain
from kb.index.tables import heads_above, row_in_words


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
        """The same to read, as one line: without Markdown, and each cell of a table after the head of its column."""
        if self.text.startswith("|"):
            return row_in_words(self.text, heads_above(self.entry.body, self.start))
        return plain(self.text)
