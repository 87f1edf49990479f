"""How angles were answered to in campaigns."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.entry import Campaign, Entry, Variant
from kb.insight.response import responses
from tests.deals import deal


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
        angle=angles,
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
    for order in ([arms, alone], [alone, arms]):
        found = responses(order)["peer"]
        assert (found.shown, found.source, found.campaigns) == (10, "variants", ("campaigns/a",))


def test_metrics_of_a_campaign_with_arms_are_counted_by_its_arms_only() -> None:
    arms = (Variant("price", 10, 5),)
    found = responses([_campaign("a", ("peer",), variants=arms, metrics={"impressions": 1_000, "leads": 20})])
    assert set(found) == {"price"}


def test_an_arm_shown_to_nobody_says_nothing() -> None:
    arms = _campaign("a", ("peer",), variants=(Variant("peer", 0, 0), Variant("price", 0, 0)))
    alone = _campaign("b", ("peer",), metrics={"impressions": 1_000, "leads": 20})
    found = responses([arms, alone])
    assert set(found) == {"peer"} and (found["peer"].shown, found["peer"].source) == (1_000, "metrics")


def test_the_rate_is_that_of_the_counts_with_their_interval() -> None:
    found = responses([_campaign("a", (), variants=(Variant("peer", 10, 7),))])["peer"]
    assert (round(found.rate, 3), round(found.low, 3), round(found.high, 3)) == (0.7, 0.442, 0.883)


def test_entries_that_are_no_campaigns_say_nothing() -> None:
    assert responses([deal("a", "won", angle=("peer",))]) == {}


@pytest.mark.parametrize(
    "metrics", [{}, {"leads": 5}, {"impressions": 3, "leads": 5}, {"impressions": 0, "leads": 0}, {"clicks": 9}]
)
def test_numbers_that_cannot_be_are_left_out(metrics: dict[str, int]) -> None:
    assert responses([_campaign("a", ("peer",), metrics=metrics)]) == {}


arms = st.tuples(st.sampled_from(["peer", "price"]), st.integers(0, 500), st.integers(0, 500)).map(
    lambda arm: Variant(arm[0], max(arm[1:]), min(arm[1:]))
)


@given(st.lists(st.lists(arms, max_size=4).map(tuple), max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_campaigns_changes_only_their_order_in_the_list(
    tested: list[tuple[Variant, ...]], random: Any
) -> None:
    campaigns = [_campaign(f"c{number}", (), variants=arms) for number, arms in enumerate(tested)]
    there = responses(campaigns)
    random.shuffle(campaigns)
    back = responses(campaigns)
    assert there.keys() == back.keys()
    for angle, one in there.items():
        assert (one.shown, one.responded, one.rate) == (back[angle].shown, back[angle].responded, back[angle].rate)
        assert sorted(one.campaigns) == sorted(back[angle].campaigns)
