"""Reasons by month, campaigns by stage, angles by industry: counting only."""

from __future__ import annotations

from datetime import date

import pytest

from kb.entry import Campaign, Entry, Reason
from kb.insight.overview import angles_by_industry, funnels, monthly_reasons
from tests.deals import deal, table_of


def test_reasons_are_counted_by_the_month_a_deal_was_closed_in() -> None:
    table = table_of(
        deal("a", "lost", reasons=(Reason("price"), Reason("price")), closed_on=date(2026, 1, 10)),
        deal("b", "lost", reasons=(Reason("price"),), closed_on=date(2026, 3, 10)),
        deal("c", "won", reasons=(Reason("pilot"),), closed_on=date(2026, 3, 1)),
        deal("d", "open", reasons=(Reason("price"),), closed_on=date(2026, 3, 1)),
        deal("e", "lost", reasons=(Reason("price"),)),
    )
    found = monthly_reasons(table, table.within(None))
    assert found.months == ("2026-01", "2026-02", "2026-03") and found.deals == (1, 2)
    assert [(r.code, r.outcome, r.counts) for r in found.reasons] == [
        ("price", "lost", (1, 0, 1)),
        ("pilot", "won", (0, 0, 1)),
    ]


def test_only_the_last_twelve_months_are_looked_at() -> None:
    old, new = (deal(str(d), "won", reasons=(Reason("x"),), closed_on=d) for d in (date(2020, 1, 1), date(2026, 3, 1)))
    table = table_of(old, new)
    found = monthly_reasons(table, table.within(None))
    assert len(found.months) == 12 and found.months[0] == "2025-04" and found.reasons[0].total == 1


def test_no_deals_have_no_months() -> None:
    table = table_of()
    assert monthly_reasons(table, table.within(None)).months == ()


@pytest.mark.parametrize(
    ("metrics", "counts"), [({"mql": 9, "won": 0}, (9, None, None, 0)), ({"mql": 9}, None), ({}, None)]
)
def test_campaigns_that_counted_two_stages_are_funnels(
    metrics: dict[str, int], counts: tuple[int | None, ...] | None
) -> None:
    entry = Entry("c", "c.md", "c", "campaign", "", 1, "ja", "", campaign=Campaign(metrics=metrics))
    assert [funnel.counts for funnel in funnels([entry])] == ([counts] if counts else [])


def test_an_angle_in_an_industry_counts_each_deal_once() -> None:
    deals = [deal(f"d{n}", "won" if n < 4 else "lost", angle=("peer",), industry=("食品", "物流")) for n in range(6)]
    table = table_of(*deals, deal("x", "no-decision", angle=("peer",), industry=("食品",)))
    cells = {c.industry: (c.won, c.decided, c.is_enough) for c in angles_by_industry(table, table.within(None))}
    assert cells == {"食品": (4, 6, True), "物流": (4, 6, True)}
    closed = {c.industry: c.decided for c in angles_by_industry(table, table.within(None), "closed")}
    assert closed == {"食品": 7, "物流": 6}
