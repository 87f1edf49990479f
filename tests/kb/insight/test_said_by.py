"""Reasons by who gave them, and by stage."""

from __future__ import annotations

import pytest

from kb.entry import Entry, Reason
from kb.insight.said_by import SaidBy, SaidReason, reason_stages, said_by
from tests.deals import deal, table_of


def _said(*deals: Entry) -> SaidBy:
    table = table_of(*deals)
    return said_by(table, table.within(None))


def _row(found: SaidBy, code: str, speaker: str, outcome: str = "lost") -> SaidReason:
    return next(r for r in found.rows if (r.outcome, r.code, r.speaker) == (outcome, code, speaker))


def test_each_side_is_a_share_of_the_deals_it_spoke_about() -> None:
    told = (Reason("price", "buyer"), Reason("price", "buyer", "twice"), Reason("features", "rep"))
    deals = [deal(f"a{n}", "lost", reasons=told) for n in range(4)]
    deals += [deal("b", "lost", reasons=(Reason("features", "buyer"),)), deal("c", "lost")]
    found = _said(*deals)
    price = _row(found, "price", "buyer")
    assert (price.count, price.of, price.is_enough) == (4, 5, True)
    assert price.mean == pytest.approx(4 / 5)
    rep = _row(found, "features", "rep")
    assert (rep.count, rep.of, rep.is_enough) == (4, 4, False)
    assert (_row(found, "price", "manager").count, _row(found, "price", "manager").of) == (0, 0)
    assert found.without == (("lost", 1, 6), ("won", 0, 0))


def test_a_reason_from_the_crm_or_without_a_source_is_nobodys() -> None:
    found = _said(deal("a", "lost", reasons=(Reason("price", "crm"),)), deal("b", "lost", reasons=(Reason("price"),)))
    assert (_row(found, "price", "unnamed").count, _row(found, "price", "unnamed").of) == (2, 2)


def test_customers_and_reps_agree_where_they_share_a_reason() -> None:
    sides = [("price", "price"), ("price", "features"), ("price", "price")]
    deals = [
        deal(f"d{n}", "lost", reasons=(Reason(buyer, "buyer"), Reason(rep, "rep")))
        for n, (buyer, rep) in enumerate(sides)
    ]
    lost, won = _said(*deals, deal("alone", "lost", reasons=(Reason("price", "rep"),))).agreed
    assert (lost.both, lost.same, won.both) == (3, 2, 0)


def test_won_and_lost_deals_are_apart_and_others_are_in_neither() -> None:
    deals = [deal(end, end, reasons=(Reason("price", "rep"),)) for end in ("won", "lost", "no-decision", "open")]
    found = _said(*deals)
    assert [(row.outcome, row.count) for row in found.rows if row.speaker == "rep"] == [("lost", 1), ("won", 1)]


def test_lost_deals_are_counted_by_reason_and_stage_in_any_spelling() -> None:
    price = (Reason("price", "rep"), Reason("price", "buyer"))
    deals = [
        deal("a", "lost", stage="提案", reasons=price), deal("b", "lost", stage=" 提案 ", reasons=price),
        deal("c", "lost", stage="稟議", reasons=(Reason("price"), Reason("features"))),
        deal("d", "lost", reasons=price), deal("e", "lost", stage="提案"),
        deal("f", "won", stage="提案", reasons=price),
    ]  # fmt: skip
    table = table_of(*deals)
    found = reason_stages(table, table.within(None))
    assert [(row.code, row.stage, row.count) for row in found.rows] == [
        ("price", "提案", 2), ("price", "稟議", 1), ("features", "稟議", 1),
    ]  # fmt: skip
    assert (found.lost, found.without_stage, found.without_reason) == (5, 1, 1)
