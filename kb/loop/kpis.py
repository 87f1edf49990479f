"""The goal (KGI) and the KPIs of a period, against target and the preceding period.

Pure computation. Each KPI has one row in DEFINITIONS, which also feeds the page that explains them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from kb.insight.rates import count_interval, inflated, plain_rate, probability_beats, probability_more
from kb.insight.spread import Spread, spread_of_counts, spread_of_shares
from kb.loop.maturity import SETTLED, Cohort, cohort
from kb.loop.past import Past, past_of
from kb.loop.period import Period
from kb.loop.ratios import Counted, corrected_share, counted, read_ratio
from kb.loop.records import Records
from kb.loop.targets import amount_target, count_target, currency_of, share_target, span_of
from kb.loop.winnings import Won, won_amount
from kb.playbook import Playbook

Unit = Literal["count", "share", "amount", "none"]
# Besides up and down: no clear difference, too few earlier periods, outcomes still to come, an amount, nothing before.
Change = Literal["up", "down", "within-error", "no-history", "immature", "untested", "none"]


@dataclass(frozen=True, slots=True)
class Measured:
    """A value measured in one period."""

    value: float
    done: int = 0  # of a share: the numerator; of a count: the value itself
    of: int = 0  # of a share: the denominator; of an amount: all won deals, `done` of which have one


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the meeting. `missing` names the data needed if there is no value."""

    key: str  # of DEFINITIONS, or as in the playbook
    name: str = ""  # as in the playbook; empty: the name of the definition
    name_en: str = ""
    unit: Unit = "none"
    currency: str = ""
    now: Measured | None = None
    before: Measured | None = None
    low: float | None = None  # 90 % interval of now
    high: float | None = None
    p_higher: float | None = None  # probability that now is higher than before, with the usual spread between periods
    spread: float = 1.0  # the variance between earlier periods as a multiple of what chance alone gives
    periods: int = 0  # earlier periods that this is known from
    change: Change = "none"
    target_text: str = ""
    target: float | None = None  # for this period
    total: float | None = None  # of the goal: since the start of its period
    elapsed: float | None = None  # of the goal: how much of its period is over, from 0 to 1
    total_left_out: int = 0  # won deals that are not in the total: no amount, or another currency without a rate
    ratio: str = ""  # of a share: numerator/denominator
    is_unnamed: bool = False  # the playbook has a target but does not name its ratio: nothing is compared
    left_out: int = 0  # campaigns that contradict themselves; of an amount: won deals without one
    apart: tuple[tuple[str, int], ...] = ()  # of an amount: sums in currencies without a rate
    rates: str = ""  # of an amount: the day or days of the exchange rates of the playbook
    corrected: float | None = None  # of a share of wins: with the deals nobody wrote down
    cohort: Cohort = SETTLED  # what became of the leads behind a share
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """How a figure is computed. Its texts have the keys number.<key>, .what, .formula and .sources."""

    key: str
    unit: Unit
    missing: str  # the data needed if there is no value
    ratio: str = ""  # of a share: numerator/denominator
    others: tuple[str, ...] = ()  # other keys playbooks use

    def measure(self, records: Records, period: Period) -> tuple[Measured | None, int]:
        """Return the value of a period, and how many campaigns contradict themselves and are left out."""
        if self.unit == "share":
            found = counted(self.ratio, records, period)
            return _share(found), found.left_out
        counts = [m["mql"] for e in records.ended(period) if e.campaign and "mql" in (m := e.campaign.metrics)]
        return (Measured(sum(counts), sum(counts)) if counts else None), 0


DEFINITIONS: Mapping[str, Definition] = {
    definition.key: definition
    for definition in (
        Definition("mql", "count", "campaigns", others=("mqls", "mql-count")),
        Definition("sal-rate", "share", "campaigns", "sal/mql", ("mql-sal", "mql-to-sal")),
        Definition("sql-rate", "share", "campaigns", "sql/sal", ("sal-sql", "sal-to-sql")),
        Definition("close-rate", "share", "campaigns", "won/sql", ("sql-won", "sql-to-won")),
        Definition("win-rate", "share", "decided", "won/decided", ("won-rate", "win_rate")),
        Definition("sla", "share", "in_time", "in_time/mql", ("sla-kept", "sla-rate")),
        Definition("reuse", "share", "won", "reused/won", ("knowledge-reuse",)),
    )
}
_BY_KEY = {other: d for d in DEFINITIONS.values() for other in (d.key, *d.others)}
_BY_RATIO = {d.ratio: d for d in DEFINITIONS.values() if d.ratio}
UNRECORDED = {"first-touch": "contact", "first-contact": "contact", "response-time": "contact"}


def figures(
    playbook: Playbook, records: Records, period: Period, today: date | None = None, past: Sequence[Past] = ()
) -> tuple[Figure, ...]:
    """Return the goal, the KPIs of the playbook in its order, then the remaining ones.

    What can be tested is "within-error" until all tests of a page are judged together.
    """
    past = past or past_of(records, period)
    listed = [(_definition(kpi), kpi) for kpi in playbook.kpis]
    named = {definition.key for definition, _ in listed if definition}
    rest: list[tuple[Definition | None, Mapping[str, Any]]] = [
        (d, {}) for d in DEFINITIONS.values() if d.key not in named
    ]
    found = (_figure(d, kpi, records, period, past, today) for d, kpi in [*listed, *rest])
    return (goal(playbook, records, period), *found)


