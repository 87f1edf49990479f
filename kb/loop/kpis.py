"""The goal (KGI) and the KPIs of a period, against target and the preceding period.

Pure computation. Each KPI has one row in DEFINITIONS, which also feeds the page that explains them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from kb.entry import Entry
from kb.insight.rates import SURE, count_interval, plain_rate, probability_beats, probability_more
from kb.loop.period import Period
from kb.loop.targets import amount_target, count_target, currency_of, share_target, span_of
from kb.playbook import Playbook

Unit = Literal["count", "share", "amount", "none"]
Change = Literal["up", "down", "within-error", "untested", "none"]
_DAY = re.compile(r"(\d{4})\s*[-/年.]\s*(\d{1,2})\s*[-/月.]\s*(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Measured:
    """A value measured in one period."""

    value: float
    done: int = 0  # of a share: the numerator; else the value itself
    of: int = 0  # of a share: the denominator; of an amount: the number of deals


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
    p_higher: float | None = None  # probability that now is higher than before
    change: Change = "none"
    target_text: str = ""
    target: float | None = None  # for this period
    total: float | None = None  # of the goal: since the start of its period
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Records:
    """The records behind the figures."""

    deals: Sequence[Entry]
    campaigns: Sequence[Entry]

    def closed(self, period: Period) -> list[Entry]:
        """Return the deals closed in a period, newest first."""
        first, last = period.start.isoformat(), period.end.isoformat()
        found = [d for d in self.deals if d.outcome not in (None, "open") and first <= d.sort_date <= last]
        return sorted(found, key=lambda deal: (deal.sort_date, deal.id), reverse=True)

    def ended(self, period: Period) -> list[Entry]:
        """Return the campaigns that ended in a period."""
        return [entry for entry in self.campaigns if period.contains(campaign_end(entry))]

    def last_end(self, until: date) -> date | None:
        """Return the last day on which a deal was closed or a campaign ended."""
        last = until.isoformat()
        days = [d.sort_date for d in self.deals if d.outcome not in (None, "open") and "" < d.sort_date <= last]
        ends = [day for entry in self.campaigns if (day := campaign_end(entry)) and day <= until]
        return max([*ends, *([date.fromisoformat(max(days))] if days else [])], default=None)

    def months_counted(self, until: date) -> list[Period]:
        """Return the months in which a campaign with numbers ended, newest first."""
        counted = [campaign_end(entry) for entry in self.campaigns if entry.campaign and entry.campaign.metrics]
        months = {f"{day:%Y-%m}" for day in counted if day and day <= until}
        return [Period.read(month) for month in sorted(months, reverse=True)]


@dataclass(frozen=True, slots=True)
class Definition:
    """How a figure is computed. Its texts have the keys number.<key>, .what, .formula and .sources."""

    key: str
    unit: Unit
    measure: Callable[[Records, Period], Measured | None]
    missing: str  # the data needed if there is no value
    others: tuple[str, ...] = ()  # other keys playbooks use


def campaign_end(entry: Entry) -> date | None:
    """Return the last day of a campaign's period, else the date of its entry."""
    for year, month, day in reversed(_DAY.findall(entry.campaign.period if entry.campaign else "")):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return entry.date


def _leads(records: Records, period: Period) -> Measured | None:
    counts = [m["mql"] for e in records.ended(period) if e.campaign and "mql" in (m := e.campaign.metrics)]
    return Measured(sum(counts), sum(counts)) if counts else None


def _step(first: str, then: str) -> Callable[[Records, Period], Measured | None]:
    """Return the conversion from one stage to the next, over the campaigns that counted both."""

    def measure(records: Records, period: Period) -> Measured | None:
        metrics = [entry.campaign.metrics for entry in records.ended(period) if entry.campaign]
        pairs = [(m[then], m[first]) for m in metrics if first in m and then in m]
        return _share(sum(min(pair) for pair in pairs), sum(of for _, of in pairs))

    return measure


def _wins(records: Records, period: Period) -> Measured | None:
    ends = [deal.outcome for deal in records.closed(period)]
    return _share(ends.count("won"), ends.count("won") + ends.count("lost"))


def _reuse(records: Records, period: Period) -> Measured | None:
    won = [deal.deal for deal in records.closed(period) if deal.deal and deal.outcome == "won"]
    return _share(sum(bool(deal.used) for deal in won), len(won))


def _share(done: int, of: int) -> Measured | None:
    return Measured(done / of, done, of) if of > 0 else None


