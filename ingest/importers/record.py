"""One record of a CRM: what a row says in the fields of an entry, and what of it could not be understood."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ingest.fields import FieldError
from ingest.importers.profiles import Columns
from ingest.importers.table import Row
from ingest.parse import detect_language
from ingest.yaml_text import Plain
from kb.entry import Language
from kb.wording import say

T = TypeVar("T")
MAX_LINE = 500  # characters of a value in the front matter; what is longer belongs into the text
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
_NOTHING = ("null", "~")  # a reader of entries takes them for empty, too
_SEVERAL = re.compile(r"[;；、\r\n]+")


@dataclass(frozen=True, slots=True)
class Record:
    """What the CRM says of one deal or campaign."""

    row: int  # as a spreadsheet shows it
    kind: str  # deal or campaign
    crm_id: str
    name: str  # what the file is called after, before the id
    fields: dict[str, Plain]  # front matter in its order, without empty values
    body: str


@dataclass(slots=True)
class RowReader:
    """The cells of one row by field; collects what is wrong with them."""

    columns: Columns
    row: Row
    problems: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        """Return a cell as one line."""
        return " ".join(self.block(name).split())[:MAX_LINE]

    def block(self, name: str) -> str:
        """Return a cell with its lines."""
        place = self.columns.places.get(name)
        text = "" if place is None else clean(self.row.cells[place])
        return "" if text in _NOTHING else text

    def has(self, name: str) -> bool:
        """Whether there is a column for a field at all."""
        return name in self.columns.places

    def several(self, name: str) -> Plain:
        """Return the values of a cell that may hold several; one alone as text, unless that would read as two."""
        lines = (" ".join(part.split())[:MAX_LINE] for part in _SEVERAL.split(self.block(name)))
        parts = list(dict.fromkeys(line for line in lines if line not in ("", *_NOTHING)))
        if len(parts) == 1 and not re.search(r"[,，]", parts[0]):
            return parts[0]
        return [*parts]

    def read(self, name: str, convert: Callable[[str], T]) -> T | None:
        """Return the converted cell; None when it is empty or wrong, which is a problem of the row."""
        text = self.text(name)
        if not text:
            return None
        try:
            return convert(text)
        except FieldError as error:
            column = self.columns.used[name]
            self.problems.append(
                say("{column}: {what} The value was not imported.", column=column, what=error.sentence)
            )
            return None


def clean(text: str) -> str:
    """Return a text without signs that are none, with plain line breaks."""
    return _NOT_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def headers_language(headers: Sequence[str]) -> Language:
    """Return the language the columns are named in."""
    return detect_language(" ".join(headers))


def body_of(opening: str, parts: Sequence[tuple[str, str]]) -> str:
    """Return the text of a new entry: where it comes from, and what people wrote into the CRM below headings."""
    return "\n\n".join([opening, *(f"## {heading}\n{text}" for heading, text in parts if text)]) + "\n"
