"""The rows of the scoreboard in words, each with the deals behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.charts.drawings import Interval
from app.pages.board.address import BoardAddress
from app.words.addresses import entry_address
from app.words.board_labels import ENTRY_DIMENSIONS, board_labels
from app.words.catalogue import Texts
from kb.entry import FACETS, Entry
from kb.insight.insights import Board
from kb.insight.response import Response
from kb.insight.scoreboard import Counts, Row
from kb.library import Library

MOST_LISTED = 50  # deals of a row on the page, the newest; the search lists all


@dataclass(frozen=True, slots=True)
class DealLink:
    """A deal behind a number."""

    title: str
    address: str
    outcome: str  # empty for none
    day: str


@dataclass(frozen=True, slots=True)
class RowView:
    """A row ready to be shown."""

    key: str
    label: str
    address: str  # of the entry, or of the deals with the value
    counts: str
    others: str  # no decision and open
    verdict: str
    verdict_label: str
    probability: str  # how sure the verdict is
    interval: Interval | None  # None where too few
    note: str
    response: str
    campaigns: tuple[tuple[str, str], ...]  # (title, address) of those the response comes from
    deals: tuple[DealLink, ...]
    unlisted: int  # deals beyond MOST_LISTED
    sorting: dict[str, tuple[float, str]]


def counts_words(counts: Counts, texts: Texts) -> str:
    """Return wins and losses with their number."""
    return texts("board.counts", won=counts.won, lost=counts.lost, decided=counts.won + counts.lost)


def row_views(board: Board, asked: BoardAddress, texts: Texts, library: Library) -> list[RowView]:
    """Return the rows in the order asked for."""
    by, rows = board.scores.by, board.scores.rows
    labels = board_labels(by, [row.key for row in rows], texts.locale, library)
    making = _Rows(asked, texts, library, board.responses)
    return sorted((making.view(row, labels[row.key]) for row in rows), key=lambda row: row.sorting[asked.sort])


def finding(rows: Iterable[RowView], texts: Texts) -> str:
    """Return what the rows say in a sentence; empty where none may be judged."""
    judged = [row for row in rows if row.interval]
    said = []
    for verdict in ("above", "below"):
        if names := [row.label for row in judged if row.verdict == verdict]:
            said.append(texts(f"board.finding_{verdict}", names=texts("comma").join(names)))
    if judged and not said:
        return texts("board.finding_none")
    return texts.sentences(said)


class _Rows:
    """Makes the views of one board."""

    def __init__(self, asked: BoardAddress, texts: Texts, library: Library, responses: dict[str, Response]) -> None:
        self._asked = asked
        self._texts = texts
        self._table = library.insights.deals
        self._responses = responses
        self._campaigns = library.summaries([c for response in responses.values() for c in response.campaigns])

    def view(self, row: Row, name: str) -> RowView:
        rate, counts, texts = row.rate, row.counts, self._texts
        closed = counts.won + counts.lost + counts.no_decision
        response = self._responses.get(row.key)
        is_reason = self._asked.by == "reason"
        interval = _interval(row, name, texts)
        return RowView(
            key=row.key,
            label=name,
            address=self._address(row.key),
            counts=_ends(counts, texts) if is_reason else counts_words(counts, texts),
            others=_others(counts, texts) if not is_reason or counts.open else "",
            verdict=row.verdict,
            verdict_label=texts(_only(counts) if row.is_one_sided else f"verdict.{row.verdict}"),
            probability=_probability(row, texts) if interval else "",
            interval=interval,
            note=_note(row, texts),
            response=_response(response, texts) if response else "",
            campaigns=self._tested(response) if response else (),
            deals=tuple(map(self._deal, row.evidence[:MOST_LISTED])),
            unlisted=max(0, len(row.evidence) - MOST_LISTED),
            sorting={
                "low": (-rate.shrunk_low, name),
                "share": (-rate.shrunk_mean, name),
                "deals": (-(closed if is_reason else counts.won + counts.lost), name),
                "name": (0.0, name),
            },
        )

    def _deal(self, deal: str) -> DealLink:
        entry: Entry = self._table.deals[self._table.places[deal]]
        day = self._texts.day(entry.deal.closed_on if entry.deal else None)
        return DealLink(entry.title, entry_address(deal), entry.outcome or "", day)

    def _tested(self, response: Response) -> tuple[tuple[str, str], ...]:
        known = [campaign for campaign in response.campaigns if campaign in self._campaigns]
        return tuple((self._campaigns[campaign].title, entry_address(campaign)) for campaign in known)

    def _address(self, key: str) -> str:
        by = self._asked.by
        if by in ENTRY_DIMENSIONS:
            return entry_address(key)
        return self._asked.deals(every=True, **{by: key}) if by in FACETS else ""


def _others(counts: Counts, texts: Texts) -> str:
    return texts("board.others", none=counts.no_decision, open=counts.open)


def _ends(counts: Counts, texts: Texts) -> str:
    """Return how often a reason was given, by outcome, without the zeros."""
    ends = {"won": counts.won, "lost": counts.lost, "no-decision": counts.no_decision}
    said = [texts("board.end", end=texts(f"outcome.{end}"), count=count) for end, count in ends.items() if count]
    return texts("comma").join(said) or texts("board.end", end=texts("outcome.open"), count=counts.open)


def _only(counts: Counts) -> str:
    if counts.won:
        return "verdict.only_won"
    return "verdict.only_lost" if counts.lost else "verdict.only_none"


def _probability(row: Row, texts: Texts) -> str:
    """Return how sure the side is that a row leans to; never quite, for it is a guess from a few deals."""
    side, sure = ("below", 1 - row.rate.p_above_base) if row.verdict == "below" else ("above", row.rate.p_above_base)
    return texts(f"board.probability_{side}", percent=min(99, max(1, round(sure * 100))))


def _interval(row: Row, name: str, texts: Texts) -> Interval | None:
    if row.verdict == "too-few" or row.is_one_sided:
        return None
    low, mean, high = row.rate.shrunk_low, row.rate.shrunk_mean, row.rate.shrunk_high
    words = texts("board.numbers", low=round(low * 100), mean=round(mean * 100), high=round(high * 100))
    return Interval(name, low, mean, high, words, row.verdict)


def _note(row: Row, texts: Texts) -> str:
    """Return what comparing like with like makes of a verdict; empty where there is nothing to add."""
    if row.verdict not in ("above", "below") and row.agreement != "clearer":
        return ""
    if row.fair is None or row.agreement == "not-comparable":
        return texts("board.not_comparable")
    held = texts("comma").join(texts(f"held.{name}") for name in row.fair.by)
    return texts(f"board.{row.agreement}", held=held, deals=row.fair.deals)


def _response(response: Response, texts: Texts) -> str:
    return texts(
        f"board.response_{response.source}",
        shown=texts.number(response.shown),
        responded=texts.number(response.responded),
        rate=f"{response.rate * 100:.1f}",
        low=f"{response.low * 100:.1f}",
        high=f"{response.high * 100:.1f}",
    )
