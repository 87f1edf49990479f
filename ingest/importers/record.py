"""One CRM record: the entry fields of a row, and the problems of its cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ingest.fields import FieldError
from ingest.importers.columns import Columns
from ingest.importers.table import Row
from ingest.importers.units import Unit, amount_in, unit_of
from ingest.parse import detect_language
from ingest.yaml_text import Plain
from kb.entry import Language
from kb.money import Money
from kb.wording import say

T = TypeVar("T")
MAX_LINE = 500  # characters of a front matter value; longer text belongs in the body
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
_EMPTY = ("null", "~")  # the entry parser treats them as empty, too
_SEVERAL = re.compile(r"[;；、\r\n]+")


@dataclass(frozen=True, slots=True)
class Record:
    """One deal or campaign from a CRM."""

    row: int  # number in a spreadsheet
    kind: str  # deal or campaign
    crm_id: str
    name: str  # start of the file name, before the id
    fields: dict[str, Plain]  # front matter in order, without empty values
    body: str


@dataclass(slots=True)
class RowReader:
    """The cells of one row by field; collects their problems."""

    columns: Columns
    row: Row
    known: Mapping[str, str] = field(default_factory=dict)  # fields that were read from more than this row
    problems: list[str] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)  # fields whose cell was not read
    meanings: dict[str, str] = field(default_factory=dict)  # field → what its cell was read as

    def text(self, name: str) -> str:
        """Return a cell as one line."""
        return " ".join(self.block(name).split())[:MAX_LINE]

    def block(self, name: str) -> str:
        """Return a cell with its line breaks."""
        if name in self.known:
            return self.known[name]
        place = self.columns.places.get(name)
        text = "" if place is None else clean(self.row.cells[place])
        return "" if text in _EMPTY else text

    def has(self, name: str) -> bool:
        """Whether there is a column for a field."""
        return name in self.columns.places

    def several(self, name: str) -> Plain:
        """Return the values of a multi-value cell; a single one as text, unless it contains a comma."""
        lines = (" ".join(part.split())[:MAX_LINE] for part in _SEVERAL.split(self.block(name)))
        parts = list(dict.fromkeys(line for line in lines if line not in ("", *_EMPTY)))
        if len(parts) == 1 and not re.search(r"[,，]", parts[0]):
            return parts[0]
        return [*parts]

    def read(self, name: str, convert: Callable[[str], T]) -> T | None:
        """Return the converted cell; None if it is empty or invalid, the latter with a problem."""
        text = self.text(name)
        if not text:
            return None
        try:
            value = convert(text)
        except FieldError as error:
            column = self.columns.used[name]
            self.failed.add(name)
            self.problems.append(
                say("{column}: {what} The value was not imported.", column=column, what=error.sentence)
            )
            return None
        self.meanings[name] = " ".join(map(str, filter(None, value))) if isinstance(value, tuple) else str(value)
        return value

    def money(self, name: str) -> Money | None:
        """Return an amount in the unit that its own row, its header or the title of the table names."""
        unit = self.columns.units.get(name, Unit())
        named = self.text("unit") if name in ("amount", "expected_amount") else ""
        if named:
            unit = unit_of(named) or unit
            if not unit_of(named):
                self.failed.add("unit")
                self.problems.append(
                    say("'{value}' is not a unit of money; the amount was read as it is.", value=named)
                )
        return self.read(name, lambda text: amount_in(text, unit))


def clean(text: str) -> str:
    """Return a text without control characters, with LF line breaks."""
    return _NOT_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def headers_language(headers: Sequence[str]) -> Language:
    """Return the language of the column headers."""
    return detect_language(" ".join(headers))


def body_of(opening: str, parts: Sequence[tuple[str, str]]) -> str:
    """Return the body of a new entry: its origin, then the free text from the CRM under headings."""
    return "\n\n".join([opening, *(f"## {heading}\n{text}" for heading, text in parts if text)]) + "\n"
