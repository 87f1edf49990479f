"""Whether similar deals foretell outcomes is measured, never assumed."""

from __future__ import annotations

import numpy as np
import pytest

from kb.entry import Entry
from kb.insight.deals import DealTable
from kb.insight.foretelling import LEAST_FORETOLD, Foretelling, forecast, foretelling
from kb.playbook import Playbook
from tests.deals import deal, table_of, told

INDUSTRIES = ("食品", "物流", "建設", "医療")


def _world(seed: int, count: int, effect: float) -> list[Entry]:
    """Return deals of four industries; two of them win more often by `effect` in both directions from one half."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(count):
        industry = number % len(INDUSTRIES)
        won = random.random() < 0.5 + (effect if industry < 2 else -effect)
        found.append(deal(str(number), "won" if won else "lost", industry=(INDUSTRIES[industry],)))
    return found


def _measured(table: DealTable) -> Foretelling:
    found = foretelling(table, told(table), Playbook(), "2026-09-18")
    assert found is not None
    return found


def test_where_industries_differ_similar_deals_foretell() -> None:
    found = _measured(table_of(*_world(1, 120, 0.4)))
    assert found.verdict == "foretells" and 0 < found.low < found.gain < found.high
    gain, low, high = found.shares()
    assert (found.asked, found.decided, found.day) == (120, 120, "2026-09-18") and 0.3 < gain < 0.8 and low < high


def test_where_nothing_differs_they_do_not() -> None:
    verdicts = [_measured(table_of(*_world(seed, 80, 0.0))).verdict for seed in range(12)]
    assert verdicts.count("foretells") == 0


def test_a_small_base_is_too_early_to_say() -> None:
    found = _measured(table_of(*_world(1, LEAST_FORETOLD - 1, 0.4)))
    assert (found.verdict, found.asked, found.decided) == ("too-early", 0, LEAST_FORETOLD - 1)


def test_a_deal_does_not_foretell_itself() -> None:
    """One win among losses that are all alike: without itself it looks like them."""
    table = table_of(
        deal("won", "won", industry=("食品",)), *(deal(str(n), "lost", industry=("食品",)) for n in range(9))
    )
    alone = forecast(table, told(table), Playbook(), 0, (0,))
    assert alone < forecast(table, told(table), Playbook(), 1, (1,)) < 0.2


def test_it_holds_until_the_base_has_changed_by_a_tenth_or_the_strength_has() -> None:
    known = Foretelling(100, 100, 0.01, -0.01, 0.03, 0.25, 8.0, "2026-09-18")
    assert known.holds_for(109, 8.0) and known.holds_for(91, 8.0)
    assert not known.holds_for(110, 8.0) and not known.holds_for(90, 8.0) and not known.holds_for(100, 4.0)
    assert not Foretelling(100).holds_for(100, 8.0) and Foretelling(100).verdict == "unmeasured"


def test_what_is_kept_is_read_again_and_anything_else_is_nothing() -> None:
    known = Foretelling(100, 100, 0.01, -0.01, 0.03, 0.25, 8.0, "2026-09-18")
    assert Foretelling.read(known.stored()) == known and known.verdict == "does-not"
    assert [Foretelling.read(text) for text in ("", "{", "[]", '{"x": 1}', "3")] == [None] * 5


def test_measuring_stops_when_it_is_told_to() -> None:
    table = table_of(*_world(1, 80, 0.4))
    assert foretelling(table, told(table), Playbook(), "", is_over=lambda: True) is None


@pytest.mark.parametrize("open_deals", [0, 40])
def test_only_decided_deals_are_asked_about(open_deals: int) -> None:
    more = [deal(f"open{n}", "open", industry=("食品",)) for n in range(open_deals)]
    assert _measured(table_of(*_world(1, 60, 0.4), *more)).decided == 60
