"""What a view of the scoreboard shows."""

from __future__ import annotations

from dataclasses import dataclass

from app.charts.drawings import Drawing


@dataclass(frozen=True, slots=True)
class Side:
    """The reasons of one outcome in a column of bars for each side that gave some."""

    outcome: str
    label: str
    agreed: str
    columns: tuple[tuple[str, tuple[tuple[str, str, float], ...]], ...]  # heading; name, words, length of 100


@dataclass(frozen=True, slots=True)
class Panel:
    """A view: what it finds, its picture and its table, and what it cannot say."""

    heading: str
    finding: str
    limit: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()  # as many cells as columns
    texts: int = 1  # how many of the columns are words
    picture: Drawing | None = None
    caption: str = ""
    notes: tuple[str, ...] = ()
    sides: tuple[Side, ...] = ()
    empty: str = ""  # what to record, where there is nothing to show
