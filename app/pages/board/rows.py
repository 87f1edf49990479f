"""The rows of the scoreboard in words, each with the deals behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from app.charts.drawings import Interval
from app.pages.board.address import BoardAddress
from app.words.addresses import entry_address
from app.words.board_labels import ENTRY_DIMENSIONS, board_labels
from app.words.reader import Reader
from kb.entry import FACETS, Entry
from kb.insight.insights import Board
from kb.insight.rates import SURE
from kb.insight.response import Response
from kb.insight.scoreboard import Counts, Row
from kb.library import Library

LOPSIDED = 3  # deals that all ended alike, for a row of few deals to be named
MOST_NAMED = 4
MOST_LISTED = 50  # newest deals per row; the search lists all


@dataclass(frozen=True, slots=True)
class DealLink:
    """A deal behind a number."""

    title: str
    address: str
    outcome: str  # empty if none
    day: str


@dataclass(frozen=True, slots=True)
class RowView:
    """A row ready to be shown."""

    key: str
    label: str
    address: str  # of the entry, or of the deals with the value
    counts: str
    others: str  # no decision and open
    ends: Counts
    verdict: str
    is_explained: bool  # the verdict is gone, or reversed, among like deals
    is_one_sided: bool  # a reason given for one outcome only
    verdict_label: str
    probability: str  # how certain the verdict is
    interval: Interval | None  # None if too few deals
    note: str
    response: str
    campaigns: tuple[tuple[str, str], ...]  # (title, address), sources of the response
    deals: tuple[DealLink, ...]
    unlisted: int  # deals beyond MOST_LISTED
    sorting: dict[str, tuple[float, str]]


def counts_words(counts: Counts, reader: Reader) -> str:
    """Return wins and losses with their total."""
    return reader("board.counts", won=counts.won, lost=counts.lost, decided=counts.won + counts.lost)


def row_views(board: Board, asked: BoardAddress, reader: Reader, library: Library) -> list[RowView]:
    """Return the rows in the requested order."""
    by, rows = board.scores.by, board.scores.rows
    labels = board_labels(by, [row.key for row in rows], reader, library)
    making = _Rows(asked, reader, library, board.responses, is_mixed=0 < board.scores.base.mean < 1)
    return sorted((making.view(row, labels[row.key]) for row in rows), key=lambda row: row.sorting[asked.sort])


def finding(rows: Sequence[RowView], base: Counts, reader: Reader) -> str:
    """Return what stands out, in sentences; empty if nothing does."""
    if not (base.won and base.lost):  # nothing to compare with
        return reader("board.no_losses" if base.won else "board.no_wins") if base.won or base.lost else ""
    judged = [row for row in rows if row.interval]
    sentences = []
    for verdict in ("above", "below"):
        for is_explained, ending in ((False, ""), (True, "_explained")):
            if names := [r.label for r in judged if r.verdict == verdict and r.is_explained is is_explained]:
                sentences.append(reader(f"board.finding_{verdict}{ending}", names=reader("comma").join(names)))
    if judged and not sentences:
        sentences.append(reader("board.finding_none"))
    if lopsided := sorted(filter(_is_lopsided, rows), key=lambda row: -(row.ends.won + row.ends.lost)):
        ends = (reader("board.ended", name=row.label, won=row.ends.won, lost=row.ends.lost) for row in lopsided)
        sentences.append(reader("board.finding_few", names=reader("comma").join(islice(ends, MOST_NAMED))))
    return reader.sentences(sentences)


def reason_finding(rows: Sequence[RowView], _base: Counts, reader: Reader) -> str:
    """Return the most frequent reasons for losses and for wins; empty without any."""
    found = []
    for end in ("lost", "won"):
        counts = [(getattr(row.ends, end), row.label) for row in rows]
        most = max((count for count, _ in counts), default=0)
        if names := [label for count, label in counts if most and count == most]:
            found.append(reader(f"board.finding_{end}", names=reader("comma").join(names), count=most))
    return reader.sentences(found)


def _is_lopsided(row: RowView) -> bool:
    """Whether deals all ended the same way without a verdict: worth seeing, though nothing follows from it."""
    sides = sorted((row.ends.won, row.ends.lost))
    return row.verdict in ("too-few", "unclear") and not row.is_one_sided and sides[0] == 0 and sides[1] >= LOPSIDED


class _Rows:
    """Makes the views of one board."""

    def __init__(self, asked: BoardAddress, reader: Reader, library: Library, responses: dict[str, Response],
                 *, is_mixed: bool) -> None:  # fmt: skip
        self._asked = asked
        self._reader = reader
        self._table = library.deals.table
        self._responses = responses
        self._is_mixed = is_mixed
        self._campaigns = library.entries.summaries([c for response in responses.values() for c in response.campaigns])

    def view(self, row: Row, name: str) -> RowView:
        rate, counts, reader = row.rate, row.counts, self._reader
        closed = counts.won + counts.lost + counts.no_decision
        response = self._responses.get(row.key)
        is_reason = self._asked.by == "reason"
        interval = _interval(row, name, reader)
        return RowView(
            key=row.key,
            label=name,
            address=self._address(row.key),
            counts=_ends(counts, reader) if is_reason else counts_words(counts, reader),
            others=_others(counts, reader) if counts.open or (counts.no_decision and not is_reason) else "",
            ends=counts,
            verdict=row.verdict,
            is_explained=row.agreement in ("weaker", "opposite"),
            is_one_sided=row.is_one_sided,
            verdict_label=_verdict(row, reader),
            probability=_probability(row, reader) if interval and self._is_mixed else "",
            interval=interval,
            note=_note(row, reader),
            response=_response(response, reader) if response else "",
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
        day = self._reader.date(entry.deal.closed_on if entry.deal else None)
        return DealLink(entry.title, entry_address(deal), entry.outcome or "", day)

    def _tested(self, response: Response) -> tuple[tuple[str, str], ...]:
        known = [campaign for campaign in response.campaigns if campaign in self._campaigns]
        return tuple((self._campaigns[campaign].title, entry_address(campaign)) for campaign in known)

    def _address(self, key: str) -> str:
        by = self._asked.by
        if by in ENTRY_DIMENSIONS:
            return entry_address(key)
        return self._asked.deals(every=True, **{by: key}) if by in FACETS else ""


def _others(counts: Counts, reader: Reader) -> str:
    return reader("board.others", none=counts.no_decision, open=counts.open)


def _ends(counts: Counts, reader: Reader) -> str:
    """Return how often a reason was given, by outcome, without the zeros."""
    ends = {"won": counts.won, "lost": counts.lost, "no-decision": counts.no_decision}
    parts = [reader("board.end", end=reader.label("outcome", end), count=count) for end, count in ends.items() if count]
    return reader("comma").join(parts) or reader("board.end", end=reader.label("outcome", "open"), count=counts.open)


def _verdict(row: Row, reader: Reader) -> str:
    """Return the verdict in words; of too few deals only their outcomes, which claim nothing."""
    if row.is_one_sided:
        return reader(_only(row.counts))
    if row.verdict != "too-few":
        return reader(f"verdict.{row.verdict}")
    won, lost = row.counts.won, row.counts.lost
    return reader("verdict.few", won=won, lost=lost) if won + lost else reader("verdict.none-decided")


def _only(counts: Counts) -> str:
    if counts.won:
        return "verdict.only_won"
    return "verdict.only_lost" if counts.lost else "verdict.only_none"


def _probability(row: Row, reader: Reader) -> str:
    """Return the probability of the side a row leans to; never 100 %, since it is estimated from few deals.

    Where it would be enough for a single row but not among all of them, it says so.
    """
    above = row.rate.p_above_base
    side, sure = ("below", 1 - above) if above < 0.5 else ("above", above)
    words = reader(f"board.probability_{side}", percent=min(99, max(1, round(sure * 100))))
    is_sure_alone = row.verdict == "unclear" and not 1 - SURE < row.rate.p_above_base < SURE
    return reader("board.probability_among", words=words) if is_sure_alone else words


def _interval(row: Row, name: str, reader: Reader) -> Interval | None:
    if row.verdict == "too-few" or row.is_one_sided:
        return None
    low, mean, high = row.rate.shrunk_low, row.rate.shrunk_mean, row.rate.shrunk_high
    words = reader("board.numbers", low=round(low * 100), mean=round(mean * 100), high=round(high * 100))
    return Interval(name, low, mean, high, words, row.verdict)


def _note(row: Row, reader: Reader) -> str:
    """Return how the fair comparison changes a verdict; empty if it adds nothing."""
    if row.verdict not in ("above", "below") and row.agreement != "clearer":
        return ""
    if row.fair is None or row.agreement == "not-comparable":
        return reader("board.not_comparable")
    names = row.fair.explained_by if row.agreement == "weaker" else row.fair.by
    said = f"clearer_{row.fair.side}" if row.agreement == "clearer" else row.agreement
    sentences = [reader(f"board.{said}", held=_held(names, reader), deals=row.fair.deals)]
    if row.fair.not_held:
        sentences.append(reader("board.not_held", names=_held(row.fair.not_held, reader)))
    return reader.sentences(sentences)


def _held(names: Sequence[str], reader: Reader) -> str:
    return reader("comma").join(reader(f"held.{name}") for name in names)


def _response(response: Response, reader: Reader) -> str:
    return reader(
        f"board.response_{response.source}",
        shown=reader.number(response.shown),
        responded=reader.number(response.responded),
        rate=f"{response.rate * 100:.1f}",
        low=f"{response.low * 100:.1f}",
        high=f"{response.high * 100:.1f}",
    )
