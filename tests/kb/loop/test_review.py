"""What speaks against an entry, and what no longer does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from kb.entry import Deal, Entry
from kb.insight.deals import deal_table
from kb.insight.scoreboard import scoreboard
from kb.loop.review import Standing, standings, weak_angles
from kb.playbook import Playbook

TODAY = date(2026, 11, 25)


def entry(entry_id: str, kind: Any = "talk-track", **fields: Any) -> Entry:
    return Entry(entry_id, f"{entry_id}.md", entry_id, kind, "", 1, "ja", "", **{"date": date(2026, 1, 1), **fields})


def deal(entry_id: str, outcome: Any, day: date, used: tuple[str, ...] = (), **fields: Any) -> Entry:
    return entry(entry_id, "deal", deal=Deal(outcome, closed_on=day, used=used), **fields)


def standing(of: Entry, *others: Entry) -> Standing:
    everything = (of, *others)
    content = [e for e in everything if e.kind != "deal"]
    return standings(content, [e for e in everything if e.kind == "deal"], TODAY)[of.id]


def kinds(of: Standing) -> list[str]:
    return [doubt.kind for doubt in of.doubts]


def test_nobody_has_checked_a_new_entry() -> None:
    assert standing(entry("a")) == Standing("unverified")
    assert standing(entry("a", verified_by="大橋")) == Standing("verified")


def test_a_day_of_review_that_is_past_counts_more_than_a_check() -> None:
    assert standing(entry("a", review_by=TODAY)).state == "unverified"
    assert standing(entry("a", review_by=date(2026, 11, 24), verified_on=date(2026, 5, 1))).state == "overdue"


def _others() -> list[Entry]:
    return [deal(f"x{n}", "won" if n % 2 else "lost", date(2026, 1, 2)) for n in range(30)]


def test_more_losses_since_the_check_than_were_to_be_expected_ask_for_another() -> None:
    talk = entry("a", verified_on=date(2026, 5, 1))
    lost = [deal(f"d{n}", "lost", date(2026, 6, 1 + n), ("a",)) for n in range(9)]
    won = [deal(f"w{n}", "won", date(2026, 1, 2), ("a",)) for n in range(9)]
    assert standing(talk, *won, *lost[:3], *_others()).state == "verified", "three of three are lost by chance"
    found = standing(talk, *won, *lost, *_others()).doubts[0]
    assert (found.kind, len(found.evidence), found.won, found.lost) == ("lost", 9, 0, 9)
    assert standing(replace(talk, verified_on=TODAY), *won, *lost, *_others()).state == "verified"


def test_few_good_tracks_are_doubted_after_five_uses() -> None:
    random = np.random.default_rng(1)
    ends = [["won" if share < 0.5 else "lost" for share in random.random(5)] for _ in range(60)]
    tracks = [[deal(f"d{at}", end, date(2026, 6, 1), ("a",)) for at, end in enumerate(some)] for some in ends]
    doubted = sum(bool(standing(entry("a"), *deals, *_others()).doubts) for deals in tracks)
    assert doubted / len(tracks) <= 0.05


@pytest.mark.parametrize(
    ("won", "lost", "is_against"),
    [(0, 2, False), (0, 3, True), (0, 9, True), (1, 4, False), (1, 3, False), (1, 12, True), (7, 3, False)],
)
def test_the_record_counts_whatever_the_dates(won: int, lost: int, is_against: bool) -> None:
    day = date(2026, 1, 2)
    ends = [deal(f"w{n}", "won", day, ("a",)) for n in range(won)]
    ends += [deal(f"l{n}", "lost", day, ("a",)) for n in range(lost)]
    found = standing(entry("a", verified_on=TODAY), *ends, *_others())
    assert (kinds(found) == ["record"]) is is_against and (found.state == "needs-review") is is_against


def _angled() -> list[Entry]:
    lost = [deal(f"l{n}", "lost", date(2026, 3, n + 1), angle=("cost",)) for n in range(9)]
    return [*lost, *(deal(f"w{n}", "won", date(2026, 2, 1), angle=("peer",)) for n in range(9))]


def test_an_angle_that_loses_more_than_others_asks_for_a_check() -> None:
    found = standing(entry("a", angle=("cost",)), *_angled())
    assert kinds(found) == ["angle"] and (found.doubts[0].won, found.doubts[0].lost) == (0, 9)
    assert standing(entry("a", angle=("peer",)), *_angled()).doubts == ()
    assert standing(entry("a", angle=("cost",), verified_on=TODAY), *_angled()).state == "verified"


def test_weak_angles_are_those_of_the_scoreboard() -> None:
    deals = [*_angled(), *(deal(f"x{n}", "lost", date(2026, 3, 1), angle=("few",)) for n in range(4))]
    board = scoreboard(deal_table(list(enumerate(deals)), Playbook(), {}), np.ones(len(deals), np.bool_), "angle")
    weak = {row.key for row in board.rows if row.verdict == "below"}
    assert weak_angles(deals).keys() == weak == {"cost"}


def test_a_newer_version_or_one_on_the_same_competitor_asks_for_a_check() -> None:
    talk = entry("a", competitor=("タスキナ",))
    made = entry("b", competitor=("タスキナ",), derived_from=("a",), date=date(2026, 2, 1))
    assert kinds(standing(talk, made)) == ["newer"]
    assert standing(talk, replace(made, kind="note")).doubts == ()
    assert standing(talk, replace(made, competitor=())).doubts == ()
    assert kinds(standing(talk, entry("c", supersedes=("a",)))) == ["newer"]


def test_deals_are_what_happened() -> None:
    of = deal("d", "lost", date(2026, 2, 1), angle=("cost",))
    assert standing(of, *_angled()).doubts == ()
