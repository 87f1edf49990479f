"""Trust: whether an entry is reliable as it is, and the evidence against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from kb.entry import Entry
from kb.insight.rates import LEAST_DECIDED, SURE, plain_rate, probability_above, stands_out

TrustState = Literal["overdue", "needs-review", "verified", "unverified"]
STATES: tuple[TrustState, ...] = get_args(TrustState)
DOUBTED: tuple[TrustState, ...] = ("overdue", "needs-review")
STREAK = 3  # deals lost without a win: said as it is, and gone with the first win
NO_BASE = 0.5  # win rate of all deals where none is decided


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubt about an entry, with its evidence."""

    kind: Literal["overdue", "record", "lost", "angle", "newer"]
    evidence: tuple[str, ...] = ()  # entry ids, newest first
    day: date | None = None  # review date
    angle: str = ""
    won: int = 0  # of the angle, or of the deals it was used in
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """The trust state of an entry, with the doubts behind it."""

    state: TrustState
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """The evidence from all deals and entries."""

    lost_by_used: Mapping[str, Sequence[Entry]]  # newest first
    won_by_used: Mapping[str, Sequence[Entry]]
    lost_by_angle: Mapping[str, Sequence[Entry]]  # of weak angles
    weak: Mapping[str, tuple[int, int]]  # won and lost by angle
    newer: Mapping[str, Sequence[Entry]]  # entries that supersede or derive from one, by its id
    base: float  # win rate of all deals


def standings(content: Sequence[Entry], deals: Sequence[Entry], today: date) -> dict[str, Standing]:
    """Return the standing of every entry by id; for deals only review date and successors count."""
    known = _known((*content, *deals), weak_angles(deals), base_of(deals))
    return {entry.id: _standing(entry, known, today) for entry in (*content, *deals)}


def standing_of(
    entry: Entry,
    others: Iterable[Entry],
    weak: Mapping[str, tuple[int, int]],
    today: date,
    base: float = NO_BASE,
) -> Standing:
    """Return the standing of one entry; `others` link to it, or are lost deals of a weak angle."""
    return _standing(entry, _known(others, weak, base), today)


def base_of(deals: Iterable[Entry]) -> float:
    """Return the win rate of all deals."""
    ends = Counter(deal.outcome for deal in deals)
    return base_rate(ends["won"], ends["lost"])


def base_rate(won: int, lost: int) -> float:
    """Return the win rate of decided deals."""
    return float(plain_rate(won, lost).mean)


def speaks_against(won: int, lost: int, base: float) -> bool:
    """Whether deals speak against what they used: decided often enough, and surely won less often than others.

    Losses alone do not: of five deals some are lost in any case.
    """
    return won + lost >= LEAST_DECIDED and float(probability_above(won, lost, base)) <= 1 - SURE


def keeps_losing(won: int, lost: int) -> bool:
    """Whether every deal so far was lost, several times: no verdict on chance, but what anybody sees in the marks."""
    return won == 0 and lost >= STREAK


def weak_angles(deals: Iterable[Entry]) -> dict[str, tuple[int, int]]:
    """Return (won, lost) of the angles whose shrunk win rate is significantly below the base rate."""
    pairs = ((angle, deal.outcome or "") for deal in deals for angle in ("", *dict.fromkeys(deal.angle)))
    ends: Counter[tuple[str, str]] = Counter(pairs)
    return weak_among(ends, ends["", "won"], ends["", "lost"])


def weak_among(ends: Mapping[tuple[str, str], int], won: int, lost: int) -> dict[str, tuple[int, int]]:
    """Return the angles the board calls below, from counts by (angle, outcome) and the totals of all deals."""
    counts = {angle: (ends.get((angle, "won"), 0), ends.get((angle, "lost"), 0)) for angle, _ in ends if angle}
    judged = {angle: sides for angle, sides in counts.items() if sum(sides) >= LEAST_DECIDED}
    wins, losses = ([sides[at] for sides in judged.values()] for at in (0, 1))
    above = probability_above(wins, losses, base_rate(won, lost))
    clear = stands_out(above) & (above < 0.5)
    return {angle: sides for (angle, sides), is_weak in zip(judged.items(), clear.tolist(), strict=True) if is_weak}


def _known(entries: Iterable[Entry], weak: Mapping[str, tuple[int, int]], base: float) -> _Known:
    lost_by_used: dict[str, list[Entry]] = {}
    won_by_used: dict[str, list[Entry]] = {}
    lost_by_angle: dict[str, list[Entry]] = {}
    newer: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.sort_date, entry.id), reverse=True):
        for other in dict.fromkeys((*entry.supersedes, *entry.derived_from)):
            newer.setdefault(other, []).append(entry)
        if entry.deal is not None and entry.outcome == "won":
            for used in dict.fromkeys(entry.deal.used):
                won_by_used.setdefault(used, []).append(entry)
        if entry.deal is None or entry.outcome != "lost":
            continue
        for used in dict.fromkeys(entry.deal.used):
            lost_by_used.setdefault(used, []).append(entry)
        for angle in weak.keys() & set(entry.angle):
            lost_by_angle.setdefault(angle, []).append(entry)
    return _Known(lost_by_used, won_by_used, lost_by_angle, weak, newer, base)


def _standing(entry: Entry, known: _Known, today: date) -> Standing:
    doubts = tuple(_doubts(entry, known, today))
    if any(doubt.kind == "overdue" for doubt in doubts):
        return Standing("overdue", doubts)
    if doubts:
        return Standing("needs-review", doubts)
    return Standing("verified" if entry.verified_on or entry.verified_by else "unverified")


def _doubts(entry: Entry, known: _Known, today: date) -> Iterable[Doubt]:
    """Yield the doubts about an entry.

    Its record counts whatever the dates; other evidence only after its verification or its own date.
    """
    if entry.review_by and entry.review_by < today:
        yield Doubt("overdue", day=entry.review_by)
    checked = entry.verified_on or entry.date
    since = checked.isoformat() if checked else ""
    if entry.kind != "deal":
        every = known.lost_by_used.get(entry.id, ())
        wins = known.won_by_used.get(entry.id, ())
        won, lost = len(_after(wins, since)), _after(every, since)
        if keeps_losing(len(wins), len(every)) or speaks_against(len(wins), len(every), known.base):
            yield Doubt("record", tuple(deal.id for deal in every), won=len(wins), lost=len(every))
        elif speaks_against(won, len(lost), known.base):
            yield Doubt("lost", lost, won=won, lost=len(lost))
        for angle in entry.angle:
            if against := _after(known.lost_by_angle.get(angle, ()), since):
                won, all_lost = known.weak[angle]
                yield Doubt("angle", against, angle=angle, won=won, lost=all_lost)
    replaced = [other for other in known.newer.get(entry.id, ()) if _replaces(other, entry, since)]
    if replaced:
        yield Doubt("newer", tuple(other.id for other in replaced))


def _replaces(other: Entry, entry: Entry, since: str) -> bool:
    """Whether another entry replaces this one: explicitly, or as a newer one of its kind on the same competitor."""
    is_newer = other.sort_date > since
    if entry.id in other.supersedes:
        return is_newer or not (other.sort_date and entry.verified_on)
    return is_newer and other.kind == entry.kind and bool({*other.competitor} & {*entry.competitor})


def _after(deals: Iterable[Entry], since: str) -> tuple[str, ...]:
    return tuple(deal.id for deal in deals if deal.sort_date > since)
