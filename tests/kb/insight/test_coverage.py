"""Whether the notes are like all closed deals."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.entry import Entry
from kb.insight.coverage import Coverage, coverage
from kb.playbook import ClosedDeals, Playbook
from tests.deals import deal, table_of

MARCH, SEPTEMBER = datetime.date(2026, 3, 1), datetime.date(2026, 9, 1)


def _noted(won: int, lost: int, industry: str = "食品", day: datetime.date | None = None) -> list[Entry]:
    ends = ["won"] * won + ["lost"] * lost
    names = [f"{industry}-{day}-{number}" for number in range(len(ends))]
    return [deal(n, end, industry=(industry,), closed_on=day) for n, end in zip(names, ends, strict=True)]


def _covered(deals: list[Entry], *totals: ClosedDeals) -> Coverage:
    return coverage(table_of(*deals), Playbook(closed_deals=totals))


def test_the_share_is_of_the_closed_deals_that_have_a_note() -> None:
    found = _covered(_noted(9, 8), ClosedDeals("won", 10), ClosedDeals("lost", 20))
    assert [(row.outcome, row.closed, row.noted, row.share) for row in found.rows] == [
        ("won", 10, 9, 0.9),
        ("lost", 20, 8, 0.4),
    ]


@pytest.mark.parametrize(("closed", "share"), [(3, 1.0), (0, 0.0)])
def test_a_share_is_never_more_than_all(closed: int, share: float) -> None:
    assert _covered(_noted(4, 0), ClosedDeals("won", closed)).rows[0].share == share


@pytest.mark.parametrize(
    ("won", "lost", "is_warning"),
    [(10, 7, True), (10, 8, False), (5, 4, False), (5, 3, True), (2, 9, False), (0, 0, False), (1, 0, True)],
)
def test_losses_noted_less_than_four_fifths_as_often_as_wins_are_a_warning(
    won: int, lost: int, is_warning: bool
) -> None:
    found = _covered(_noted(won, lost), ClosedDeals("won", 10), ClosedDeals("lost", 10))
    assert found.losses_under_recorded is is_warning


@pytest.mark.parametrize(("won", "lost"), [(4, 50), (50, 4)])
def test_fewer_than_five_closed_deals_of_either_outcome_are_no_warning(won: int, lost: int) -> None:
    found = _covered(_noted(won, 0), ClosedDeals("won", won), ClosedDeals("lost", lost))
    assert not found.losses_under_recorded


def test_without_totals_nothing_is_known() -> None:
    assert _covered(_noted(9, 0)) == Coverage()


def test_totals_of_wins_alone_are_no_warning() -> None:
    assert not _covered(_noted(9, 0), ClosedDeals("won", 10)).losses_under_recorded


def test_no_decision_has_its_share_and_causes_no_warning() -> None:
    found = _covered([deal("a", "no-decision")], ClosedDeals("no-decision", 10))
    assert (found.rows[0].noted, found.losses_under_recorded) == (1, False)


def test_an_industry_is_warned_of_by_itself() -> None:
    deals = [*_noted(9, 2, "食品"), *_noted(9, 9, "物流")]
    totals = [ClosedDeals(end, 10, industry) for industry in ("食品", "物流") for end in ("won", "lost")]
    assert _covered(deals, *totals).segments == ("食品",)


def test_totals_of_all_industries_stand_above_those_of_single_ones() -> None:
    deals = [*_noted(9, 2, "食品"), *_noted(9, 9, "物流")]
    whole = (ClosedDeals("won", 20), ClosedDeals("lost", 12))
    parts = [ClosedDeals(end, 10, "食品") for end in ("won", "lost")]
    found = _covered(deals, *whole, *parts)
    assert not found.losses_under_recorded and found.segments == ("食品",)


def test_without_totals_of_all_the_industries_are_summed() -> None:
    deals = [*_noted(9, 2, "食品"), *_noted(9, 4, "物流")]
    totals = [ClosedDeals(end, 10, industry) for industry in ("食品", "物流") for end in ("won", "lost")]
    assert _covered(deals, *totals).losses_under_recorded


def test_totals_count_the_deals_of_their_industry_and_period() -> None:
    deals = [*_noted(1, 0, "食品", MARCH), *_noted(1, 0, "食品", SEPTEMBER), *_noted(1, 0, "物流", MARCH)]
    total = ClosedDeals("won", 5, "食品", "2026-01-01", "2026-06-30")
    assert _covered(deals, total).rows[0].noted == 1


@pytest.mark.parametrize(
    ("date_from", "date_to", "noted"),
    [
        ("2026-03-01", "2026-09-01", 2),
        ("2026-03-02", "", 1),
        ("", "2026-08-31", 1),
        ("2026-03-02", "2026-08-31", 0),
        ("", "", 3),
    ],
)
def test_both_ends_of_a_period_belong_to_it_and_deals_without_a_day_to_none(
    date_from: str, date_to: str, noted: int
) -> None:
    deals = [*_noted(1, 0, day=MARCH), *_noted(1, 0, day=SEPTEMBER), *_noted(1, 0, day=None)]
    assert _covered(deals, ClosedDeals("won", 5, "", date_from, date_to)).rows[0].noted == noted


def test_an_industry_with_totals_by_half_year_is_judged_over_all_of_them() -> None:
    deals = [*_noted(9, 9, "食品", MARCH), *_noted(9, 1, "食品", SEPTEMBER)]
    halves = [("2026-01-01", "2026-06-30"), ("2026-07-01", "2026-12-31")]
    totals = [ClosedDeals(end, 10, "食品", *half) for half in halves for end in ("won", "lost")]
    assert _covered(deals, *totals).segments == ("食品",)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(5, 40), st.integers(5, 40))
def test_another_noted_loss_never_causes_a_warning(won: int, lost: int, closed_won: int, closed_lost: int) -> None:
    totals = (ClosedDeals("won", closed_won), ClosedDeals("lost", closed_lost))
    less, more = _covered(_noted(won, lost), *totals), _covered(_noted(won, lost + 1), *totals)
    assert less.losses_under_recorded or not more.losses_under_recorded


def test_the_sum_of_all_industries_is_what_a_warning_names() -> None:
    totals = [ClosedDeals(end, 10, "食品") for end in ("won", "lost")] + [ClosedDeals("lost", 30)]
    whole = {row.outcome: (row.noted, row.closed) for row in _covered(_noted(9, 6), *totals).whole}
    assert whole == {"won": (9, 10), "lost": (6, 30)}


def test_wins_noted_far_less_often_than_losses_are_a_warning_as_well() -> None:
    totals = [ClosedDeals(end, 10, "食品") for end in ("won", "lost")]
    found = _covered(_noted(5, 9), *totals)
    assert (found.wins_under_recorded, found.segments_without_wins) == (True, ("食品",))
    assert (found.losses_under_recorded, found.segments) == (False, ())
    assert not _covered(_noted(8, 9), *totals).wins_under_recorded
