"""The meeting in words: the same lines for the page, for Markdown, for a table and for a note."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from app.words.reader import Reader
from kb.choices import CHOICES
from kb.insight.spread import LEAST_PERIODS
from kb.library import Library
from kb.loop.kpis import Figure, Measured
from kb.loop.meeting import Meeting, Work
from kb.loop.period import Period

PAGES = {"review": "/review", "gaps": "/gaps", "broken": "/loop"}
ENDS = ("start", "end")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Row:
    """One number in words."""

    key: str
    name: str
    now: str
    before: str
    interval: str
    target: str
    verdict: str
    missing: str
    lacks: str = ""  # the kind of record it needs
    ratio: str = ""  # of a share: numerator ÷ denominator
    without: str = ""  # what is not counted


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a list."""

    text: str
    entry_id: str = ""
    note: str = ""
    mark: str = ""  # won, lost, done, open
    aside: str = ""  # of a deal: its amount
    lesson: str = ""  # of a deal


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the meeting; `empty` is shown when it has no lines."""

    key: str
    heading: str
    lines: tuple[Line, ...]
    empty: str
    more: str = ""
    total: str = ""  # how many there are, if not all are listed
    address: str = ""  # of the page with the full list


@dataclass(frozen=True, slots=True)
class MeetingView:
    """The whole meeting in words."""

    title: str
    span: str
    rows: tuple[Row, ...]
    sections: tuple[Section, ...]
    last_id: str  # the note of the last meeting
    compared: str = ""  # of a period that is not over: the days compared


def title_of(period: Period, reader: Reader) -> str:
    """Return the title of a meeting."""
    if period.is_week:
        return reader("meeting.weekly", period=period.key)
    return reader("meeting.monthly", year=period.start.year, month=period.start.month, period=period.key)


def in_words(meeting: Meeting, library: Library, reader: Reader) -> MeetingView:
    """Put a meeting into words."""
    period = Period.read(meeting.period)
    return MeetingView(
        title=title_of(period, reader),
        span=reader("meeting.span", first=reader.date(period.start), last=reader.date(period.end)),
        rows=tuple(_row(figure, reader) for figure in meeting.figures),
        sections=_sections(meeting, library, reader),
        last_id=meeting.last.entry_id if meeting.last else "",
        compared=_compared(meeting, reader),
    )


def _compared(meeting: Meeting, reader: Reader) -> str:
    """Return which days are compared with which; empty where whole periods are."""
    if not meeting.until:
        return ""
    counted = Period.read(meeting.period).until(date.fromisoformat(meeting.until))
    spans = {"": counted, "other_": counted.before()}
    days = {f"{name}{end}": reader.day_of_year(getattr(span, end)) for name, span in spans.items() for end in ENDS}
    return reader("meeting.compared", **days)


def _sections(meeting: Meeting, library: Library, reader: Reader) -> tuple[Section, ...]:
    parts: dict[str, tuple[Line, ...]] = {
        "endings": _endings(meeting, reader),
        "moved": _moved(meeting, reader),
        "reused": _reused(meeting, library, reader),
    }
    works: dict[str, Work] = {"review": meeting.review, "gaps": meeting.gaps, "broken": meeting.broken}
    is_foreign = meeting.language not in ("", reader.locale)  # stored in another language: titles and links only
    parts |= {
        key: tuple(Line(i.label, i.entry_id, "" if is_foreign else _due(key, i.note, reader)) for i in work.items)
        for key, work in works.items()
    }
    more = {key: work.count - len(work.items) for key, work in works.items()}
    more["endings"] = max(0, meeting.ended - len(meeting.endings))
    parts["last"] = _last(meeting, reader)
    return tuple(
        Section(
            key,
            reader(f"meeting.{key}"),
            lines,
            reader("meeting.last_nothing" if key == "last" and meeting.last else f"meeting.{key}_empty"),
            reader("meeting.more", count=more[key]) if more.get(key) else "",
            reader("meeting.in_all", count=len(lines) + more[key]) if more.get(key) else "",
            PAGES.get(key, ""),
        )
        for key, lines in parts.items()
    )


def _endings(meeting: Meeting, reader: Reader) -> tuple[Line, ...]:
    return tuple(
        Line(e.title, e.entry_id, joined(amount, e.lesson), e.outcome, amount, e.lesson)
        for e in meeting.endings
        for amount in [_money(e.amount, e.currency, reader)]
    )


def _moved(meeting: Meeting, reader: Reader) -> tuple[Line, ...]:
    return tuple(
        Line(
            reader(f"meeting.moved_{moved.facet}", name=reader.label(moved.facet, moved.key)),
            note=reader("meeting.from_to", before=moved.before, now=moved.now)
            + (reader("meeting.within") if moved.p_higher is not None and not moved.is_sure else ""),
        )
        for moved in meeting.moved
    )


def _reused(meeting: Meeting, library: Library, reader: Reader) -> tuple[Line, ...]:
    known = library.entries.summaries([reused.entry_id for reused in meeting.reused])
    return tuple(
        Line(
            known[r.entry_id].title if r.entry_id in known else r.entry_id,
            r.entry_id if r.entry_id in known else "",
            reader(
                "meeting.used_undecided" if r.no_decision else "meeting.used",
                deals=r.deals,
                won=r.won,
                lost=r.lost,
                undecided=r.no_decision,
            ),
        )
        for r in meeting.reused
    )


def _last(meeting: Meeting, reader: Reader) -> tuple[Line, ...]:
    if meeting.last is None:
        return ()
    decided = tuple(Line(text, note=reader("meeting.decided")) for text in meeting.last.decisions)
    return decided + tuple(
        Line(t.text, note=reader(f"meeting.{state}"), mark=state)
        for t in meeting.last.tasks
        for state in ["done" if t.is_done else "todo"]
    )


def _row(figure: Figure, reader: Reader) -> Row:
    name = figure.name_en if reader.locale == "en" and figure.name_en else figure.name
    shown = _formatter(figure, reader)
    interval = ""
    if figure.low is not None and figure.high is not None:
        interval = reader("meeting.interval", low=shown(figure.low), high=shown(figure.high))
    return Row(
        key=figure.key,
        name=name or reader(f"number.{figure.key}"),
        now=_measured(figure, figure.now, reader),
        before=_measured(figure, figure.before, reader) or "–",
        interval=interval,
        target=_target(figure, reader),
        verdict=joined(*_verdicts(figure, reader)),
        missing=reader(f"meeting.missing_{figure.missing}") if figure.missing else "",
        lacks=figure.missing,
        ratio=ratio_words(figure.ratio, reader),
        without=joined(*_left_out(figure, reader)),
    )


def ratio_words(ratio: str, reader: Reader) -> str:
    """Return what is divided by what, in words; empty without a ratio."""
    metrics = CHOICES["metric"].keys
    parts = [
        reader.label("metric", one) if one in metrics else reader(f"ratio.{one}") for one in ratio.split("/") if one
    ]
    return " ÷ ".join(parts)


def _left_out(figure: Figure, reader: Reader) -> list[str]:
    """Return what a number does not contain, and the day of its exchange rates."""
    found = []
    if figure.unit == "amount":
        found += (
            [reader("meeting.apart", amount=reader.sums(0, "", figure.apart))] if figure.apart and figure.now else []
        )
        found += [reader("meeting.without_amount", count=figure.left_out)] if figure.left_out and figure.now else []
        found += [reader("meeting.rates", day=figure.rates)] if figure.rates else []
    elif figure.left_out:
        found.append(reader("meeting.contradicted", count=figure.left_out))
    return found


def _formatter(figure: Figure, reader: Reader) -> Callable[[float], str]:
    """Return the formatter for a unit."""
    return {
        "share": lambda value: f"{value * 100:.0f}%",
        "amount": lambda value: reader.money(round(value), figure.currency),
    }.get(figure.unit, lambda value: reader.number(round(value)))


def _measured(figure: Figure, measured: Measured | None, reader: Reader) -> str:
    if measured is None:
        return ""
    value = _formatter(figure, reader)(measured.value)
    if figure.unit == "count":
        return value
    if figure.unit == "amount" and not measured.value and not measured.done and measured.of:
        return "–"  # won, but no amount in this currency
    of = reader.number(measured.of)
    if figure.unit == "amount" and measured.done in (0, measured.of):  # 0: of a meeting saved by an earlier version
        return reader("meeting.of_deals", value=value, of=of)
    return reader("meeting.of", value=value, done=reader.number(measured.done), of=of)


def _target(figure: Figure, reader: Reader) -> str:
    agreed = reader.agreed(figure.target_text)
    if figure.unit == "count" and figure.target is not None:
        scaled = reader.number(round(figure.target))
        if scaled not in figure.target_text:
            return reader("meeting.scaled", target=agreed, here=scaled)
    return agreed or "–"


def _verdicts(figure: Figure, reader: Reader) -> list[str]:
    verdicts = []
    if figure.unit == "amount" and figure.total is not None:
        shown = _formatter(figure, reader)
        share = reader.percent(round(figure.total), round(figure.target)) if figure.target else ""
        verdicts.append(
            reader("meeting.total" if share else "meeting.total_alone", total=shown(figure.total), share=share)
        )
        verdicts += [reader("meeting.elapsed", share=elapsed_words(figure, reader))] if figure.elapsed else []
    if figure.now is None:
        return verdicts
    verdicts += [reader("meeting.total_without", count=figure.total_left_out)] if figure.total_left_out else []
    verdicts += [reader("meeting.target_unnamed")] if figure.is_unnamed else []
    verdicts += filter(None, [_against_target(figure, reader), _against_before(figure, reader)])
    if figure.corrected is not None:
        verdicts.append(reader("meeting.corrected", share=round(figure.corrected * 100)))
    return verdicts


def elapsed_words(goal: Figure, reader: Reader) -> str:
    """Return how much of the period of the goal is over, to set beside how much of it is reached."""
    return reader.percent(round((goal.elapsed or 0) * 1000), 1000)


def _against_target(figure: Figure, reader: Reader) -> str:
    """Return whether the target is reached; empty while outcomes are to come or without a target to compare with."""
    if figure.unit == "amount" or figure.target is None or figure.now is None or figure.change == "immature":
        return ""
    reached = "reached" if figure.now.value >= figure.target else "short"
    if figure.low is None or figure.high is None:
        return reader(f"meeting.target_{reached}")
    if figure.low < figure.target <= figure.high:
        return reader(f"meeting.target_near_{reached}")
    if figure.change == "no-history":  # the interval of the counts alone is too narrow for more
        return reader(f"meeting.target_{reached}")
    return reader("meeting.target_above" if reached == "reached" else "meeting.target_below")


def _against_before(figure: Figure, reader: Reader) -> str:
    """Return how it compares with the period before, or why that cannot be said yet."""
    if figure.change == "no-history":
        return reader("meeting.change_no-history", least=LEAST_PERIODS, count=figure.periods)
    if figure.change == "immature":
        so_far = figure.cohort
        day = reader.date(date.fromisoformat(so_far.matures_on)) if so_far.matures_on else ""
        waits = reader("meeting.change_immature", day=day) if day else reader("meeting.change_unknown_age")
        still = reader("meeting.cohort_open", open=so_far.open, deals=so_far.deals) if so_far.open else ""
        return joined(still, waits)
    return reader(f"meeting.change_{figure.change}") if figure.change in ("up", "down", "within-error") else ""


def _money(amount: int | None, currency: str, reader: Reader) -> str:
    return "" if amount is None else reader.money(amount, currency)


def _due(key: str, note: str, reader: Reader) -> str:
    """Describe a bare day, as the first meetings were saved."""
    return reader("meeting.due", day=note) if key == "review" and _DAY.fullmatch(note) else note


def joined(*parts: str) -> str:
    """Join the non-empty parts of an item."""
    return " · ".join(filter(None, parts))
