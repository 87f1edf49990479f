"""The parts of a meeting, and its way into a note and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from kb.currencies import ExchangeRates
from kb.entry import Entry, Reason
from kb.loop.kpis import Figure, Measured
from kb.loop.lessons import Task, decisions_of, first_sentence, lesson_of, tasks_of
from kb.loop.meeting import Meeting, Reused, WorkItem, meeting
from kb.loop.moved import Moved
from kb.loop.period import Period
from kb.loop.preparation import last_note_before, note_on
from kb.loop.records import Records
from kb.loop.stored import from_note, to_lines
from kb.playbook import Playbook
from tests.deals import deal

WEEK = Period.read("2026-W47")
BODY = """\
## 決定
- 見学会を毎月に
- [x] これは作業
```
- [ ] 書き方の例
```
## アクション
- [ ] 見積書の型を直す
- [x] 事例を一枚に
"""


def note(period: str, day: date | None = None, body: str = BODY) -> Entry:
    made = replace(deal(period), id=f"notes/{period}-{day}", kind="note", deal=None, body=body, date=day)
    return replace(made, extra=(("meeting", period),))


def some(count: int, outcome: str, day: date, name: str, **fields: object) -> list[Entry]:
    return [deal(f"{name}{n}", outcome, closed_on=day, **fields) for n in range(count)]


def held(*deals: Entry, **given: object) -> Meeting:
    return meeting(WEEK, Playbook(), Records(deals, ()), lambda ids: dict.fromkeys(ids, "早く会う。"), **given)  # type: ignore[arg-type]


def test_wins_stand_before_losses_and_other_ends_are_only_counted() -> None:
    ends = [deal(name, name, closed_on=date(2026, 11, 18)) for name in ("lost", "won", "no-decision", "open")]
    shown = held(*ends)
    assert [(ending.entry_id, ending.lesson) for ending in shown.endings] == [
        ("deals/won", "早く会う。"), ("deals/lost", "早く会う。")
    ]  # fmt: skip
    assert shown.closed == 3


def test_more_than_fit_on_the_sheet_are_counted_and_both_sides_are_shown() -> None:
    day = date(2026, 11, 18)
    shown = held(*some(40, "won", day, "w"), *some(40, "lost", day, "l"), *some(1, "won", day, "big", amount=9_000))
    assert [ending.outcome for ending in shown.endings] == ["won"] * 3 + ["lost"] * 3
    assert shown.ended == 81 and "deals/big0" in [ending.entry_id for ending in shown.endings]
    uneven = held(*some(40, "won", day, "w"), *some(2, "lost", day, "l"))
    assert [ending.outcome for ending in uneven.endings].count("won") == 4 and len(uneven.endings) == 6
    kept = from_note(f"```json\n{to_lines(shown)}\n```\n")
    assert kept and (kept.endings, kept.ended) == (shown.endings, shown.ended)


def test_half_a_million_dollars_are_among_the_largest_endings() -> None:
    day = date(2026, 11, 18)
    foreign = some(1, "won", day, "usd", amount=500_000, currency="USD")
    deals = (*some(40, "won", day, "yen", amount=1_000_000), *foreign)
    assert "deals/usd0" in [ending.entry_id for ending in held(*deals).endings]
    rates = ExchangeRates("JPY", {"USD": (Decimal(150), day)})
    tiny = some(1, "won", day, "cent", amount=10, currency="USD")
    rated = meeting(WEEK, Playbook(rates=rates), Records((*deals, *tiny), ()), lambda ids: {})
    named = [ending.entry_id for ending in rated.endings]
    assert "deals/usd0" in named and "deals/cent0" not in named


def test_what_does_not_exist_was_not_used_most() -> None:
    day = date(2026, 11, 18)
    records = Records(some(3, "won", day, "w", used=("talk-tracks/gone", "talk-tracks/a")), (), {"talk-tracks/a"})
    reused = meeting(WEEK, Playbook(), records, lambda ids: {}).reused
    assert [one.entry_id for one in reused] == ["talk-tracks/a"]


def test_more_deals_of_the_same_kind_move_nothing() -> None:
    now, before = date(2026, 11, 18), date(2026, 11, 11)
    many = some(40, "lost", now, "n", reasons=(Reason("price"),)) + some(
        5, "lost", before, "b", reasons=(Reason("price"),)
    )
    (moved,) = held(*many).moved
    assert (moved.now, moved.before, moved.is_sure) == (40, 5, False)


def test_hardly_any_period_without_a_change_says_that_a_reason_moved() -> None:
    random, codes, sure = np.random.default_rng(1), [f"r{n}" for n in range(8)], 0
    for _ in range(60):
        deals = [
            deal(
                f"{day}-{n}", "lost", closed_on=day, reasons=tuple(map(Reason, random.choice(codes, 2, replace=False)))
            )
            for day in weeks(8)
            for n in range(25)
        ]
        sure += any(moved.is_sure for moved in held(*deals).moved)
    assert sure <= 9  # .15 of 60


def test_only_what_three_deals_named_has_moved() -> None:
    now, before = date(2026, 11, 18), date(2026, 11, 11)
    deals = some(4, "lost", now, "a", angle=("roi",), reasons=(Reason("price"), Reason("price")))
    deals += some(1, "lost", before, "b", angle=("roi", "tco"), reasons=(Reason("late"),))
    assert held(*deals).moved == (Moved("reason", "price", 4, 0, False), Moved("angle", "roi", 4, 1, False))
    assert held(*deals[:2]).moved == ()


def weeks(count: int) -> list[date]:
    """Return a day of so many weeks, the newest first."""
    return [date(2026, 11, 18) - timedelta(weeks=n) for n in range(count)]


def test_a_reason_that_every_loss_names_has_moved_once_six_weeks_show_what_is_usual() -> None:
    now, *before = weeks(8)
    deals = some(30, "lost", now, "n", reasons=(Reason("price"),))
    deals += [one for day in before for one in some(30, "lost", day, str(day), reasons=(Reason("late"),))]
    deals += [one for day in before for one in some(9, "lost", day, f"p{day}", reasons=(Reason("price"),))]
    sure = {moved.key: moved.is_sure for moved in held(*deals).moved}
    assert sure == {"price": True, "late": True}
    short = [one for one in deals if one.sort_date > str(before[5])]
    assert {moved.is_sure for moved in held(*short).moved} == {False}


def test_the_first_days_of_a_week_are_compared_with_the_same_days_of_the_one_before() -> None:
    tuesday = date(2026, 11, 17)
    deals = (
        some(2, "won", tuesday, "now")
        + some(3, "won", date(2026, 11, 10), "a")
        + some(9, "won", date(2026, 11, 14), "b")
    )
    shown = held(*deals, today=tuesday)
    rate = next(figure for figure in shown.figures if figure.key == "win-rate")
    assert (rate.now, rate.before) == (Measured(1.0, 2, 2), Measured(1.0, 3, 3))
    assert shown.until == "2026-11-17" and held(*deals, today=date(2026, 11, 22)).until == ""
    kept = from_note(f"```json\n{to_lines(shown)}\n```\n")
    assert kept and (kept.until, kept.figures) == (shown.until, tuple(map(kept_figure, shown.figures)))


def kept_figure(figure: Figure) -> Figure:
    """Return a figure with the decimals that are stored."""
    rounded = {name: round(value, 4) for name in ("low", "high", "p_higher") if (value := getattr(figure, name))}
    return replace(figure, **rounded)


def test_what_was_used_most_stands_first() -> None:
    deals = some(2, "won", date(2026, 11, 18), "a", used=("talk-tracks/x", "talk-tracks/x", "talk-tracks/y"))
    deals += some(1, "lost", date(2026, 11, 19), "b", used=("talk-tracks/y",))
    assert held(*deals).reused == (Reused("talk-tracks/y", 2, 1, 0), Reused("talk-tracks/x", 2, 0, 0))


def test_what_is_handed_in_is_counted_and_the_first_are_named() -> None:
    items = [WorkItem(str(n)) for n in range(13)]
    shown = held(gaps=items)
    assert (shown.gaps.count, len(shown.gaps.items), shown.review.count) == (13, 5, 0)


def test_the_last_meeting_is_read_with_the_state_of_its_tasks() -> None:
    last = held(last=note("2026-W46")).last
    assert last is not None
    assert last.decisions == ("見学会を毎月に",)
    assert last.tasks == (Task("これは作業", True), Task("見積書の型を直す", False), Task("事例を一枚に", True))


def test_the_last_meeting_is_the_newest_that_was_over() -> None:
    notes = [note("2026-W45"), note("2026-W46", date(2026, 11, 16)), note("2026-W47"), note("2026-11")]
    numbered = [(Period.read(dict(one.extra)["meeting"]), one) for one in notes]
    found = last_note_before(numbered, WEEK)
    assert found is not None and found.id == "notes/2026-W46-2026-11-16"
    assert last_note_before(numbered, Period.read("2026-W01")) is None
    own = note_on(numbered, WEEK)
    assert own is not None and own.id == "notes/2026-W47-None"


@pytest.mark.parametrize(
    ("body", "lesson"),
    [
        ("経緯。\n## 敗因\n遅かった。\n## 次に同じ相手なら\n- **早く**会う。あとで送る。", "早く会う。"),
        ("経緯。\n## 決め手\n> 現場が[使えた](x)。", "現場が使えた。"),
        ("\n| a |\n|---|\nはじめに会った。次に", "はじめに会った。"),
        ("# Lesson\nMeet v1.2 early. Then write.", "Meet v1.2 early."),
        ("「なぜ？」と聞かれた。次に", "「なぜ？」と聞かれた。"),
        ("", ""),
    ],
)
def test_the_lesson_is_the_first_sentence_on_what_to_do_next(body: str, lesson: str) -> None:
    assert lesson_of(body) == lesson


def test_a_long_sentence_is_cut() -> None:
    assert len(first_sentence("長" * 200)) == 90


def test_a_meeting_comes_back_from_its_note_as_it_was() -> None:
    deals = some(3, "won", date(2026, 11, 18), "a", used=("x",), reasons=(Reason("price"),), amount=5)
    before = held(*deals, last=note("2026-W46"), review=[WorkItem("題 ``` {", "notes/a", "2026-01-01")])
    body = f"# 会議\n\n```json\n{to_lines(before)}\n```\n"
    after = from_note(body)
    assert after is not None and to_lines(after) == to_lines(before)
    assert after.endings == before.endings and after.last == before.last


@pytest.mark.parametrize("broken", ["", "```json\n{\n```\n", '```json\n{"meeting": 1}\n{"a": 2}\n```\n'])
def test_a_broken_snapshot_is_none(broken: str) -> None:
    assert from_note(broken) is None


def test_tasks_and_decisions_of_nothing_are_none() -> None:
    assert (tasks_of(""), decisions_of("")) == ((), ())
