"""Searches in vain, grouped; which of them count, in which order, and when they come back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kb.currencies import Worth
from kb.loop.activity import GapRow, Searched
from kb.loop.gaps import UNUSED, Gap, failure, gaps

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _at(minutes_ago: float) -> str:
    return (NOW - timedelta(minutes=minutes_ago)).isoformat(timespec="milliseconds")


def _search(number: int, query: str, **fields: object) -> Searched:
    common = {"at": _at(600 - number), "confidence": "none", "total": 10, "asker": f"a{number}"}
    return Searched(id=f"s{number}", query=query, **{**common, **fields})  # type: ignore[arg-type]


def _by_first_word(wordings: Sequence[str]) -> list[int]:
    """Put wordings with the same first word together."""
    firsts = list(dict.fromkeys(wording.split()[0] for wording in wordings))
    return [firsts.index(wording.split()[0]) for wording in wordings]


def _gaps(*searches: Searched, decided: Sequence[GapRow] = (), opened: Sequence[str] = (), **amounts: Any) -> list[Gap]:
    known = {row.query: row for row in decided}
    worth = Worth(of={deal: found if isinstance(found, tuple) else (found, "JPY") for deal, found in amounts.items()})
    return gaps(searches, set(opened), known, _by_first_word, lambda wordings: 0, worth, NOW)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"total": 0}, "nothing"),
        ({"total": 10}, "weak"),
        ({"total": 0, "hidden": 3}, "filtered"),
        ({"confidence": "strong"}, "unopened"),
        ({"confidence": "strong", "at": _at(5)}, None),
        ({"confidence": "strong", "asker": "api"}, None),
    ],
)
def test_ways_of_searching_in_vain_are_kept_apart(fields: dict[str, object], why: str | None) -> None:
    assert failure(_search(1, "sso", **fields), False, NOW) == why
    assert failure(_search(1, "sso", **fields), True, NOW) is None


def test_wordings_of_one_need_are_one_gap() -> None:
    (gap,) = _gaps(_search(1, "SSO 対応"), _search(2, "sso できますか"), _search(3, "ｓｓｏ 対応", asker="a1"))
    assert (gap.times, len(gap.askers), gap.why) == (3, 2, "weak")
    assert set(gap.wordings) == {"SSO 対応", "sso できますか", "ｓｓｏ 対応"}


def test_a_gap_is_named_as_it_was_asked_for_most_often() -> None:
    searches = [_search(1, "sso 対応"), _search(2, "SSO 対応"), _search(3, "sso できますか")]
    (gap,) = _gaps(*searches)
    assert gap.wording == "SSO 対応"


def test_the_amount_of_open_deals_counts_first_then_how_many_asked() -> None:
    many = [_search(n, f"price {n}") for n in range(3)]
    rich = _search(9, "sso 監査", deal="deals/a")
    found = _gaps(*many, rich, **{"deals/a": 5_000_000})
    assert [gap.wording.split()[0] for gap in found] == ["sso", "price"]
    assert found[0].amount == 5_000_000 and found[0].deals == ("deals/a",)
    assert [gap.wording.split()[0] for gap in _gaps(*many, rich)] == ["price", "sso"]


def test_dollars_are_not_added_to_yen_and_do_not_outrank_them() -> None:
    searches = [_search(1, "sso 監査", deal="deals/a"), _search(2, "sso 対応", deal="deals/b")]
    (gap,) = _gaps(*searches, **{"deals/a": 3_000_000, "deals/b": (48_000, "USD")})
    assert (gap.amount, gap.currency, gap.apart) == (3_000_000, "JPY", (("USD", 48_000),))
    others = [_search(3, "price 1", deal="deals/c"), _search(4, "price 2")]
    found = _gaps(*searches, *others, **{"deals/b": (48_000, "USD"), "deals/c": 10_000})
    assert [gap.wording.split()[0] for gap in found] == ["price", "sso"]


def test_what_was_found_and_not_used_is_no_gap_but_a_list_of_its_own() -> None:
    one, other = (_search(n, "価格 高い", confidence="strong") for n in (1, 2))
    missing = _search(3, "価格 解約")
    assert [gap.times for gap in _gaps(one, other, missing)] == [1]

    def unused(*searches: Searched, opened: Sequence[str] = ()) -> list[Gap]:
        return gaps(searches, set(opened), {}, _by_first_word, lambda wordings: 0, Worth(), NOW, UNUSED)

    assert unused(one) == [] and unused(one, other, opened=["s1", "s2"]) == []
    assert [(gap.why, len(gap.askers)) for gap in unused(one, other, missing)] == [("unopened", 2)]


def test_noise_is_no_gap() -> None:
    way = _search(1, "解約", at=_at(100), asker="a")
    asked = _search(2, "解約の手続き", at=_at(99.5), asker="a")
    assert [gap.wordings for gap in _gaps(_search(3, "asdfgh"), _search(4, "か"), way, asked)] == [("解約の手続き",)]


@pytest.mark.parametrize("state", ["closed", "dismissed"])
def test_what_was_decided_comes_back_only_when_it_is_searched_again(state: str) -> None:
    row = GapRow("sso 対応", "SSO 対応", state=state, changed_at=_at(300))
    before = _search(1, "sso 対応", at=_at(400))
    assert _gaps(before, decided=[row]) == []
    (gap,) = _gaps(before, _search(2, "sso できますか", at=_at(100)), decided=[row])
    assert gap.times == 1 and gap.decided is None


def test_an_assigned_gap_keeps_its_name_and_owner() -> None:
    row = GapRow("sso できますか", "SSOできますか？", owner="大橋", due="2026-12-01")
    (gap,) = _gaps(_search(1, "sso 対応"), _search(2, "sso できますか"), decided=[row])
    assert (gap.query, gap.wording, gap.decided) == ("sso できますか", "SSOできますか？", row)


def test_no_search_is_no_gap() -> None:
    assert _gaps() == []