DEFINITIONS: Mapping[str, Definition] = {
    definition.key: definition
    for definition in (
        Definition("mql", "count", _leads, "campaigns", ("mqls", "mql-count")),
        Definition("sal-rate", "share", _step("mql", "sal"), "campaigns", ("mql-sal", "mql-to-sal")),
        Definition("sql-rate", "share", _step("sal", "sql"), "campaigns", ("sal-sql", "sal-to-sql")),
        Definition("close-rate", "share", _step("sql", "won"), "campaigns", ("sql-won", "sql-to-won")),
        Definition("win-rate", "share", _wins, "decided", ("won-rate", "win_rate")),
        Definition("sla", "share", _step("mql", "in_time"), "in_time", ("sla-kept", "sla-rate")),
        Definition("reuse", "share", _reuse, "won", ("knowledge-reuse",)),
    )
}
_BY_KEY = {other: d for d in DEFINITIONS.values() for other in (d.key, *d.others)}
UNRECORDED = {"first-touch": "contact", "first-contact": "contact", "response-time": "contact"}


def figures(playbook: Playbook, records: Records, period: Period) -> tuple[Figure, ...]:
    """Return the goal, the KPIs of the playbook in its order, then the remaining ones."""
    listed = [(_text(kpi, "key").strip().casefold(), kpi) for kpi in playbook.kpis]
    named = {_BY_KEY[key].key for key, _ in listed if key in _BY_KEY}
    rest: list[tuple[str, Mapping[str, Any]]] = [(key, {}) for key in DEFINITIONS if key not in named]
    return (goal(playbook, records, period), *(_figure(key, kpi, records, period) for key, kpi in [*listed, *rest]))


def goal(playbook: Playbook, records: Records, period: Period) -> Figure:
    """Return the amount won in the period, and since the start of the goal's period."""
    kgi = playbook.kgi
    text = _text(kgi, "target")
    currency, span = currency_of(text), span_of(_text(kgi, "period"))
    is_running = span is not None and span[0] <= period.end and period.start <= span[1]
    total = None
    if span and is_running:
        since = Period("", span[0], min(period.end, span[1]))
        total = sum(_amounts(records.closed(since), currency))
    now = _sum(records.closed(period), currency)
    return Figure(
        key="won-amount", name=_text(kgi, "name"), name_en=_text(kgi, "en"), unit="amount", currency=currency,
        now=now, before=_sum(records.closed(period.before()), currency), change="untested" if now else "none",
        target_text=text, target=amount_target(text), total=total, missing="" if now else "amounts",
    )  # fmt: skip


def _figure(key: str, kpi: Mapping[str, Any], records: Records, period: Period) -> Figure:
    text, definition = _text(kpi, "target"), _BY_KEY.get(key)
    texts: dict[str, Any] = {"name": _text(kpi, "name") or key if kpi else "", "name_en": _text(kpi, "en")}
    texts["target_text"] = text
    if definition is None:
        return Figure(key=key or texts["name"], missing=UNRECORDED.get(key, "unknown"), **texts)
    now, before = definition.measure(records, period), definition.measure(records, period.before())
    texts["target"] = share_target(text) if definition.unit == "share" else count_target(text, period)
    if now is None:
        return Figure(key=definition.key, unit=definition.unit, before=before, missing=definition.missing, **texts)
    low, high = _interval(definition.unit, now)
    p = None if before is None else _p_higher(definition.unit, now, before, period)
    return Figure(
        key=definition.key, unit=definition.unit, now=now, before=before, low=low, high=high, p_higher=p,
        change=change_of(p), **texts,
    )  # fmt: skip


def change_of(p_higher: float | None) -> Change:
    """Classify the probability of being higher: a change from .95 or up to .05, otherwise within error."""
    if p_higher is None:
        return "none"
    return "up" if p_higher >= SURE else "down" if p_higher <= 1 - SURE else "within-error"


def _interval(unit: Unit, now: Measured) -> tuple[float, float]:
    if unit == "count":
        return count_interval(now.done)
    rate = plain_rate(now.done, now.of - now.done)
    return float(rate.low), float(rate.high)


def _p_higher(unit: Unit, now: Measured, before: Measured, period: Period) -> float:
    if unit == "count":
        return probability_more(now.done, period.days, before.done, period.before().days)
    return probability_beats(now.done, now.of - now.done, before.done, before.of - before.done)


def _sum(deals: Iterable[Entry], currency: str) -> Measured | None:
    amounts = _amounts(deals, currency)
    return Measured(sum(amounts), 0, len(amounts)) if amounts else None


def _amounts(deals: Iterable[Entry], currency: str) -> list[int]:
    won = (entry.deal for entry in deals if entry.deal and entry.outcome == "won")
    return [deal.amount for deal in won if deal.amount is not None and deal.currency == currency]


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name, "")
    return value if isinstance(value, str) else str(value) if isinstance(value, (int, float)) else ""
