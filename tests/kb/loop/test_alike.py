"""Two words are proposed as synonyms where several people exchanged one for the other and then opened an entry."""

from __future__ import annotations

import pytest

from kb.loop.activity import Searched
from kb.loop.alike import Alike, alike
from kb.loop.gaps import PROGRAM


def _search(asker: str, minute: int, query: str) -> Searched:
    return Searched(
        id=f"{asker}-{minute}",
        at=f"2026-11-02T09:{minute:02}:00+00:00",
        query=query,
        language="ja",
        team="",
        filters="",
        confidence="none",
        total=0,
        hidden=0,
        asker=asker,
        deal="",
    )


def _found(one: str, other: str, *, askers: tuple[str, ...] = ("a", "b"), after: int = 2) -> list[Alike]:
    searches = [s for asker in askers for s in (_search(asker, 1, one), _search(asker, 1 + after, other))]
    opened = {f"{asker}-{1 + after}": ["notes/switch"] for asker in askers}
    return alike(searches, opened, lambda failed, found: failed == "既知")


def test_a_word_exchanged_by_two_people_is_proposed() -> None:
    assert _found("リプレイス 期間", "乗り換え 期間") == [Alike("リプレイス", "乗り換え", "notes/switch", 2)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("リプレイス 期間", "乗り換え 費用"),
        ("リプレイス", "乗り換え 期間"),
        ("procurment", "procurement"),
        ("GL-200", "端末"),
        ("既知", "乗り換え"),
        ("乗り換え", "乗り換え"),
    ],
)
def test_other_changes_of_a_search_are_not_proposed(one: str, other: str) -> None:
    assert _found(one, other) == []


def test_one_person_a_program_and_a_later_search_propose_nothing() -> None:
    assert _found("リプレイス", "乗り換え", askers=("a",)) == []
    assert _found("リプレイス", "乗り換え", askers=("a", PROGRAM)) == []
    assert _found("リプレイス", "乗り換え", after=11) == []


def test_a_first_search_that_opened_something_failed_in_nothing() -> None:
    searches = [_search(a, minute, query) for a in "ab" for minute, query in ((1, "リプレイス"), (2, "乗り換え"))]
    opened = {search.id: ["notes/switch"] for search in searches}
    assert alike(searches, opened, lambda failed, found: False) == []
