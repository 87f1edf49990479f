"""What an import would do or has done, for people and machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ingest.importers.record import Record
from ingest.yaml_text import Plain
from kb.fields import SEGMENTS
from kb.playbook import Playbook
from kb.wording import Sentence

MOST_ROWS = 10  # named with one kind of problem
SAMPLES = 3
MOST_UNKNOWN = 200  # values, the most frequent ones; more are a column of free text


@dataclass(slots=True)
class ProblemGroup:
    """Problems of one kind: the first in words, and the rows they are in."""

    message: str
    count: int = 0
    rows: list[int] = field(default_factory=list)  # the first ones


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """A value the playbook does not know, and what is nearest to it there."""

    facet: str
    value: str
    count: int
    nearest: str | None


@dataclass(slots=True)
class Report:
    """What an import would do or has done."""

    kind: str
    profile: str
    encoding: str
    separator: str
    columns: dict[str, str]  # field → header
    ignored: list[str]  # headers
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    left_out: int = 0  # rows with an id that could not be taken in
    written: int = 0
    is_complete: bool = True  # False: interrupted or failed
    failure: str = ""  # why nothing more could be written
    outcomes: dict[str, int] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)  # stage → outcome it counts as
    notes: list[str] = field(default_factory=list)
    problems: list[ProblemGroup] = field(default_factory=list)
    unknown: list[UnknownValue] = field(default_factory=list)
    samples: list[dict[str, Plain]] = field(default_factory=list)

    @property
    def problem_count(self) -> int:
        """How many problems there are in all rows."""
        return sum(group.count for group in self.problems)


class Findings:
    """Collects what is found in the rows on the way through them."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._groups: dict[str, ProblemGroup] = {}
        self._outcomes: Counter[str] = Counter()
        self._values: Counter[tuple[str, str]] = Counter()

    def wrong(self, row: int, message: str) -> None:
        """Keep a problem of a row, with others of its kind."""
        group = self._groups.setdefault(_pattern(message), ProblemGroup(message))
        group.count += 1
        if len(group.rows) < MOST_ROWS:
            group.rows.append(row)

    def see(self, record: Record) -> None:
        """Count what a record says."""
        if len(self._report.samples) < SAMPLES:
            self._report.samples.append(record.fields)
        if record.kind == "deal":
            self._outcomes[str(record.fields.get("outcome", ""))] += 1
        for name in SEGMENTS:
            value = record.fields.get(name, [])
            self._values.update((name, str(v)) for v in (value if isinstance(value, list) else [value]))

    def close(self, playbook: Playbook, notes: Iterable[str]) -> None:
        """Write what was found into the report."""
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
    """Return what problems of one kind have in common: their pattern with the column, without the value."""
    if not isinstance(message, Sentence):
        return message
    inner = [_pattern(value) for value in message.values.values() if isinstance(value, Sentence)]
    return "|".join([message.pattern, str(message.values.get("column", "")), *inner])
