"""Win rates by start month and closing quarter."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kb.entry import Entry
from kb.insight.scoreboard import Counts
from kb.insight.timeline import MOST_PERIODS, Timeline, TimelineBy, started_on, timeline
from tests.deals import deal, table_of

TODAY = date(2026, 8, 10)


def _timeline(by: TimelineBy, *deals: Entry, **options: Any) -> Timeline:
    table = table_of(*deals)
    return timeline(table, table.within(None), by, TODAY, **options)


def test_a_deal_began_on_its_day_or_its_cycle_before_it_closed() -> None:
    closed = date(2026, 3, 10)
    assert started_on(deal("a", "won", started_on=date(2026, 1, 5), closed_on=closed, cycle_days=9)) == date(2026, 1, 5)
    assert started_on(deal("b", "won", closed_on=closed, cycle_days=9)) == date(2026, 3, 1)
    assert started_on(deal("c", "won", closed_on=closed)) is None
    assert started_on(deal("d", "won", closed_on=closed, cycle_days=10**9)) is None


def test_a_start_month_shows_what_became_of_its_deals_and_how_many_are_open() -> None:
    june = [deal(f"j{n}", end, started_on=date(2026, 6, n)) for n, end in enumerate(
        ["won", "won", "won", "lost", "lost", "no-decision", "open", "open"], start=1)]  # fmt: skip
    found = _timeline("started", *june, deal("aug", "open", started_on=date(2026, 8, 1)), deal("none", "won"))
    assert [row.period for row in found.rows] == ["2026-06", "2026-07", "2026-08"]
    first, between, last = found.rows
    assert first.counts == Counts(won=3, lost=2, no_decision=1, open=2)
    assert first.mean == pytest.approx(3 / 5) and first.is_enough and not first.is_running
    assert between.counts == Counts(0, 0, 0, 0) and not between.is_enough
    assert last.counts.open == 1 and last.is_running
    assert found.undated == 1 and found.base.counts == Counts(3, 2, 1, 3)


def test_no_decision_counts_against_a_period_only_among_closed_deals() -> None:
    deals = [deal(f"d{n}", end, started_on=date(2026, 6, 1)) for n, end in enumerate(["won"] * 4 + ["no-decision"])]
    decided, closed = _timeline("started", *deals), _timeline("started", *deals, outcome_of="closed")
    assert not decided.rows[0].is_enough and closed.rows[0].is_enough
    assert closed.rows[0].mean == pytest.approx(4 / 5)


def test_quarters_count_closed_deals_by_the_day_they_closed() -> None:
    days = {"a": date(2025, 12, 31), "b": date(2026, 1, 1), "c": date(2026, 3, 31), "d": date(2026, 7, 1)}
    deals = [deal(name, "won" if name in "ab" else "lost", closed_on=day) for name, day in days.items()]
    found = _timeline("closed", *deals, deal("open", "open", started_on=date(2026, 1, 1)), deal("undated", "lost"))
    assert [(row.period, row.counts.won, row.counts.lost) for row in found.rows] == [
        ("2025-Q4", 1, 0), ("2026-Q1", 1, 1), ("2026-Q2", 0, 0), ("2026-Q3", 0, 1),
    ]  # fmt: skip
    assert [row.is_running for row in found.rows] == [False, False, False, True]
    assert found.undated == 1 and found.base.counts.open == 0


def test_only_the_newest_periods_are_shown_and_the_base_is_theirs() -> None:
    deals = [deal(f"q{n}", "won", closed_on=date(2022 + n // 4, n % 4 * 3 + 1, 1)) for n in range(16)]
    found = _timeline("closed", *deals)
    assert len(found.rows) == MOST_PERIODS and found.rows[-1].period == "2025-Q4"
    assert found.earlier == 4 and found.base.counts.won == MOST_PERIODS


def test_without_dated_deals_there_are_no_periods() -> None:
    assert _timeline("started", deal("a", "won")).rows == () == _timeline("closed").rows
