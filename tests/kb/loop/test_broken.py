"""Where the chain breaks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from kb.entry import Campaign, Deal, Entry, Reason, TalkTrack, Variant
from kb.loop.broken import QUIET_DAYS, Broken, broken
from kb.playbook import Playbook, Term, Vocabulary

TODAY = date(2026, 11, 25)
OLD = TODAY - timedelta(days=400)
PLAYBOOK = Playbook(reasons={"lost": Vocabulary.of([Term("price", "価格", "Price", ("値段",))])})


def entry(entry_id: str, kind: Any = "talk-track", body: str = "", **fields: Any) -> Entry:
    return Entry(entry_id, f"{entry_id}.md", entry_id, kind, body, 1, "ja", "", **{"date": OLD, **fields})


def deal(entry_id: str, outcome: Any = "won", closed_on: date = OLD, **fields: Any) -> Entry:
    of_entry = {name: fields.pop(name) for name in ("angle", "tag", "competitor") if name in fields}
    return entry(entry_id, "deal", **of_entry, deal=Deal(outcome, closed_on=closed_on, **fields))


def found(*entries: Entry, opened: dict[str, date] | None = None) -> Broken:
    content = [entry for entry in entries if entry.kind != "deal"]
    return broken(content, [entry for entry in entries if entry.kind == "deal"], PLAYBOOK, TODAY, opened or {})


def test_a_talk_track_that_won_is_to_become_content() -> None:
    deals = deal("d1", used=("talk",)), deal("d2", used=("talk",)), deal("d3", "lost", used=("other",))
    proven = found(entry("talk"), entry("other"), *deals).proven
    assert [(item.entry.id, len(item.won)) for item in proven] == [("talk", 2)]
    assert found(entry("talk"), entry("text", "note", derived_from=("talk",)), *deals).proven == ()


def test_an_angle_with_a_response_that_no_deal_uses() -> None:
    mail = entry("mail", "campaign", campaign=Campaign(variants=(Variant("peer", 100, 9), Variant("cost", 100, 0))))
    assert [angle for angle, _ in found(mail).angles] == ["peer"]
    assert found(mail, deal("d", angle=("peer",))).angles == ()


@pytest.mark.parametrize(("days", "is_idle"), [(QUIET_DAYS, False), (QUIET_DAYS + 1, True)])
def test_content_not_used_of_late_is_asked_about(days: int, is_idle: bool) -> None:
    closed = TODAY - timedelta(days=days)
    deals = deal("d", closed_on=closed, used=("talk",)), deal("new", closed_on=TODAY)
    assert bool(found(entry("talk"), *deals).idle) is is_idle


def test_where_nothing_has_ended_for_a_month_ages_count_from_the_newest_deal() -> None:
    long_ago = TODAY - timedelta(days=300)
    used, unused = entry("used"), entry("unused", date=long_ago - timedelta(days=QUIET_DAYS + 1))
    deals = deal("d", closed_on=long_ago, used=("used",)), deal("open", "open")
    assert [item.entry.id for item in found(used, unused, *deals).idle] == ["unused"]
    assert {item.entry.id for item in found(used, unused, *deals, deal("new", closed_on=TODAY)).idle} == {
        "used",
        "unused",
    }


def test_what_is_new_or_opened_or_in_an_open_deal_is_not_idle() -> None:
    talk = entry("talk")
    assert found(talk).idle[0].last_used is None
    assert found(replace(talk, date=TODAY)).idle == ()
    assert found(replace(talk, date=None)).idle == ()  # nobody knows how old it is
    assert found(talk, opened={"talk": TODAY}).idle == ()
    assert found(talk, deal("d", "open", used=("talk",))).idle == ()
    assert found(entry("mail", "campaign"), deal("d", closed_on=TODAY, campaign="mail")).idle == ()


LOST = deal("lost", "lost", reasons=(Reason("price"),), competitor=("タスキナ",), tag=("相見積",))


@pytest.mark.parametrize(
    "answer",
    [
        entry("a", body="ＰＲＩＣＥの話"),
        entry("b", talk_track=TalkTrack(objection="値段が高い")),
        entry("c", "note", tag=("価格",)),
        entry("d", competitor=("タスキナ",), tag=("相見積",)),
    ],
)
def test_a_reason_is_answered_by_its_name_or_by_the_same_competitor(answer: Entry) -> None:
    assert [item.reason for item in found(LOST).unanswered] == ["price"]
    assert found(LOST, answer).unanswered == ()


def test_the_competitor_alone_or_what_was_used_there_is_no_answer() -> None:
    assert found(LOST, entry("x", competitor=("タスキナ",))).unanswered
    tried = deal("l", "lost", reasons=(Reason("price"),), competitor=("タスキナ",), tag=("相見積",), used=("y",))
    assert found(tried, entry("y", competitor=("タスキナ",), tag=("相見積",))).unanswered
