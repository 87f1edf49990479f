"""The ratios a KPI can name in the playbook: `ratio: won/sql`. A target is compared with this ratio and no other."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kb.choices import CHOICES, MONEY_METRICS
from kb.entry import Entry
from kb.insight.rates import LEAST_DECIDED
from kb.loop.period import Period
from kb.loop.records import Records

IN_TIME = "in_time"  # MQLs contacted within the promised time
STAGES = tuple(key for key in CHOICES["metric"].keys if key not in MONEY_METRICS)
_COUNTED = (*STAGES, IN_TIME)  # in campaigns
_ENDS = {"won/decided": ("won", "lost"), "won/closed": ("won", "lost", "no-decision")}
_OF_DEALS = (*_ENDS, "reused/won")
EXAMPLES = ("won/sql", "won/decided", "won/closed", "sal/mql", "sql/sal", f"{IN_TIME}/mql", "reused/won")


@dataclass(frozen=True, slots=True)
class Counted:
    """Both parts of a ratio in a period."""

    done: int
    of: int
    left_out: int = 0  # campaigns that report more of the part than of the whole


def read_ratio(text: str) -> str | None:
    """Return a ratio as its two keys, won/sql; None if it cannot be computed."""
    parts = unicodedata.normalize("NFKC", text).replace("÷", "/").split("/")
    ratio = "/".join(_part(part) for part in parts)
    return ratio if ratio in _OF_DEALS or (len(parts) == 2 and _is_of_campaigns(ratio)) else None


def is_of_deals(ratio: str) -> bool:
    """Whether a ratio counts deals by the day they closed, not the leads of campaigns."""
    return ratio in _OF_DEALS


def counted(ratio: str, records: Records, period: Period) -> Counted:
    """Count both parts of a ratio over the deals or campaigns of a period."""
    return _DEALS[ratio](records, period) if ratio in _DEALS else _of_campaigns(ratio, records, period)


def too_many(metrics: Mapping[str, int]) -> tuple[str, str] | None:
    """Return (later, earlier) for the first stage with more leads than a stage before it; None if all fit."""
    known = [stage for stage in ("leads", "mql", "sal", "sql", "won") if stage in metrics]
    pairs = [(then, first) for at, first in enumerate(known) for then in known[at + 1 :]]
    pairs += [(IN_TIME, "mql")] if {IN_TIME, "mql"} <= metrics.keys() else []
    return next((pair for pair in pairs if metrics[pair[0]] > metrics[pair[1]]), None)


def _part(text: str) -> str:
    key = text.strip().casefold()
    term = CHOICES["metric"].find(key)
    return term.key if term else key


def _is_of_campaigns(ratio: str) -> bool:
    done, of = ratio.split("/")
    return done != of and done in _COUNTED and of in _COUNTED


def _of_campaigns(ratio: str, records: Records, period: Period) -> Counted:
    """Count over the campaigns that counted both; one with more of the part than of the whole is left out."""
    done, of = ratio.split("/")
    metrics = [entry.campaign.metrics for entry in records.ended(period) if entry.campaign]
    pairs = [(m[done], m[of]) for m in metrics if done in m and of in m]
    fitting = [pair for pair in pairs if pair[0] <= pair[1]]
    sums = [sum(side) for side in zip(*fitting, strict=True)] or [0, 0]
    return Counted(sums[0], sums[1], len(pairs) - len(fitting))


def _won_of(*ends: str) -> Callable[[Records, Period], Counted]:
    def count(records: Records, period: Period) -> Counted:
        outcomes = [deal.outcome for deal in records.closed(period)]
        return Counted(outcomes.count("won"), sum(outcome in ends for outcome in outcomes))

    return count


def corrected_share(ratio: str, records: Records, period: Period) -> float | None:
    """Return a share of wins with the missing deals; None for other ratios, few deals, or if none is missing."""
    ends = _ENDS.get(ratio, ())
    deals = [deal for deal in records.closed(period) if deal.outcome in ends]
    weights = [records.weights.get(deal.id, 0.0) for deal in deals]
    if len(deals) < LEAST_DECIDED or not all(weights) or set(weights) <= {1.0}:
        return None
    return sum(w for deal, w in zip(deals, weights, strict=True) if deal.outcome == "won") / sum(weights)


def _reused(records: Records, period: Period) -> Counted:
    won: list[Entry] = [deal for deal in records.closed(period) if deal.outcome == "won"]
    return Counted(sum(bool(records.used(deal)) for deal in won), len(won))


_DEALS: Mapping[str, Callable[[Records, Period], Counted]] = {
    **{ratio: _won_of(*ends) for ratio, ends in _ENDS.items()},
    "reused/won": _reused,
}
