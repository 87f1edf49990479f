"""What the win rate would be with the deals nobody wrote down."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.entry import Entry
from kb.insight.correction import CorrectedRate, corrected_rate, weights_of
from kb.insight.coverage import coverage
from kb.insight.deals import DealTable
from kb.playbook import ClosedDeals, Playbook
from tests.deals import deal, table_of


def noted(won: int, lost: int, industry: str = "食品") -> list[Entry]:
    ends = ["won"] * won + ["lost"] * lost
    return [deal(f"{industry}{number}", end, industry=(industry,)) for number, end in enumerate(ends)]


def weighed(table: DealTable, *totals: ClosedDeals) -> list[float]:
    return weights_of(table, coverage(table, Playbook(closed_deals=totals))).tolist()


def corrected(deals: list[Entry], *totals: ClosedDeals, industry: str = "") -> CorrectedRate | None:
    table = table_of(*deals)
    within = np.array([not industry or industry in entry.industry for entry in table.deals], np.bool_)
    return corrected_rate(table.outcomes, np.array(weighed(table, *totals)), within)


def test_twenty_wins_of_22_and_16_losses_of_31_are_42_percent_not_55() -> None:
    rate = corrected(noted(20, 16), ClosedDeals("won", 22), ClosedDeals("lost", 31))
    assert rate is not None and rate.mean == pytest.approx(22 / 53)
    assert rate.low < 0.35 and 0.5 < rate.high < 0.56


def test_without_the_total_of_one_side_or_without_its_notes_nothing_is_corrected() -> None:
    assert corrected(noted(20, 16), ClosedDeals("won", 22)) is None
    assert corrected(noted(20, 0), ClosedDeals("won", 22), ClosedDeals("lost", 31)) is None
    assert corrected(noted(20, 16)) is None


def test_where_every_deal_has_a_note_there_is_nothing_to_correct() -> None:
    assert corrected(noted(20, 16), ClosedDeals("won", 20), ClosedDeals("lost", 16)) is None
    assert corrected([], ClosedDeals("won", 20), ClosedDeals("lost", 16)) is None


def test_an_industry_with_totals_has_its_own_weights_and_the_others_share_the_rest() -> None:
    table = table_of(*noted(0, 5, "食品"), *noted(0, 10, "物流"))
    own = weighed(table, ClosedDeals("lost", 40), ClosedDeals("lost", 20, "食品"))
    assert own == [4.0] * 5 + [2.0] * 10
    few = table_of(*noted(0, 4, "食品"), *noted(0, 10, "物流"))
    assert weighed(few, ClosedDeals("lost", 28), ClosedDeals("lost", 20, "食品")) == [2.0] * 14, (
        "four notes are too few"
    )


def test_more_notes_than_closed_deals_take_nothing_away() -> None:
    assert weighed(table_of(*noted(6, 0)), ClosedDeals("won", 3)) == [1.0] * 6


def test_an_industry_without_losses_keeps_room_for_them() -> None:
    deals = [*noted(6, 0, "物流"), *noted(6, 6, "食品")]
    rate = corrected(deals, ClosedDeals("won", 12), ClosedDeals("lost", 12), industry="物流")
    assert rate is not None and rate.mean == 1.0 and rate.low < 0.8


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(0, 40))
def test_what_is_corrected_is_the_share_of_the_totals(won: int, lost: int, more: int, others: int) -> None:
    rate = corrected(noted(won, lost), ClosedDeals("won", won + more), ClosedDeals("lost", lost + others))
    assert rate is not None and rate.mean == pytest.approx((won + more) / (won + more + lost + others))
    assert 0 < rate.low < rate.mean < rate.high < 1
