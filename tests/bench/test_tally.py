"""What a campaign counts as found late, and what an outage excuses."""

from __future__ import annotations

import pytest

from bench.tally import FROZEN, Outage, Tally, seconds_within

NEEDED = ("server-1", "postgresql")


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        ([], 0),
        ([(2, 4)], 2),
        ([(-5, 3), (8, 99)], 5),
        ([(1, 4), (2, 3), (3, 6)], 5),
        ([(6, 7), (1, 2)], 2),
        ([(11, 12), (-3, -1)], 0),
    ],
)
def test_the_time_in_which_something_was_down_counts_once(times: list[tuple[float, float]], seconds: float) -> None:
    assert seconds_within([Outage("server-1", *time) for time in times], 0, 10) == seconds


def test_only_what_a_save_needs_to_be_found_excuses_its_delay_and_everything_is_named() -> None:
    down = [
        Outage(f"server-1{FROZEN}", 1, 3),
        Outage("server-2", 4, 20),
        Outage("postgresql", 0, 5, lingers=9),
        Outage("model", -4, -1, lingers=2),
        Outage("chroma", -4, -1),
    ]
    tally = Tally(outages=down)
    tally.add_found("deals/a", "server-1", NEEDED, 0, 10)
    (found,) = tally.found
    assert (found.seconds, found.up) == (10, 5)
    assert found.down == (f"server-1{FROZEN}", "server-2", "postgresql", "model")


def test_a_save_that_is_made_while_others_may_still_wait_for_what_was_held_is_not_counted_as_undisturbed() -> None:
    tally = Tally(outages=[Outage("worker of server-1", 1, 1, lingers=10)])
    for saved in (5, 12):
        tally.add_found("deals/a", "server-1", NEEDED, saved, saved + 1)
    assert [bool(found.down) for found in tally.found] == [True, False]
