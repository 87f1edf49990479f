"""What a scoreboard counts, and what it says of it."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.check import read_playbook
from ingest.chunk import CHUNKING
from ingest.sync import sync
from kb.entry import OUTCOMES, Entry, Reason
from kb.index.index import Index, open_index
from kb.insight.scoreboard import BYS, OutcomeOf, Row, Scoreboard, scoreboard
from kb.library import Library
from kb.playbook import Playbook, Term, Vocabulary
from kb.search.query import Filters
from tests.deals import deal, table_of
from tests.engines import Engines
from tests.words import write


def _board(deals: list[Entry], by: str = "angle", outcome_of: OutcomeOf = "decided") -> Scoreboard:
    table = table_of(*deals)
    return scoreboard(table, table.within(None), by, outcome_of)  # type: ignore[arg-type]


def _row(board: Scoreboard, key: str) -> Row:
    return next(row for row in board.rows if row.key == key)


def _deals(angle: str, won: int, lost: int, no_decision: int = 0) -> list[Entry]:
    ends = ["won"] * won + ["lost"] * lost + ["no-decision"] * no_decision
    return [deal(f"{angle}-{number}", end, angle=(angle,)) for number, end in enumerate(ends)]


def test_a_deal_counts_once_in_a_row_however_often_it_names_a_value() -> None:
    reasons = (Reason("price"), Reason("price", "buyer"))
    board = _board([deal("a", "lost", reasons=reasons)], "reason")
    assert _row(board, "price").counts.lost == 1 and _row(board, "price").evidence == ("deals/a",)


def test_no_decision_is_an_outcome_of_its_own() -> None:
    deals = _deals("peer", 3, 1, 4)
    decided, closed = (_row(_board(deals, outcome_of=of), "peer") for of in ("decided", "closed"))
    assert decided.counts == closed.counts
    assert decided.rate.mean == pytest.approx(3 / 4) and closed.rate.mean == pytest.approx(3 / 8)


def test_open_deals_and_deals_without_an_outcome_are_in_no_rate() -> None:
    more = [deal("open", "open", angle=("peer",)), deal("none", None, angle=("peer",))]
    board = _board([*_deals("peer", 3, 1), *more])
    assert _row(board, "peer").rate.mean == pytest.approx(3 / 4)
    assert (board.looked_at.deals, board.looked_at.decided, board.looked_at.without_outcome) == (6, 4, 1)
    assert _row(board, "peer").counts.open == 1


def test_below_five_decided_deals_nothing_is_said() -> None:
    board = _board([*_deals("few", 4, 0), *_deals("rest", 10, 40)])
    assert _row(board, "few").verdict == "too-few" and _row(board, "few").fair is None


def test_five_decided_deals_are_enough_and_no_decision_is_one_only_among_closed_deals() -> None:
    deals = [*_deals("five", 5, 0), *_deals("four", 4, 0, 1), *_deals("rest", 2, 40)]
    decided, closed = _board(deals), _board(deals, outcome_of="closed")
    assert _row(decided, "five").verdict == _row(closed, "five").verdict == "above"
    assert _row(decided, "four").verdict == "too-few" != _row(closed, "four").verdict


def test_a_row_stands_above_or_below_only_when_it_is_nearly_sure() -> None:
    board = _board([*_deals("good", 20, 2), *_deals("bad", 2, 20), *_deals("even", 8, 8)])
    assert {row.key: row.verdict for row in board.rows} == {"good": "above", "bad": "below", "even": "unclear"}
    assert _row(board, "good").rate.shrunk_low > board.base.mean > _row(board, "bad").rate.shrunk_high


def test_three_of_three_do_not_stand_above_thirty_of_forty() -> None:
    board = _board([*_deals("three", 3, 0), *_deals("forty", 30, 10), *_deals("rest", 20, 37)])
    assert board.rows[0].key == "forty"


def test_a_reason_only_losses_have_is_no_verdict_on_anything() -> None:
    lost = [deal(f"l{n}", "lost", reasons=(Reason("price"),)) for n in range(20)]
    won = [deal(f"w{n}", "won", reasons=(Reason("pilot"),)) for n in range(20)]
    assert {(row.is_one_sided, row.verdict, row.agreement) for row in _board([*lost, *won], "reason").rows} == {
        (True, "unclear", "not-comparable")
    }


@pytest.mark.parametrize(
    ("won", "lost", "no_decision", "decided", "closed"),
    [
        (6, 0, 0, True, True),
        (0, 6, 0, True, True),
        (0, 5, 5, True, True),
        (6, 0, 2, True, False),
        (6, 1, 0, False, False),
    ],
)
def test_a_reason_is_one_sided_when_it_has_no_counterpart_among_the_deals_compared(
    won: int, lost: int, no_decision: int, decided: bool, closed: bool
) -> None:
    ends = ["won"] * won + ["lost"] * lost + ["no-decision"] * no_decision
    deals = [deal(f"d{n}", end, reasons=(Reason("price"),)) for n, end in enumerate(ends)]
    assert _row(_board(deals, "reason"), "price").is_one_sided is decided
    assert _row(_board(deals, "reason", "closed"), "price").is_one_sided is closed


def test_only_reasons_are_one_sided() -> None:
    row = _row(_board([*_deals("peer", 12, 0), *_deals("rest", 2, 20)]), "peer")
    assert not row.is_one_sided and row.verdict == "above"


def test_a_lead_source_has_one_row_whatever_it_is_called() -> None:
    words = Vocabulary.of([Term("fair", "展示会", "Exhibition", ("event", "イベント"))])
    deals = [deal(f"d{n}", "won", lead_source=name) for n, name in enumerate(["展示会", "Event", "イベント", " 電話 "])]
    table = table_of(*deals, playbook=Playbook(vocabularies={"lead_source": words}))
    rows = scoreboard(table, table.within(None), "lead_source").rows
    assert {row.key: row.counts.won for row in rows} == {"fair": 3, "電話": 1}


def test_only_talk_tracks_are_rows_of_the_talk_tracks() -> None:
    used = ("talk-tracks/a", "notes/b", "gone")
    table = table_of(deal("d", "won", used=used), kinds={"talk-tracks/a": "talk-track", "notes/b": "note"})
    assert [row.key for row in scoreboard(table, table.within(None), "talk-track").rows] == ["talk-tracks/a"]


def test_deals_without_a_value_count_in_the_base_and_are_reported() -> None:
    board = _board([*_deals("peer", 3, 1), deal("w", "won"), deal("l", "lost"), deal("o", "open"), deal("n", None)])
    assert (board.base.counts.won, board.base.counts.lost, board.base.counts.open) == (4, 2, 1)
    assert (board.looked_at.without_value, board.looked_at.without_outcome) == (2, 1)


def test_a_deal_of_two_values_counts_in_both_rows_and_once_in_the_base() -> None:
    board = _board([deal("a", "won", competitor=("タスキナ", "内製"))], "competitor")
    assert [(row.key, row.counts.won) for row in board.rows] == [("タスキナ", 1), ("内製", 1)]
    assert board.base.counts.won == 1


def test_a_value_of_open_deals_only_is_shown_without_a_verdict() -> None:
    row = _row(_board([deal("a", "open", angle=("new",)), *_deals("peer", 3, 3)]), "new")
    assert (row.counts.open, row.verdict, row.agreement) == (1, "too-few", "not-comparable")


def test_a_value_only_deals_without_an_outcome_name_has_no_row() -> None:
    assert _board([deal("a", None, angle=("new",))]).rows == ()


def test_the_deals_behind_a_row_are_named_newest_first() -> None:
    days = {"a": datetime.date(2026, 3, 1), "b": datetime.date(2026, 5, 1), "c": None}
    deals = [deal(name, "won", angle=("peer",), closed_on=day) for name, day in days.items()]
    assert _row(_board(deals), "peer").evidence == ("deals/b", "deals/a", "deals/c")


def test_more_belief_in_the_base_leaves_fewer_verdicts() -> None:
    table = table_of(*_deals("good", 9, 2), *_deals("rest", 10, 14))
    few, many = (scoreboard(table, table.within(None), "angle", strength=strength) for strength in (1.0, 200.0))
    assert (_row(few, "good").verdict, _row(many, "good").verdict) == ("above", "unclear")
    assert (few.looked_at.strength, many.looked_at.strength) == (1.0, 200.0)


def test_no_deals_give_an_empty_board() -> None:
    for by in BYS:
        board = _board([], by)
        assert board.rows == () and board.base.counts.won == 0 and board.base.mean == 0.5


angles = st.lists(st.sampled_from(["peer", "price", "roi"]), max_size=3).map(tuple)
deal_fields = st.fixed_dictionaries(
    {
        "outcome": st.sampled_from([*OUTCOMES, None]),
        "angle": angles,
        "industry": st.lists(st.sampled_from(["食品", "物流", "建設"]), max_size=2).map(tuple),
        "size": st.none() | st.integers(1, 900),
        "lead_source": st.sampled_from(["", "紹介", "展示会"]),
    }
)
some_deals = st.lists(deal_fields, max_size=40).map(
    lambda rows: [deal(f"d{n:02}", **fields) for n, fields in enumerate(rows)]
)
ways = st.sampled_from(get_args(OutcomeOf))


@given(some_deals, ways, st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(deals: list[Entry], outcome_of: OutcomeOf, random: Any) -> None:
    shuffled = list(deals)
    random.shuffle(shuffled)
    there, back = _board(deals, outcome_of=outcome_of), _board(shuffled, outcome_of=outcome_of)
    assert (there.base, there.looked_at) == (back.base, back.looked_at)
    assert [replace(row, fair=None) for row in there.rows] == [replace(row, fair=None) for row in back.rows]
    for one, other in zip(there.rows, back.rows, strict=True):  # sums of floats know an order in the last digit
        assert (one.fair is None) == (other.fair is None)
        if one.fair and other.fair:
            assert one.fair.odds_ratio == pytest.approx(other.fair.odds_ratio)
            nothing = dict.fromkeys(("odds_ratio", "low", "high", "p_above"), 0.0)
            assert replace(one.fair, **nothing) == replace(other.fair, **nothing)
            assert one.fair.p_above == pytest.approx(other.fair.p_above)


@given(some_deals)
def test_rows_count_what_one_counts_by_hand(deals: list[Entry]) -> None:
    by_hand = Counter((angle, entry.outcome) for entry in deals for angle in set(entry.angle))
    board = _board(deals)
    for row in board.rows:
        counts = (row.counts.won, row.counts.lost, row.counts.no_decision, row.counts.open)
        assert counts == tuple(by_hand[row.key, outcome] for outcome in OUTCOMES)
    assert {row.key for row in board.rows} == {angle for angle, outcome in by_hand if outcome}


@given(some_deals, ways)
def test_a_verdict_needs_its_probability_and_the_rule_for_all_rows(deals: list[Entry], outcome_of: OutcomeOf) -> None:
    rows = _board(deals, outcome_of=outcome_of).rows
    judged = [
        row for row in rows if row.counts.won + row.counts.lost + row.counts.no_decision * (outcome_of == "closed") > 4
    ]
    tails = sorted(min(row.rate.p_above_base, 1 - row.rate.p_above_base) for row in judged)
    bound = max((t for at, t in enumerate(tails, 1) if t <= 0.1 * at / len(tails)), default=-1.0)
    for row in rows:
        p = row.rate.p_above_base
        is_clear = min(p, 1 - p) <= min(bound, 0.05)
        said = "unclear" if not is_clear else "above" if p > 0.5 else "below"
        assert row.verdict == (said if row in judged else "too-few")


@given(some_deals, ways)
def test_rows_stand_in_the_order_of_what_they_reach_at_least(deals: list[Entry], outcome_of: OutcomeOf) -> None:
    lows = [row.rate.shrunk_low for row in _board(deals, outcome_of=outcome_of).rows]
    assert lows == sorted(lows, reverse=True)


@given(some_deals, ways)
def test_counting_part_of_a_table_is_counting_a_table_of_that_part(deals: list[Entry], outcome_of: OutcomeOf) -> None:
    table = table_of(*deals)
    half = np.arange(len(deals)) % 2 == 0
    within, alone = scoreboard(table, half, "angle", outcome_of), _board(deals[::2], outcome_of=outcome_of)
    assert (within.base, within.looked_at) == (alone.base, alone.looked_at)
    assert [replace(row, fair=None) for row in within.rows] == [replace(row, fair=None) for row in alone.rows]


def _files(entries: Path) -> None:
    for number in range(6):
        outcome = "won" if number % 2 else "lost"
        head = f"---\nkind: deal\noutcome: {outcome}\nindustry: {'食品' if number < 4 else '物流'}\nangles: [peer]\n"
        write(entries, f"deals/{number}.md", f"{head}closed_on: 2026-0{number + 1}-10\n---\n本文\n")
    for name, line in (("draft", "status: draft"), ("old", "status: archived"), ("secret", "visibility: sales")):
        write(entries, f"deals/{name}.md", f"---\nkind: deal\noutcome: won\nangles: [peer]\n{line}\n---\n本文\n")


@pytest.fixture
def library(index: Index, entries: Path, engines: Engines) -> Iterator[Library]:
    _files(entries)
    shown = frozenset({"all", "marketing"})
    narrow = open_index(index.root, index.embedder, CHUNKING, visible=shown, **engines.of_index())
    sync(narrow, entries)
    yield Library(lambda: narrow)
    narrow.close()


def test_drafts_archived_and_hidden_deals_count_nowhere(library: Library) -> None:
    board = library.deals.scoreboard("angle").scores
    assert (board.looked_at.deals, board.rows[0].counts.won, board.base.counts.won) == (6, 3, 3)


def test_entries_that_are_no_deals_count_nowhere(index: Index, entries: Path) -> None:
    write(entries, "campaigns/a.md", "---\ntitle: A\nangles: [peer]\n---\n本文\n")
    write(entries, "talk-tracks/a.md", "---\ntitle: A\nangles: [peer]\n---\n本文\n")
    sync(index, entries)
    board = Library(lambda: index).deals.scoreboard("angle").scores
    assert (board.rows, board.looked_at.deals) == ((), 0)


def test_lead_sources_are_rows_under_their_playbook_name(index: Index, entries: Path) -> None:
    words = "lead_sources:\n  - {key: exhibition, ja: 展示会, en: Exhibition, aliases: [event, イベント]}\n"
    write(entries, "playbook.yaml", words)
    for number, (key, source) in enumerate([("lead_source", "Event"), ("流入", "イベント"), ("流入元", "展示会")]):
        write(entries, f"deals/{number}.md", f"---\nkind: deal\noutcome: won\n{key}: {source}\n---\n本文\n")
    sync(index, entries)
    library = Library(lambda: index, read_playbook=lambda: read_playbook(entries)[0])
    rows = library.deals.scoreboard("lead_source").scores.rows
    assert [(row.key, row.counts.won) for row in rows] == [("exhibition", 3)]


def test_a_filter_by_outcome_leaves_the_other_deals_out_of_the_base_as_well(library: Library) -> None:
    board = library.deals.scoreboard("angle", filters=Filters((("outcome", ("won",)),))).scores
    assert (board.base.counts.won, board.base.counts.lost, board.looked_at.deals) == (3, 0, 3)


def test_base_and_rows_obey_the_same_filters(library: Library) -> None:
    filters = Filters((("industry", ("食品",)),), "2026-02-01", "2026-03-31")
    board = library.deals.scoreboard("angle", filters=filters).scores
    assert (board.base.counts.won, board.base.counts.lost) == (1, 1)
    assert board.rows[0].evidence == ("deals/2", "deals/1")
