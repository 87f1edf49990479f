"""What a scoreboard counts, and what it says of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sync import sync
from kb.entry import Entry, Reason
from kb.index.index import Index
from kb.insight.scoreboard import BYS, OutcomeOf, Row, Scoreboard, scoreboard
from kb.library import Library
from kb.playbook import Playbook, Term, Vocabulary
from kb.search.query import Filters
from tests.deals import deal, table_of
from tests.words import write


def _board(deals: list[Entry], by: str = "angle", outcome_of: OutcomeOf = "decided") -> Scoreboard:
    table = table_of(*deals)
    return scoreboard(table, table.within(None), by, outcome_of)  # type: ignore[arg-type]


def _row(board: Scoreboard, key: str) -> Row:
    return next(row for row in board.rows if row.key == key)


def _deals(angle: str, won: int, lost: int, no_decision: int = 0) -> list[Entry]:
    ends = ["won"] * won + ["lost"] * lost + ["no-decision"] * no_decision
    return [deal(f"{angle}-{number}", end, angles=(angle,)) for number, end in enumerate(ends)]


def test_a_deal_counts_once_in_a_row_however_often_it_names_a_value() -> None:
    reasons = (Reason("price"), Reason("price", "buyer"))
    board = _board([deal("a", "lost", reasons=reasons)], "reason")
    assert _row(board, "price").counts.lost == 1 and _row(board, "price").evidence == ("deals/a",)


def test_no_decision_is_an_outcome_of_its_own() -> None:
    deals = _deals("peer", 3, 1, 4)
    decided, closed = (_row(_board(deals, outcome_of=of), "peer") for of in ("decided", "closed"))
    assert decided.counts == closed.counts
    assert decided.rate.mean == pytest.approx(3.5 / 5) and closed.rate.mean == pytest.approx(3.5 / 9)


def test_open_deals_and_deals_without_an_outcome_are_in_no_rate() -> None:
    more = [deal("open", "open", angles=("peer",)), deal("none", None, angles=("peer",))]
    board = _board([*_deals("peer", 3, 1), *more])
    assert _row(board, "peer").rate.mean == pytest.approx(3.5 / 5)
    assert (board.looked_at.deals, board.looked_at.decided, board.looked_at.without_outcome) == (6, 4, 1)
    assert _row(board, "peer").counts.open == 1


def test_below_five_decided_deals_nothing_is_said() -> None:
    board = _board([*_deals("few", 4, 0), *_deals("rest", 10, 40)])
    assert _row(board, "few").verdict == "too-few" and _row(board, "few").fair is None


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


def test_a_lead_source_has_one_row_whatever_it_is_called() -> None:
    words = Vocabulary.of([Term("fair", "展示会", "Exhibition", ("event", "イベント"))])
    deals = [deal(f"d{n}", "won", lead_source=name) for n, name in enumerate(["展示会", "Event", "イベント", " 電話 "])]
    table = table_of(*deals, playbook=Playbook(lead_sources=words))
    rows = scoreboard(table, table.within(None), "lead_source").rows
    assert {row.key: row.counts.won for row in rows} == {"fair": 3, "電話": 1}


def test_only_talk_tracks_are_rows_of_the_talk_tracks() -> None:
    used = ("talk-tracks/a", "notes/b", "gone")
    table = table_of(deal("d", "won", used=used), kinds={"talk-tracks/a": "talk-track", "notes/b": "note"})
    assert [row.key for row in scoreboard(table, table.within(None), "talk-track").rows] == ["talk-tracks/a"]


def test_no_deals_give_an_empty_board() -> None:
    for by in BYS:
        board = _board([], by)
        assert board.rows == () and board.base.counts.won == 0 and board.base.mean == 0.5


outcomes = st.sampled_from(["won", "lost", "no-decision", "open", None])
some = st.lists(st.tuples(outcomes, st.sampled_from(["peer", "price", ""]), st.integers(1, 900)), max_size=25)


@given(some, st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(rows: list[tuple[str, str, int]], random: object) -> None:
    deals = [deal(f"d{n:02}", end, angles=(a,) if a else (), size=size) for n, (end, a, size) in enumerate(rows)]
    shuffled = list(deals)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert _board(deals) == _board(shuffled)


def _files(entries: Path) -> None:
    for number in range(6):
        outcome = "won" if number % 2 else "lost"
        head = f"---\nkind: deal\noutcome: {outcome}\nindustry: {'食品' if number < 4 else '物流'}\nangles: [peer]\n"
        write(entries, f"deals/{number}.md", f"{head}closed_on: 2026-0{number + 1}-10\n---\n本文\n")
    for name, line in (("draft", "status: draft"), ("old", "status: archived"), ("secret", "visibility: sales")):
        write(entries, f"deals/{name}.md", f"---\nkind: deal\noutcome: won\nangles: [peer]\n{line}\n---\n本文\n")


@pytest.fixture
def library(index: Index, entries: Path) -> Library:
    _files(entries)
    sync(index, entries)
    return Library(lambda: index, visible=frozenset({"all", "marketing"}))


def test_drafts_archived_and_hidden_deals_count_nowhere(library: Library) -> None:
    board = library.scoreboard("angle").scores
    assert (board.looked_at.deals, board.rows[0].counts.won, board.base.counts.won) == (6, 3, 3)


def test_base_and_rows_obey_the_same_filters(library: Library) -> None:
    filters = Filters((("industry", ("食品",)),), "2026-02-01", "2026-03-31")
    board = library.scoreboard("angle", filters=filters).scores
    assert (board.base.counts.won, board.base.counts.lost) == (1, 1)
    assert board.rows[0].evidence == ("deals/2", "deals/1")
