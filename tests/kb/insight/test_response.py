"""How campaigns were answered to, and whether the notes are like all deals."""

from __future__ import annotations

from typing import Any

import pytest

from kb.entry import Campaign, Entry, Variant
from kb.insight.coverage import coverage
from kb.insight.response import responses
from kb.playbook import ClosedDeals, Playbook
from tests.deals import deal, table_of


def _campaign(name: str, angles: tuple[str, ...], **fields: Any) -> Entry:
    return Entry(
        id=f"campaigns/{name}",
        path=f"campaigns/{name}.md",
        title=name,
        kind="campaign",
        body="",
        body_line=1,
        language="ja",
        content_hash="",
        angles=angles,
        campaign=Campaign(**fields),
    )


def test_arms_of_all_campaigns_are_summed() -> None:
    found = responses(
        [
            _campaign("a", ("peer",), variants=(Variant("peer", 300, 30), Variant("price", 300, 10))),
            _campaign("b", ("peer",), variants=(Variant("peer", 100, 20),)),
        ]
    )
    assert (found["peer"].shown, found["peer"].responded, found["peer"].campaigns) == (
        400,
        50,
        ("campaigns/a", "campaigns/b"),
    )
    assert found["peer"].low < found["peer"].rate < found["peer"].high
    assert found["price"].source == "variants"


def test_without_arms_leads_count_where_the_angle_stood_alone() -> None:
    metrics = {"impressions": 1_000, "leads": 20}
    alone, mixed = _campaign("a", ("peer",), metrics=metrics), _campaign("b", ("peer", "price"), metrics=metrics)
    found = responses([alone, mixed])
    assert set(found) == {"peer"} and (found["peer"].shown, found["peer"].source) == (1_000, "metrics")


def test_arms_say_more_than_metrics() -> None:
    arms = _campaign("a", ("peer",), variants=(Variant("peer", 10, 5),))
    alone = _campaign("b", ("peer",), metrics={"impressions": 1_000, "leads": 20})
    assert responses([arms, alone])["peer"].shown == 10


@pytest.mark.parametrize("metrics", [{}, {"leads": 5}, {"impressions": 3, "leads": 5}])
def test_numbers_that_cannot_be_are_left_out(metrics: dict[str, int]) -> None:
    assert responses([_campaign("a", ("peer",), metrics=metrics)]) == {}


def _noted(won: int, lost: int) -> list[Entry]:
    ends = ["won"] * won + ["lost"] * lost
    return [deal(f"d{n}", end, industries=("食品",)) for n, end in enumerate(ends)]


def test_losses_that_are_rarely_noted_are_a_warning() -> None:
    playbook = Playbook(closed_deals=(ClosedDeals("won", 10), ClosedDeals("lost", 20)))
    found = coverage(table_of(*_noted(9, 8)), playbook)
    assert [(row.outcome, row.closed, row.noted) for row in found.rows] == [("won", 10, 9), ("lost", 20, 8)]
    assert found.losses_under_recorded
    assert not coverage(table_of(*_noted(9, 17)), playbook).losses_under_recorded


def test_few_closed_deals_are_no_warning_and_no_totals_are_no_knowledge() -> None:
    few = Playbook(closed_deals=(ClosedDeals("won", 4), ClosedDeals("lost", 4)))
    assert not coverage(table_of(*_noted(4, 0)), few).losses_under_recorded
    assert coverage(table_of(*_noted(4, 4)), Playbook()).rows == ()


def test_totals_of_an_industry_and_a_period_count_their_own_deals() -> None:
    import datetime

    first, second = datetime.date(2026, 3, 1), datetime.date(2026, 9, 1)
    deals = [
        deal("a", "won", industries=("食品",), closed_on=first),
        deal("b", "won", industries=("食品",), closed_on=second),
        deal("c", "won", industries=("物流",), closed_on=first),
    ]
    totals = (ClosedDeals("won", 5, "食品", "2026-01-01", "2026-06-30"),)
    assert coverage(table_of(*deals), Playbook(closed_deals=totals)).rows[0].noted == 1
