"""What no figure counts: a CRM number used twice, and deals closed in the future."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from kb.insight.deals import deal_table
from kb.insight.scoreboard import scoreboard
from kb.insight.uncounted import uncounted, uncounted_problems
from kb.playbook import Playbook
from tests.deals import deal

TODAY = date(2026, 11, 20)


def test_a_crm_number_counts_once_and_a_deal_of_tomorrow_not_yet() -> None:
    deals = [
        deal("a", "won", crm_id="006A", angle=("roi",)),
        deal("b", "won", crm_id="006A", angle=("roi",)),
        deal("c", "won", closed_on=date(2026, 11, 21), angle=("roi",)),
        deal("d", "lost", closed_on=TODAY, angle=("roi",)),
        deal("e", "open", closed_on=date(2027, 1, 1), angle=("roi",)),
    ]
    table = deal_table(list(enumerate(deals)), Playbook(), {}, TODAY)
    board = scoreboard(table, table.within(None), "angle")
    assert (board.base.counts.won, board.base.counts.lost, board.base.counts.open) == (1, 1, 1)
    assert (board.looked_at.uncounted, board.looked_at.without_outcome) == (2, 0)
    assert [entry.id for entry in table.counted] == ["deals/a", "deals/d", "deals/e"]
    assert [str(problem) for problem in uncounted_problems(deals, TODAY)] == [
        "deals/b.md:1: crm_id: '006A' is also in deals/a.md; only that entry is counted.",
        "deals/c.md:1: closed_on: 2026-11-21 is in the future; the deal is counted from that day.",
    ]


def test_a_campaign_of_the_crm_counts_once_and_not_with_a_deal_of_its_number() -> None:
    campaigns = [
        replace(deal(name), id=f"campaigns/{name}", path=f"campaigns/{name}.md", kind="campaign", deal=None,
                extra=(("crm_id", "701A"),))
        for name in ("a", "b")
    ]  # fmt: skip
    assert uncounted([*campaigns, deal("a", "won", crm_id="701A")], TODAY) == {
        "campaigns/b": ("repeated", "campaigns/a.md")
    }
