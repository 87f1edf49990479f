"""The first pass over a table: where its records end, how days are written, which rows are lines of one deal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ingest.importers.columns import Columns
from ingest.importers.days import DayOrders, Reading
from ingest.importers.identity import key_of, made_id, whole_id
from ingest.importers.leftovers import Leftovers
from ingest.importers.record import RowReader
from ingest.importers.table import Row, RowProblem, Table

DAYS = ("closed_on", "lost_on", "started_on", "starts_on", "ends_on")
_OF_A_LINE = frozenset(
    {"product", "amount", "expected_amount", "unit", "row_start"}
)  # fields in which the lines of one deal may differ


@dataclass(slots=True)
class Lines:
    """The rows of one record: the first one, and the products of all."""

    place: int  # of the first row in the table
    row: int  # its number in a spreadsheet
    cells: Mapping[str, int]  # field → hash of its cell in the first row; 0 if empty
    products: list[str] = field(default_factory=list)
    amounts: list[str] = field(default_factory=list)  # the distinct ones
    joined: set[int] = field(default_factory=set)  # places of further rows

    def is_line(self, cells: Mapping[str, int]) -> bool:
        """Whether another row with the same id is a further line: only its product differs, and with it its amount."""
        differing = {name for name, cell in cells.items() if cell and self.cells[name] and cell != self.cells[name]}
        return differing <= _OF_A_LINE and ("product" in differing or bool(self.joined))


@dataclass(slots=True)
class Scan:
    """What the whole table says about its rows."""

    table: Table
    columns: Columns
    rows: int = 0
    readings: Mapping[str, Reading] = field(default_factory=dict)  # by date column
    lines: dict[str, Lines] = field(default_factory=dict)  # by the key of the id
    leftovers: Leftovers = field(init=False)

    def __post_init__(self) -> None:
        self.leftovers = Leftovers(self.table.headers, self.columns.places.get("crm_id"))

    def run(self) -> None:
        """Read the table once. Raises ImportRefusedError."""
        orders = DayOrders()
        days = {self.columns.used[name]: self.columns.places[name] for name in DAYS if name in self.columns.places}
        for place, row in self.numbered():
            self.rows += 1
            if isinstance(row, Row):
                self.leftovers.see(place, row)
                for header, at in days.items():
                    orders.see(header, row.cells[at])
        self.readings = dict(orders.readings(self.columns.profile.dates))
        self._join()

    def numbered(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """Yield all rows with their place, blank ones too."""
        return enumerate(self.table.rows(with_blank=True))

    def id_of(self, row: Row) -> str:
        """Return the id of a row; empty if it has none. Raises FieldError if Excel damaged it."""
        cells = RowReader(self.columns, row)
        if self.columns.profile.id_from:
            return made_id(cells.text(name) for name in self.columns.profile.id_from)
        return whole_id(cells.text("crm_id"))

    def is_inner(self, row: Row) -> bool:
        """Whether a row is a further line of a table inside the record above it."""
        cells = RowReader(self.columns, row)
        return cells.has("row_start") and not cells.text("row_start")

    def _join(self) -> None:
        """Collect the products of the rows of each record."""
        last = ""
        for place, row in self.numbered():
            if not isinstance(row, Row) or self.leftovers.reason(place, row):
                continue
            key, cells = self._key(row) or (last if self.is_inner(row) else ""), self._cells(row)
            if not key:
                continue
            last, known = key, self.lines.get(key)
            if known is None:
                known = self.lines[key] = Lines(place, row.number, cells)
            elif self.is_inner(row) or known.is_line(cells):
                known.joined.add(place)
            else:
                continue
            reader = RowReader(self.columns, row)
            known.products += filter(None, [reader.block("product")])
            amount = "" if self.is_inner(row) else reader.text("amount")
            known.amounts += [amount] if amount and amount not in known.amounts else []

    def _key(self, row: Row) -> str:
        try:
            return key_of(self.id_of(row))
        except ValueError:
            return ""

    def _cells(self, row: Row) -> dict[str, int]:
        cells = RowReader(self.columns, row)
        texts = {name: cells.block(name) for name in self.columns.places if name != "crm_id"}
        return {name: hash(text) if text else 0 for name, text in texts.items()}
