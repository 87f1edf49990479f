"""The numbers of a meeting: counted, compared and, where they cannot be, said to be missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.currencies import ExchangeRates
from kb.entry import Campaign, Entry
from kb.insight.rates import inflated, probability_beats, probability_more
from kb.loop.kpis import Figure, Measured, figures
from kb.loop.maturity import Cohort
from kb.loop.past import past_of
from kb.loop.period import Period
from kb.loop.ratios import read_ratio
from kb.loop.records import Records, campaign_end
from kb.loop.targets import amount_target, count_target, share_target, span_of
from kb.loop.verdicts import judged
from kb.playbook import Playbook
from tests.deals import deal

NOVEMBER = Period.read("2026-11")
KPIS = (
    {"key": "mql", "name": "MQL数", "target": "月180件"},
    {"key": "win-rate", "name": "受注率", "target": "28%", "ratio": "won/decided"},
)


def campaign(name: str, period: str, **metrics: int) -> Entry:
    entry = replace(deal(name), id=f"campaigns/{name}", kind="campaign", deal=None, date=date(2026, 11, 30))
    return replace(entry, campaign=Campaign(period=period, metrics=metrics))


def closed(count: int, outcome: str, day: date, **fields: Any) -> list[Entry]:
    return [deal(f"{outcome}-{day}-{n}", outcome, closed_on=day, **fields) for n in range(count)]


def found(playbook: Playbook, *deals: Entry, campaigns: tuple[Entry, ...] = ()) -> dict[str, Figure]:
    return {figure.key: figure for figure in figures(playbook, Records(deals, campaigns), NOVEMBER)}


def test_the_win_rate_has_its_interval_and_the_period_before() -> None:
    november = closed(3, "won", date(2026, 11, 2)) + closed(7, "lost", date(2026, 11, 3))
    october = closed(4, "won", date(2026, 10, 31)) + closed(6, "lost", date(2026, 10, 1))
    rate = found(Playbook(kpis=KPIS), *november, *october)["win-rate"]
    assert (rate.now, rate.before) == (Measured(0.3, 3, 10), Measured(0.4, 4, 10))
    assert rate.low is not None and rate.high is not None and rate.low < 0.3 < rate.high
    assert (rate.change, rate.periods, rate.target) == ("no-history", 1, 0.28)


def changes(now: tuple[int, int], *earlier: tuple[int, int], today: date | None = None) -> Figure:
    """Return the win rate of November after months with so many wins and losses, the newest first."""
    period, deals = NOVEMBER, []
    for won, lost in (now, *earlier):
        deals += closed(won, "won", period.start) + closed(lost, "lost", period.start)
        period = period.before()
    past = past_of(Records(deals, ()), NOVEMBER)
    numbers, _ = judged(figures(Playbook(), Records(deals, ()), NOVEMBER, today, past), ())
    return next(figure for figure in numbers if figure.key == "win-rate")


def test_a_clear_fall_is_said_and_a_rise_too_once_six_months_show_what_is_usual() -> None:
    steady = [(20, 20)] * 6
    assert changes((2, 40), *steady).change == "down"
    assert changes((40, 2), *steady).change == "up"
    assert changes((21, 20), *steady).change == "within-error"
    assert changes((2, 40), *steady[1:]).change == "no-history"


def test_months_that_always_vary_a_lot_make_no_verdict_of_the_same_fall() -> None:
    wild = [(20, 20), (38, 2), (4, 36), (35, 5), (2, 38), (30, 10), (5, 35)]
    found = changes((4, 38), *wild)
    assert (found.change, found.periods, found.spread > 5) == ("within-error", 7, True)
    assert (found.high or 0) - (found.low or 0) > 0.3, "the interval is as wide as months are apart"


def test_a_count_of_bunched_leads_needs_more_than_chance_and_has_no_interval_without_a_past() -> None:
    months = [Period.read(f"2026-{month:02}") for month in range(4, 12)]
    bunched = [
        campaign(one.key, str(one.end), mql=mql)
        for one, mql in zip(months, (9, 90, 20, 70, 5, 60, 90, 30), strict=True)
    ]
    mql = found(Playbook(), campaigns=tuple(bunched))["mql"]
    assert (mql.change, mql.periods, mql.spread > 10) == ("within-error", 7, True)
    assert mql.p_higher is not None and mql.p_higher > 0.05, "by chance alone 30 after 90 would be a fall for certain"
    first = found(Playbook(kpis=KPIS), campaigns=tuple(bunched[-3:]))["mql"]
    assert (first.low, first.high, first.change, first.target) == (None, None, "no-history", 180)


def test_the_promise_is_kept_by_the_leads_that_were_contacted_in_time() -> None:
    some = campaign("a", "2026-11-01/2026-11-05", mql=50, in_time=45), campaign("b", "2026-11-01/2026-11-09", mql=9)
    kept = found(
        Playbook(kpis=({"key": "sla", "name": "SLA", "target": "95%以上", "ratio": "in_time/mql"},)), campaigns=some
    )["sla"]
    assert (kept.now, kept.target, kept.missing) == (Measured(0.9, 45, 50), 0.95, "")


def test_leads_are_summed_over_the_campaigns_that_ended_in_the_period() -> None:
    some = campaign("a", "2026-10-20/2026-11-05", mql=50, sal=30), campaign("b", "2026-10-01/2026-10-09", mql=9)
    numbers = found(Playbook(kpis=KPIS), campaigns=(*some, campaign("c", "2026-11-01/2026-11-03", mql=7)))
    assert (numbers["mql"].now, numbers["mql"].before) == (Measured(57, 57), Measured(9, 9))
    assert (numbers["mql"].target, numbers["mql"].change) == (180, "no-history")
    assert numbers["sal-rate"].now == Measured(0.6, 30, 50), "a campaign that did not count a stage is left out"
    assert (numbers["sql-rate"].now, numbers["sql-rate"].missing) == (None, "campaigns")


@pytest.mark.parametrize(
    ("period", "end"),
    [
        ("2026年10月1日〜2026年11月2日", date(2026, 11, 2)),
        ("2026/11/1", date(2026, 11, 1)),
        ("2026-11-31", date(2026, 11, 30)),
        ("秋", date(2026, 11, 30)),
    ],
)
def test_a_campaign_ends_on_the_last_day_it_names_else_on_its_own(period: str, end: date) -> None:
    assert campaign_end(campaign("a", period)) == end


def test_the_goal_is_the_amount_won_and_its_sum_since_its_period_began() -> None:
    kgi = {"name": "新規ARR", "target": "2億4,000万円", "period": "2026年4月〜2027年3月"}
    deals = closed(2, "won", date(2026, 11, 2), amount=3_000_000) + closed(1, "won", date(2026, 4, 1), amount=500)
    foreign = closed(1, "won", date(2026, 11, 9), amount=9, currency="USD")
    goal = found(Playbook(kgi=kgi), *deals, *foreign, *closed(1, "won", date(2026, 3, 31), amount=7))["won-amount"]
    assert (goal.now, goal.total, goal.target) == (Measured(6_000_000, 2, 3), 6_000_500, 240_000_000)
    assert goal.elapsed == (30 + 31 + 30 + 31 + 31 + 30 + 31 + 30) / 365  # April to November


def test_wins_without_an_amount_are_no_total_of_zero() -> None:
    kgi = {"target": "1億円", "period": "2026年4月〜2027年3月"}
    assert found(Playbook(kgi=kgi), *closed(2, "won", date(2026, 11, 2)))["won-amount"].total is None
    assert found(Playbook(kgi=kgi), *closed(2, "lost", date(2026, 11, 2)))["won-amount"].total == 0


def test_dollars_stand_beside_the_amount_won_and_what_is_left_out_is_counted() -> None:
    kgi = {"target": "2億4,000万円", "period": "2026年4月〜2027年3月"}
    yen = closed(2, "won", date(2026, 11, 2), amount=3_000_000)
    others = [deal("usd", "won", closed_on=date(2026, 11, 4), amount=48_000, currency="USD")]
    others.append(deal("none", "won", closed_on=date(2026, 11, 5)))
    goal = found(Playbook(kgi=kgi), *yen, *others)["won-amount"]
    assert (goal.now, goal.apart, goal.left_out) == (Measured(6_000_000, 2, 4), (("USD", 48_000),), 1)
    assert (goal.total, goal.total_left_out, goal.rates) == (6_000_000, 2, "")
    rates = ExchangeRates("JPY", {"USD": (Decimal("150.5"), date(2026, 4, 1))})
    goal = found(Playbook(kgi=kgi, rates=rates), *yen, *others)["won-amount"]
    assert (goal.now, goal.apart, goal.rates) == (Measured(13_224_000, 3, 4), (), "2026-04-01")


def test_wins_in_another_currency_alone_are_no_missing_amount() -> None:
    goal = found(Playbook(), *closed(1, "won", date(2026, 11, 2), amount=9, currency="EUR"))["won-amount"]
    assert (goal.now, goal.apart, goal.missing) == (Measured(0, 0, 1), (("EUR", 9),), "")


def test_a_target_is_compared_with_the_ratio_it_names_and_no_other() -> None:
    deals = closed(8, "won", date(2026, 11, 2)) + closed(5, "lost", date(2026, 11, 3))
    some = (campaign("a", "2026-11-01/2026-11-05", mql=90, sql=60, won=6),)
    kpi = {"key": "win-rate", "name": "受注率(SQL起点)", "target": "28%"}
    of_sql = found(Playbook(kpis=({**kpi, "ratio": "受注 ÷ SQL"},)), *deals, campaigns=some)
    rate, decided = of_sql["close-rate"], of_sql["win-rate"]
    assert (rate.name, rate.now, rate.target, rate.ratio) == ("受注率(SQL起点)", Measured(0.1, 6, 60), 0.28, "won/sql")
    assert (decided.name, decided.target, decided.ratio) == ("", None, "won/decided")
    unnamed = found(Playbook(kpis=(kpi,)), *deals, campaigns=some)["win-rate"]
    assert (unnamed.target, unnamed.target_text, unnamed.is_unnamed) == (None, "28%", True)
    other = found(Playbook(kpis=({**kpi, "ratio": "won/mql"},)), *deals, campaigns=some)["won/mql"]
    assert (other.now, other.target) == (Measured(6 / 90, 6, 90), 0.28)


@pytest.mark.parametrize("text", ["", "won", "won/won", "won/nps", "sal/decided", "won/sql/mql", "cost/mql", "/"])
def test_a_ratio_that_cannot_be_counted_is_none(text: str) -> None:
    assert read_ratio(text) is None


def test_a_campaign_with_more_sals_than_mqls_is_left_out_and_said() -> None:
    some = campaign("a", "2026-11-01/2026-11-05", mql=30, sal=40), campaign("b", "2026-11-01/2026-11-05", mql=9, sal=3)
    rate = found(Playbook(), campaigns=some)["sal-rate"]
    assert (rate.now, rate.left_out) == (Measured(1 / 3, 3, 9), 1)


def test_a_win_rate_is_also_shown_with_the_deals_nobody_wrote_down() -> None:
    deals = closed(4, "won", date(2026, 11, 1)) + closed(2, "lost", date(2026, 11, 2))
    stands_for = {one.id: 1.0 if one.outcome == "won" else 3.0 for one in deals}
    for weights, share in ((stands_for, 0.4), ({}, None), (dict.fromkeys(stands_for, 1.0), None)):
        numbers = figures(Playbook(), Records(deals, (), weights=weights), NOVEMBER)
        assert {figure.key: figure.corrected for figure in numbers}["win-rate"] == share
    few = figures(Playbook(), Records(deals[2:], (), weights=stands_for), NOVEMBER)
    assert all(figure.corrected is None for figure in few)  # four deals: 100 % would become 60 %


def test_reuse_counts_only_entries_that_exist() -> None:
    deals = [deal(name, "won", closed_on=date(2026, 11, 1), used=(f"talk-tracks/{name}",)) for name in ("a", "gone")]
    numbers = figures(Playbook(), Records(deals, (), frozenset({"talk-tracks/a"})), NOVEMBER)
    assert next(figure for figure in numbers if figure.key == "reuse").now == Measured(0.5, 1, 2)


def test_what_is_not_recorded_says_what_is_missing_instead_of_zero() -> None:
    kpis = {"key": "first-touch", "target": "1営業日以内"}, {"key": "nps", "name": "NPS"}, {"name": "鍵なし"}, {}
    numbers = figures(Playbook(kpis=kpis), Records((), ()), NOVEMBER)
    missing = [(figure.key, figure.now, figure.missing) for figure in numbers[1:5]]
    assert missing == [
        ("first-touch", None, "contact"), ("nps", None, "unknown"), ("鍵なし", None, "unknown"), ("", None, "unknown")
    ]  # fmt: skip
    assert {figure.missing for figure in numbers[5:]} == {"campaigns", "decided", "in_time", "won"}


def test_reuse_is_the_share_of_wins_that_used_something() -> None:
    won = [*closed(1, "won", date(2026, 11, 1), used=("talk-tracks/a",)), *closed(1, "won", date(2026, 11, 2))]
    assert found(Playbook(), *won)["reuse"].now == Measured(0.5, 1, 2)


def test_targets_are_read_as_people_write_them() -> None:
    assert [share_target(text) for text in ("60%以上", "受注商談の８割で1件以上", "28.5 %", "1営業日以内")] == [
        0.6, 0.8, 0.285, None
    ]  # fmt: skip
    assert amount_target("2億4,000万円") == 240_000_000 and amount_target("未定") is None
    assert count_target("月180件", NOVEMBER) == 180
    assert count_target("週40件", Period.read("2026-W47")) == 40
    assert round(count_target("月180件", Period.read("2026-W47")) or 0, 1) == 41.4
    assert span_of("2026年4月〜2027年3月") == (date(2026, 4, 1), date(2027, 3, 31))
    assert span_of("今期") is None and span_of("2026年13月〜2027年3月") is None


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_more_against_less_and_less_against_more_add_up_to_certainty(a: int, b: int, c: int, d: int) -> None:
    assert probability_beats(a, b, c, d) + probability_beats(c, d, a, b) == pytest.approx(1, abs=0.01)
    assert probability_more(a, 7, c, 31) + probability_more(c, 31, a, 7) == pytest.approx(1)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 9))
def test_the_same_again_is_within_error(won: int, lost: int, factor: int) -> None:
    same = probability_beats(won, lost, won, lost)
    assert inflated(same, factor, 6) == pytest.approx(0.5, abs=0.01)


@given(st.floats(0.001, 0.999), st.floats(1, 50), st.integers(6, 30))
def test_a_larger_spread_never_makes_a_change_surer(above: float, factor: float, periods: int) -> None:
    assert (
        abs(inflated(above, factor, periods) - 0.5)
        <= abs(inflated(above, 1.0, periods) - 0.5)
        <= abs(above - 0.5) + 1e-6
    )


def test_the_won_of_a_campaign_are_judged_once_most_of_its_deals_have_ended() -> None:
    months = [Period.read(f"2026-{month:02}") for month in range(4, 12)]
    some = tuple(campaign(one.key, str(one.end), mql=90, sal=60, sql=40, won=10) for one in months)
    deals = closed(9, "won", date(2026, 9, 1), cycle_days=30) + closed(1, "lost", date(2026, 9, 2), cycle_days=90)
    deals += [deal(f"open{n}", "open", campaign="campaigns/2026-11") for n in range(3)]
    deals.append(deal("ended", "won", closed_on=date(2026, 11, 30), campaign="campaigns/2026-11", cycle_days=30))

    def seen(day: date) -> dict[str, Figure]:
        return {figure.key: figure for figure in figures(Playbook(), Records(deals, some), NOVEMBER, day)}

    early = seen(date(2026, 12, 1))
    assert (early["close-rate"].change, early["close-rate"].cohort) == ("immature", Cohort(False, "2026-12-30", 3, 4))
    assert early["sal-rate"].cohort.matures_on == "2026-12-14"
    assert seen(date(2026, 12, 14))["sal-rate"].change == "within-error"
    late = seen(date(2026, 12, 30))["close-rate"]
    assert (late.change, late.cohort) == ("within-error", Cohort())


def test_open_deals_make_the_wait_for_a_verdict_longer() -> None:
    deals = closed(18, "won", date(2026, 9, 1), cycle_days=30) + closed(2, "lost", date(2026, 9, 2), cycle_days=90)
    some = (campaign("a", "2026-11-01/2026-11-30", sql=40, won=10),)
    slow = [deal(f"open{n}", "open", started_on=date(2026, 9, 1)) for n in range(4)]
    days = []
    for known in (deals, [*deals, *slow]):
        found_figures = figures(Playbook(), Records(known, some), NOVEMBER, date(2026, 12, 1))
        days += [one.cohort.matures_on for one in found_figures if one.key == "close-rate"]
    assert days == ["2026-12-30", "2027-02-28"]  # 30 days; with four open for 91 days, 90


def test_without_the_length_of_deals_nobody_can_say_when_a_rate_is_ripe() -> None:
    some = (campaign("a", "2026-11-01/2026-11-05", sql=40, won=10),)
    rate = next(f for f in figures(Playbook(), Records((), some), NOVEMBER, date(2027, 9, 1)) if f.key == "close-rate")
    assert (rate.change, rate.cohort) == ("immature", Cohort(is_mature=False))
