"""The report of an import or its preview, for people and machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ingest.importers.columns import Columns
from ingest.importers.leftovers import REASONS
from ingest.importers.record import Record, RowReader, clean
from ingest.yaml_text import Plain
from kb.fields import SEGMENTS
from kb.playbook import Playbook
from kb.wording import Sentence, say

MOST_ROWS = 10  # listed per kind of problem
SAMPLES = 3
EXAMPLES = 3
MOST_UNKNOWN = 200  # most frequent values; more come from a free text column


@dataclass(slots=True)
class ProblemGroup:
    """Problems of one kind: the message of the first, and their rows."""

    message: str
    count: int = 0
    rows: list[int] = field(default_factory=list)  # the first ones
    values: list[str] = field(default_factory=list)  # the distinct ones that were not read


@dataclass(slots=True)
class LeftOut:
    """Rows that are no records, of one kind, and their distinct texts."""

    reason: str
    count: int = 0
    values: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ColumnReading:
    """What a column is taken for, and how much of it was read."""

    header: str
    name: str = ""  # the field; empty: not used
    unit: str = ""  # of amounts, from the header or a title
    read: int = 0
    empty: int = 0
    failed: int = 0
    examples: list[str] = field(default_factory=list)
    place: int = 0  # from the left


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """A value that is not in the playbook, and the nearest one that is."""

    facet: str
    value: str
    count: int
    nearest: str | None


@dataclass(slots=True)
class Report:
    """The result of an import or its preview."""

    kind: str
    profile: str
    encoding: str
    separator: str
    columns: dict[str, str]  # field → header
    ignored: list[str]  # headers
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    left_out: int = 0  # rows that were not imported
    joined: int = 0  # further rows of a record
    written: int = 0
    is_complete: bool = True  # False: interrupted or failed
    failure: str = ""  # why writing stopped
    outcomes: dict[str, int] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)  # stage → outcome it counts as
    unknown_stages: dict[str, int] = field(default_factory=dict)  # stage → deals; they count as open
    totals: dict[str, int] = field(default_factory=dict)  # currency → sum of the amounts
    readings: list[ColumnReading] = field(default_factory=list)
    no_records: list[LeftOut] = field(default_factory=list)
    form: str = "text"  # of the file: text, workbook, xls or html
    sheets: list[str] = field(default_factory=list)  # that were read, if the file has some
    other_sheets: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[ProblemGroup] = field(default_factory=list)
    unknown: list[UnknownValue] = field(default_factory=list)
    samples: list[dict[str, Plain]] = field(default_factory=list)

    @property
    def problem_count(self) -> int:
        """The number of problems in all rows."""
        return sum(group.count for group in self.problems)


class Findings:
    """Collects problems and counts while the rows are read."""

    def __init__(self, report: Report, columns: Columns) -> None:
        self._report = report
        self._groups: dict[str, ProblemGroup] = {}
        self._outcomes: Counter[str] = Counter()
        self._totals: Counter[str] = Counter()
        self._values: Counter[tuple[str, str]] = Counter()
        self._left: dict[str, LeftOut] = {}
        fields = {place: name for name, place in columns.places.items()}
        self._readings = [
            ColumnReading(
                header, name := fields.get(at, ""), columns.units[name].name if name in columns.units else "", place=at
            )
            for at, header in enumerate(columns.headers)
        ]

    def wrong(self, row: int, message: str, sheet: str = "") -> None:
        """Add a problem of a row, grouped by kind."""
        if sheet:
            message = say("{column}: {what}", column=sheet, what=message)
        group = self._groups.setdefault(_pattern(message), ProblemGroup(message))
        group.count += 1
        if len(group.rows) < MOST_ROWS:
            group.rows.append(row)
        value = _value(message)
        if value and value not in group.values:
            group.values.append(value)

    def leave(self, reason: str, text: str) -> None:
        """Count a row that is no record."""
        left = self._left.setdefault(reason, LeftOut(reason))
        left.count += 1
        if text and text not in left.values:
            left.values.append(text)

    def read(self, cells: RowReader) -> None:
        """Count what was read of each column, and keep examples."""
        for reading, cell in zip(self._readings, cells.row.cells, strict=True):
            text = clean(cell)
            if not text:
                reading.empty += 1
            elif reading.name in cells.failed:
                reading.failed += 1
            else:
                reading.read += 1
                _keep_example(reading, text, cells.meanings.get(reading.name, ""))

    def see(self, record: Record) -> None:
        """Count the values of a record."""
        if len(self._report.samples) < SAMPLES:
            said = record.body.partition("\n\n")[2].strip()  # without the sentence on its origin
            self._report.samples.append({**record.fields, **({"body": said} if said else {})})
        if record.kind == "deal":
            self._outcomes[str(record.fields.get("outcome", ""))] += 1
            if amount := record.fields.get("amount"):
                self._totals[str(record.fields.get("currency") or "JPY")] += int(str(amount))
        for name in SEGMENTS:
            value = record.fields.get(name, [])
            self._values.update((name, str(v)) for v in (value if isinstance(value, list) else [value]))

    def close(self, playbook: Playbook, notes: Iterable[str]) -> None:
        """Write the findings to the report."""
        self._report.problems = sorted(self._groups.values(), key=lambda group: -group.count)
        self._report.outcomes = dict(self._outcomes.most_common())
        self._report.totals = dict(self._totals.most_common())
        self._report.readings = [reading for reading in self._readings if reading.header or reading.read]
        self._report.no_records = [self._left[reason] for reason in REASONS if reason in self._left]
        self._report.unknown = list(_unknown(self._values, playbook))
        self._report.notes += notes


def _unknown(values: Mapping[tuple[str, str], int], playbook: Playbook) -> Iterable[UnknownValue]:
    left = MOST_UNKNOWN
    for (facet, value), count in sorted(values.items(), key=lambda item: -item[1]):
        words = playbook.vocabulary(facet)
        if words and value and words.find(value) is None:
            if left == 0:
                return
            left -= 1
            yield UnknownValue(facet, value, count, words.nearest(value))


def _pattern(message: str) -> str:
    """Return the key problems are grouped by: the message pattern and the column, without values."""
    if not isinstance(message, Sentence):
        return message
    inner = [_pattern(value) for value in message.values.values() if isinstance(value, Sentence)]
    return "|".join([message.pattern, str(message.values.get("column", "")), *inner])


def _value(message: str) -> str:
    """Return the value a problem is about."""
    if not isinstance(message, Sentence):
        return ""
    inner = (_value(what) for what in message.values.values() if isinstance(what, Sentence))
    return str(message.values.get("value", "")) or next(filter(None, inner), "")


def _keep_example(reading: ColumnReading, text: str, meaning: str) -> None:
    if len(reading.examples) == EXAMPLES:
        return
    line = " ".join(text.split())[:40]
    example = f"{line} → {meaning}" if meaning and meaning != line.replace(",", "") else line
    if example not in reading.examples:
        reading.examples.append(example)
