"""The clock: one moment, told in UTC and as the day of this machine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from kb.clock import CLOCK, Clock

TOKYO = timezone(timedelta(hours=9))


def test_a_moment_of_any_time_zone_is_told_in_utc() -> None:
    clock = Clock(lambda: datetime(2026, 11, 27, 8, 30, tzinfo=TOKYO))
    assert clock.now().isoformat() == "2026-11-26T23:30:00+00:00"


def test_the_day_is_that_of_the_same_moment_where_the_machine_stands() -> None:
    moment = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    assert Clock(lambda: moment).today() == moment.astimezone().date()
    assert isinstance(CLOCK.today(), date) and CLOCK.now().tzinfo is UTC