def goal(playbook: Playbook, records: Records, period: Period) -> Figure:
    """Return the amount won in the period, and since the start of the goal's period."""
    kgi, rates = playbook.kgi, playbook.rates
    text = _text(kgi, "target")
    currency, span = currency_of(text), span_of(_text(kgi, "period"))
    is_running = span is not None and span[0] <= period.end and period.start <= span[1]
    since = None
    if span and is_running:
        since = won_amount(records.closed(Period("", span[0], min(period.end, span[1]))), currency, rates)
    found = won_amount(records.closed(period), currency, rates)
    now, before = _amount(found), _amount(won_amount(records.closed(period.before()), currency, rates))
    return Figure(
        key="won-amount", name=_text(kgi, "name"), name_en=_text(kgi, "en"), unit="amount", currency=currency,
        now=now, before=before, change="untested" if now else "none", target_text=text, target=amount_target(text),
        total=since.amount if since and (since.counted or not since.deals) else None,
        total_left_out=since.deals - since.counted if since else 0,
        elapsed=_elapsed(span, period) if span and is_running else None,
        apart=found.apart, left_out=found.without_amount, rates=rates.days if found.converted else "",
        missing="" if now else "amounts",
    )  # fmt: skip


def _elapsed(span: tuple[date, date], period: Period) -> float:
    """Return how much of a span is over at the end of a period within it."""
    first, last = span
    return ((min(period.end, last) - first).days + 1) / ((last - first).days + 1)


def _definition(kpi: Mapping[str, Any]) -> Definition | None:
    """Return how a KPI is computed: as its ratio says, else as its key does."""
    named = _BY_KEY.get(_key(kpi))
    ratio = read_ratio(_text(kpi, "ratio")) if kpi.get("ratio") else None
    if ratio is None or (named and named.unit != "share"):
        return named
    missing = "decided" if ratio.startswith("won/") and ratio.endswith(("decided", "closed")) else "campaigns"
    return _BY_RATIO.get(ratio) or Definition(ratio, "share", missing, ratio)


def _figure(
    definition: Definition | None,
    kpi: Mapping[str, Any],
    records: Records,
    period: Period,
    past: Sequence[Past],
    today: date | None,
) -> Figure:
    text, key = _text(kpi, "target"), _key(kpi)
    texts: dict[str, Any] = {"name": _text(kpi, "name") or key if kpi else "", "name_en": _text(kpi, "en")}
    texts["target_text"] = text
    if definition is None:
        return Figure(key=key or texts["name"], missing=UNRECORDED.get(key, "unknown"), **texts)
    now, left_out = definition.measure(records, period)
    earlier = [(one.period, definition.measure(one.records, one.period)[0]) for one in past]
    before = earlier[0][1]
    texts |= {"ratio": definition.ratio, "left_out": left_out, "unit": definition.unit, "key": definition.key}
    if definition.unit == "count":
        texts["target"] = count_target(text, period)
    elif read_ratio(_text(kpi, "ratio")) == definition.ratio:
        texts["target"] = share_target(text)
    else:  # a share of what? 28 % of SQLs is not 28 % of decided deals
        texts["is_unnamed"] = share_target(text) is not None
    if now is None:
        return Figure(before=before, missing=definition.missing, **texts)
    spread, so_far = _spread(definition.unit, earlier), cohort(definition.ratio, records, period, today)
    low, high = _interval(definition.unit, now, spread)
    change: Change = "none" if before is None else "within-error"
    change = "immature" if not so_far.is_mature else change if spread.is_known else "no-history"
    p = None
    if before and change == "within-error":
        p = inflated(_p_higher(definition.unit, now, before, period), spread.factor, spread.periods)
    return Figure(
        now=now, before=before, low=low, high=high, p_higher=p, change=change, spread=spread.factor,
        periods=spread.periods, cohort=so_far, corrected=corrected_share(definition.ratio, records, period), **texts,
    )  # fmt: skip


def _spread(unit: Unit, earlier: Sequence[tuple[Period, Measured | None]]) -> Spread:
    """Return how much the earlier periods vary; those without a value say nothing."""
    known = [(period.days, measured) for period, measured in earlier if measured]
    if unit == "count":
        return spread_of_counts([measured.done for _, measured in known], [days for days, _ in known])
    return spread_of_shares([[measured.done for _, measured in known]], [measured.of for _, measured in known])


def _interval(unit: Unit, now: Measured, spread: Spread) -> tuple[float | None, float | None]:
    """Return the 90 % interval; none for a count whose usual spread is unknown: chance alone is far too narrow."""
    if unit == "count":
        return count_interval(now.done, spread.factor) if spread.is_known else (None, None)
    rate = plain_rate(now.done / spread.factor, (now.of - now.done) / spread.factor)
    return float(rate.low), float(rate.high)


def _p_higher(unit: Unit, now: Measured, before: Measured, period: Period) -> float:
    if unit == "count":
        return probability_more(now.done, period.days, before.done, period.before().days)
    return probability_beats(now.done, now.of - now.done, before.done, before.of - before.done)


def _share(found: Counted) -> Measured | None:
    return Measured(found.done / found.of, found.done, found.of) if found.of > 0 else None


def _amount(won: Won) -> Measured | None:
    """Return the amount won with the deals behind it; None if no won deal has an amount."""
    return Measured(won.amount, won.counted, won.deals) if won.counted or won.apart else None


def _key(kpi: Mapping[str, Any]) -> str:
    return _text(kpi, "key").strip().casefold()


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name, "")
    return value if isinstance(value, str) else str(value) if isinstance(value, (int, float)) else ""
