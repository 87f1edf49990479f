"""The rules of the playbook decide who may not read what of a deal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from kb.entry import Entry, owner_key
from kb.masking import masks_for, rules_for
from kb.playbook import MaskingRule, Playbook
from kb.viewer import OPERATOR, Viewer
from tests.deals import deal

CUSTOMER, AMOUNT = frozenset({"customer"}), frozenset({"amount"})
TODAY = date(2026, 11, 28)


def told(viewer: Viewer, entry: Entry, *rules: MaskingRule) -> frozenset[str]:
    return masks_for(rules_for(Playbook(masking=rules), viewer), viewer, entry, TODAY)


def viewer(*groups: str, role: str = "author", name: str = "小川") -> Viewer:
    return Viewer("p1", name, role, frozenset(groups), frozenset({owner_key(name)}) - {""})  # type: ignore[arg-type]


def test_a_rule_is_for_teams_and_the_groups_in_them_and_for_roles() -> None:
    of_team, of_group = (
        MaskingRule(CUSTOMER, teams=frozenset({"marketing", "/sales"})),
        MaskingRule(AMOUNT, roles=frozenset({"reader"})),
    )
    open_deal = deal("a", "open")
    assert told(viewer("marketing"), open_deal, of_team, of_group) == CUSTOMER
    assert told(viewer("/Sales/Tokyo"), open_deal, of_team) == CUSTOMER
    assert told(viewer("/SalesOps", "/"), open_deal, of_team) == frozenset()
    assert told(viewer("マーケ", role="reader"), open_deal, of_team, of_group) == CUSTOMER | AMOUNT
    assert told(viewer("sales"), open_deal, of_team, of_group) == frozenset()


def test_a_rule_for_nobody_in_particular_is_for_everybody_but_the_operator_and_the_owner() -> None:
    entry = replace(deal("a", "won"), owner="小川　花")
    assert told(viewer("sales", role="admin"), entry, MaskingRule(CUSTOMER)) == CUSTOMER
    assert told(OPERATOR, entry, MaskingRule(CUSTOMER)) == frozenset()
    assert told(viewer("sales", name="小川花"), entry, MaskingRule(CUSTOMER)) == frozenset()
    assert told(viewer("sales", name=""), replace(entry, owner=""), MaskingRule(CUSTOMER)) == CUSTOMER


def test_a_rule_ends_some_days_after_a_deal_ended() -> None:
    rule = MaskingRule(CUSTOMER, until_days_after_end=30)
    for outcome, day, what in (
        ("lost", date(2026, 10, 28), frozenset()), ("lost", date(2026, 10, 29), CUSTOMER), ("lost", None, CUSTOMER),
        ("open", date(2026, 1, 1), CUSTOMER), (None, date(2026, 1, 1), CUSTOMER), ("won", date(2027, 1, 1), CUSTOMER),
    ):  # fmt: skip
        assert told(viewer(), deal("a", outcome, closed_on=day), rule) == what
