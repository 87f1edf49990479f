"""What the product says where the truth is known: simulated bases through its own code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from bench.indexes import Bench
from bench.months import Change, is_said, month_seen
from bench.report import Bound, Figure, publish
from bench.worlds import BASE, FACTORS, NAMED, world, written_down
from kb.insight.correction import corrected_rate, weights_of
from kb.insight.coverage import coverage
from kb.insight.deals import LOST, WON
from kb.insight.differences import Differences
from kb.insight.rates import plain_rate
from kb.insight.scoreboard import Row, Scoreboard, scoreboard
from kb.insight.similar import differences_within
from kb.insight.views import views_of
from kb.loop.meeting import Meeting
from kb.playbook import Playbook

SIZES = (50, 100, 300)
WORLDS = 200  # of each kind: a share is known to about ±.03
EFFECT = 0.25  # added to the win rate
STRONG = 0.38  # an odds ratio of 6
LATER = "four months later"
SEEN_ON = {"on the 12th": date(2026, 11, 12), "on the last day": date(2026, 11, 30), LATER: date(2027, 4, 1)}
CHANGES = {
    "half the leads of 3 campaigns": Change(leads=0.5),
    "a quarter of the leads of 12 campaigns": Change(leads=0.25, campaigns=12),
    "win rate of 20 deals 35 points lower": Change(won=-0.35),
    "win rate of 100 deals 35 points lower": Change(won=-0.35, deals=100),
}
KEPT_LOSSES = 0.5  # have a note
CHANCE, WRONG, SEEN, NAMED_WRONGLY, COVERED = 0.10, 0.06, 0.80, 0.05, 0.90  # aims


def measure_honesty(bench: Bench) -> None:
    """Measure how often a board speaks without cause, finds an effect, and sees through confounding."""
    figures = [figure for deals in SIZES for figure in board_honesty(deals, WORLDS)]
    figures += [figure for deals in SIZES for figure in recording_honesty(deals, WORLDS)]
    figures += meeting_honesty(WORLDS)
    publish(bench.console, bench.folder, "honesty", figures)


def board_honesty(deals: int, worlds: int) -> list[Figure]:
    """Return the shares over simulated bases of one size."""
    nothing = [_board(seed, deals) for seed in range(worlds)]
    found = _called(deals, worlds, effect=EFFECT)
    figures = [
        _share(f"{deals} deals, no effect: any verdict", _among(nothing, _speaks), worlds, "<=", CHANCE),
        _share(f"{deals} deals, no effect: any 'clearer'", _among(nothing, _is_clearer), worlds, "<=", WRONG),
        _share(f"{deals} deals, +25 points: found", len(found), worlds),
        _share(f"{deals} deals, +25 points: explained away", sum(map(_is_explained, found)), len(found), "<=", WRONG),
    ]
    named = [_differences(seed, deals, 0.0) for seed in range(worlds)]
    strong = [_differences(seed, deals, STRONG) for seed in range(worlds)]
    figures += [
        _share(
            f"{deals} deals, no effect: similar deals name a difference",
            sum(map(bool, named)),
            worlds,
            "<=",
            NAMED_WRONGLY,
        ),
        _share(
            f"{deals} deals, odds ratio 6: similar deals name it",
            sum(("angle", NAMED) in one for one in strong),
            worlds,
        ),
    ]
    for factor in FACTORS:
        called = _called(deals, worlds, confounder=factor)
        name = f"{deals} deals, only {factor} matters: a verdict is seen through"
        figures.append(_share(name, sum(map(_is_explained, called)), len(called), ">=", SEEN))
    return figures


def recording_honesty(deals: int, worlds: int) -> list[Figure]:
    """Return how often the interval of the base holds the true win rate where half of the losses have no note."""
    noted = corrected = 0
    for seed in range(worlds):
        table, playbook = written_down(seed, deals, KEPT_LOSSES)
        won, lost = (int((table.outcomes == end).sum()) for end in (WON, LOST))
        base = plain_rate(won, lost)
        weights = weights_of(table, coverage(table, playbook))
        rate = corrected_rate(table.outcomes, weights, table.within(None))
        noted += bool(base.low <= BASE <= base.high)
        corrected += rate is not None and rate.low <= BASE <= rate.high
    name = f"{deals} deals, half of the losses without a note: the true base is in the"
    return [
        _share(f"{name} noted interval", noted, worlds),
        _share(f"{name} corrected interval", corrected, worlds, ">=", COVERED),
    ]


def meeting_honesty(worlds: int) -> list[Figure]:
    """Return how often the meeting on a month in which nothing changed says that something did, and what it finds."""
    quiet = {what: sum(is_said(month_seen(seed, day)) for seed in range(worlds)) for what, day in SEEN_ON.items()}
    figures = [
        _share(f"meeting {what}, no change: any verdict on the page", count, worlds, "<=", CHANCE)
        for what, count in quiet.items()
    ]
    for what, change in CHANGES.items():
        found = sum(_fell(month_seen(seed, SEEN_ON[LATER], change=change), change) for seed in range(worlds))
        figures.append(_share(f"meeting {LATER}, {what}: found", found, worlds))
    return figures


def _fell(found: Meeting, change: Change) -> bool:
    key = "mql" if change.leads < 1 else "win-rate"
    return any(figure.key == key and figure.change == "down" for figure in found.figures)


def _board(seed: int, deals: int, effect: float = 0.0, confounder: str = "") -> Scoreboard:
    table = world(seed, deals, effect=effect, confounder=confounder)
    return scoreboard(table, table.within(None), "angle")


def _differences(seed: int, deals: int, effect: float) -> Differences:
    table = world(seed, deals, effect=effect)
    return differences_within(table, table.within(None), views_of(Playbook(), {}))


def _called(deals: int, worlds: int, effect: float = 0.0, confounder: str = "") -> list[Row]:
    """Return the rows of the named angle that stand above."""
    rows = [row for seed in range(worlds) for row in _board(seed, deals, effect, confounder).rows]
    return [row for row in rows if row.key == NAMED and row.verdict == "above"]


def _among(boards: Sequence[Scoreboard], holds: Callable[[Row], bool]) -> int:
    return sum(any(map(holds, board.rows)) for board in boards)


def _speaks(row: Row) -> bool:
    return row.verdict in ("above", "below")


def _is_clearer(row: Row) -> bool:
    return row.agreement == "clearer"


def _is_explained(row: Row) -> bool:
    return row.agreement in ("weaker", "opposite")


def _share(name: str, count: int, of: int, bound: Bound | None = None, target: float = 0.0) -> Figure:
    known = bound if of >= 10 else None  # a share of fewer says nothing
    return Figure(name, count / of if of else 0.0, bound=known, target=target, note=f"{count} of {of}")
