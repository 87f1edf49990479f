"""The report of an import or its preview, for people and machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ingest.importers.record import Record
from ingest.yaml_text import Plain
from kb.fields import SEGMENTS
from kb.playbook import Playbook
from kb.wording import Sentence

MOST_ROWS = 10  # listed per kind of problem
SAMPLES = 3
MOST_UNKNOWN = 200  # most frequent values; more come from a free text column


@dataclass(slots=True)
class ProblemGroup:
    """Problems of one kind: the message of the first, and their rows."""

    message: str
    count: int = 0
    rows: list[int] = field(default_factory=list)  # the first ones


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
    written: int = 0
    is_complete: bool = True  # False: interrupted or failed
    failure: str = ""  # why writing stopped
    outcomes: dict[str, int] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)  # stage → outcome it counts as
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

    def __init__(self, report: Report) -> None:
        self._report = report
        self._groups: dict[str, ProblemGroup] = {}
        self._outcomes: Counter[str] = Counter()
        self._values: Counter[tuple[str, str]] = Counter()

    def wrong(self, row: int, message: str) -> None:
        """Add a problem of a row, grouped by kind."""
        group = self._groups.setdefault(_pattern(message), ProblemGroup(message))
        group.count += 1
        if len(group.rows) < MOST_ROWS:
            group.rows.append(row)

    def see(self, record: Record) -> None:
        """Count the values of a record."""
        if len(self._report.samples) < SAMPLES:
            self._report.samples.append(record.fields)
        if record.kind == "deal":
            self._outcomes[str(record.fields.get("outcome", ""))] += 1
        for name in SEGMENTS:
            value = record.fields.get(name, [])
            self._values.update((name, str(v)) for v in (value if isinstance(value, list) else [value]))

    def close(self, playbook: Playbook, notes: Iterable[str]) -> None:
        """Write the findings to the report."""
        self._report.problems = sorted(self._groups.values(), key=lambda group: -group.count)
        self._report.outcomes = dict(self._outcomes.most_common())
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
