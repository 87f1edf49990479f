"""Who sees what: audiences of entries, and what a person may see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parse import parse_entry
from kb.audience import visible_to
from kb.entry import VISIBILITIES, audience_key, is_shown, narrowest
from kb.playbook import Playbook
from kb.viewer import OPERATOR
from tests.viewing import viewer

NAMES = ("all", "sales", "marketing", "joint", "private", "/Sales", "/Sales/Tokyo", "/Sales/Osaka", "Board")
GROUPS = st.sampled_from(("sales", "marketing", "/Sales", "/Sales/Tokyo", "/Sales/Osaka", "Board"))


def _visibility(written: str, owner: str = "") -> tuple[str, tuple[str, ...]]:
    entry = parse_entry(
        f"---\ntitle: x\nvisibility: {written}\nowner: {owner}\n---\n本文\n", "notes/x.md", Playbook()
    ).entry
    return entry.visibility, entry.audiences


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("sales", "sales"),
        ("営業のみ", "sales"),
        ("[sales, /Sales/Tokyo]", "sales, /Sales/Tokyo"),
        ("営業、Board", "sales, Board"),
        ("[all, sales]", "all"),
        ("[/Sales/Tokyo, /Sales]", "/Sales"),  # who is in Tokyo sees what is for /Sales
        ("sale", "private"),  # a slip: nobody else sees it
        ("/sales", "/sales"),  # a path is a group, not a slip
        ("自分のみ", "private"),
        ("", "all"),
    ],
)
def test_one_or_several_audiences_are_read(written: str, expected: str) -> None:
    assert _visibility(written)[0] == expected


def test_names_are_compared_without_case_and_width() -> None:
    assert audience_key("／Ｓales/Tokyo/") == audience_key("/sales/TOKYO") == "/sales/tokyo"
    assert is_shown(_visibility("/SALES/tokyo")[1], visible_to(viewer("/Sales/Tokyo")))


@pytest.mark.parametrize(
    ("audiences", "visibility", "expected"),
    [
        ((), "all", True),
        ((), "sales", False),
        (("営業",), "sales", True),
        (("マーケ",), "マーケティングのみ", True),
        (("営業", "Marketing"), "joint", True),
        (("営業",), "marketing", False),
        (("sales",), "joint", False),
        (("sales", "marketing"), "joint", True),
        (("sales", "marketing"), "Board", False),
        (("/Sales/Tokyo",), "/Sales", True),
        (("/Sales",), "/Sales/Tokyo", False),
        (("/Salesforce",), "/Sales", False),
        (("Board",), "[sales, Board]", True),
    ],
)
def test_members_see_what_is_for_their_groups(audiences: tuple[str, ...], visibility: str, expected: bool) -> None:
    assert is_shown(_visibility(visibility)[1], visible_to(viewer(*audiences))) == expected


@pytest.mark.parametrize("name", ["private", "Private", "private:p2", "joint", "PRIVATE:p2", ""])
def test_no_name_of_a_group_opens_what_is_not_for_it(name: str) -> None:
    visible = visible_to(viewer(name, "sales", "/"))
    assert not visible >= VISIBILITIES
    for written, owner in (("private", "p2"), ("private", ""), ("joint", ""), ("Board", "")):
        assert not is_shown(_visibility(written, owner)[1], visible)


def test_a_private_entry_is_its_owners_alone() -> None:
    for owner in ("p1", "Mori", "ＭＯＲＩ"):
        audiences = _visibility("private", owner)[1]
        assert is_shown(audiences, visible_to(viewer()))
        assert not is_shown(audiences, visible_to(viewer("sales", "marketing", person="p2", name="Abe", role="admin")))
        assert is_shown(audiences, visible_to(OPERATOR))


@given(st.lists(st.sampled_from(NAMES[:4] + NAMES[5:]), max_size=4), st.lists(GROUPS, max_size=4))
def test_who_sees_a_note_sees_all_that_it_quotes(quoted: list[str], groups: list[str]) -> None:
    visible = visible_to(viewer(*groups))

    def sees(visibility: str) -> bool:
        return is_shown(map(audience_key, visibility.split(", ")), visible)

    assert not sees(narrowest(quoted)) or all(map(sees, quoted))
