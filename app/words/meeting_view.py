"""The meeting in words: the same lines for the page, for Markdown, for a table and for a note."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from app.words.catalogue import Texts
from app.words.labels import label
from kb.library import Library
from kb.loop.kpis import Figure, Measured
from kb.loop.meeting import Meeting, Work
from kb.loop.period import Period

PAGES = {"review": "/review", "gaps": "/gaps", "broken": "/loop"}
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


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a list."""

    text: str
    entry_id: str = ""
    note: str = ""
    mark: str = ""  # won, lost, done, open


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the meeting; `empty` is said where it has no lines."""

    key: str
    heading: str
    lines: tuple[Line, ...]
    empty: str
    more: str = ""
    total: str = ""  # how many there are, where not all are listed
    address: str = ""  # of the page with all of it


@dataclass(frozen=True, slots=True)
class MeetingView:
    """The whole meeting in words."""

    title: str
    span: str
    rows: tuple[Row, ...]
    sections: tuple[Section, ...]
    last_id: str  # the note of the last meeting


def title_of(period: Period, texts: Texts) -> str:
    """Return what a meeting is called."""
    if period.is_week:
        return texts("meeting.weekly", period=period.key)
    return texts("meeting.monthly", year=period.start.year, month=period.start.month, period=period.key)


def in_words(meeting: Meeting, library: Library, texts: Texts) -> MeetingView:
    """Say a meeting in a language."""
    period = Period.read(meeting.period)
    return MeetingView(
        title=title_of(period, texts),
        span=texts("meeting.span", first=texts.day(period.start), last=texts.day(period.end)),
        rows=tuple(_row(figure, texts) for figure in meeting.figures),
        sections=_sections(meeting, library, texts),
        last_id=meeting.last.entry_id if meeting.last else "",
    )


def _sections(meeting: Meeting, library: Library, texts: Texts) -> tuple[Section, ...]:
    parts: dict[str, tuple[Line, ...]] = {
        "endings": _endings(meeting, texts),
        "moved": _moved(meeting, library, texts),
        "reused": _reused(meeting, library, texts),
    }
    works: dict[str, Work] = {"review": meeting.review, "gaps": meeting.gaps, "broken": meeting.broken}
    parts |= {
        key: tuple(Line(item.label, item.entry_id, _due(key, item.note, texts)) for item in work.items)
        for key, work in works.items()
    }
    more = {key: work.count - len(work.items) for key, work in works.items()}
    more["endings"] = max(0, meeting.ended - len(meeting.endings))
    parts["last"] = _last(meeting, texts)
    return tuple(
        Section(
            key,
            texts(f"meeting.{key}"),
            lines,
            texts("meeting.last_nothing" if key == "last" and meeting.last else f"meeting.{key}_empty"),
            texts("meeting.more", count=more[key]) if more.get(key) else "",
            texts("meeting.in_all", count=len(lines) + more[key]) if more.get(key) else "",
            PAGES.get(key, ""),
        )
        for key, lines in parts.items()
    )


def _endings(meeting: Meeting, texts: Texts) -> tuple[Line, ...]:
    return tuple(
        Line(e.title, e.entry_id, joined(_money(e.amount, e.currency, texts), e.lesson), e.outcome)
        for e in meeting.endings
    )


def _moved(meeting: Meeting, library: Library, texts: Texts) -> tuple[Line, ...]:
    return tuple(
        Line(
            texts(f"meeting.moved_{moved.facet}", name=label(moved.facet, moved.key, texts.locale, library.playbook)),
            note=texts("meeting.from_to", before=moved.before, now=moved.now)
            + ("" if moved.is_sure else texts("meeting.within")),
        )
        for moved in meeting.moved
    )


def _reused(meeting: Meeting, library: Library, texts: Texts) -> tuple[Line, ...]:
    known = library.entries.summaries([reused.entry_id for reused in meeting.reused])
    return tuple(
        Line(
            known[r.entry_id].title if r.entry_id in known else r.entry_id,
            r.entry_id if r.entry_id in known else "",
            texts(
                "meeting.used_undecided" if r.no_decision else "meeting.used",
                deals=r.deals,
                won=r.won,
                lost=r.lost,
                undecided=r.no_decision,
            ),
        )
        for r in meeting.reused
    )


def _last(meeting: Meeting, texts: Texts) -> tuple[Line, ...]:
    if meeting.last is None:
        return ()
    decided = tuple(Line(text, note=texts("meeting.decided")) for text in meeting.last.decisions)
    return decided + tuple(
        Line(t.text, note=texts(f"meeting.{state}"), mark=state)
        for t in meeting.last.tasks
        for state in ["done" if t.is_done else "todo"]
    )


def _row(figure: Figure, texts: Texts) -> Row:
    name = figure.name_en if texts.locale == "en" and figure.name_en else figure.name
    told = _teller(figure, texts)
    interval = ""
    if figure.low is not None and figure.high is not None:
        interval = texts("meeting.interval", low=told(figure.low), high=told(figure.high))
    return Row(
        key=figure.key,
        name=name or texts(f"number.{figure.key}"),
        now=_measured(figure, figure.now, texts),
        before=_measured(figure, figure.before, texts) or "–",
        interval=interval,
        target=_target(figure, texts),
        verdict=joined(*_verdicts(figure, texts)),
        missing=texts(f"meeting.missing_{figure.missing}") if figure.missing else "",
    )


def _teller(figure: Figure, texts: Texts) -> Callable[[float], str]:
    """Return how a number of this unit is written."""
    return {
        "share": lambda value: f"{value * 100:.0f}%",
        "amount": lambda value: texts.money(round(value), figure.currency),
    }.get(figure.unit, lambda value: texts.number(round(value)))


def _measured(figure: Figure, measured: Measured | None, texts: Texts) -> str:
    if measured is None:
        return ""
    value = _teller(figure, texts)(measured.value)
    if figure.unit == "count":
        return value
    of = texts.number(measured.of)
    if figure.unit == "amount":
        return texts("meeting.of_deals", value=value, of=of)
    return texts("meeting.of", value=value, done=texts.number(measured.done), of=of)


def _target(figure: Figure, texts: Texts) -> str:
    if figure.unit == "count" and figure.target is not None:
        scaled = texts.number(round(figure.target))
        if scaled not in figure.target_text:
            return texts("meeting.scaled", target=figure.target_text, here=scaled)
    return figure.target_text or "–"


def _verdicts(figure: Figure, texts: Texts) -> list[str]:
    said = []
    if figure.unit == "amount" and figure.total is not None:
        told = _teller(figure, texts)
        share = f"{figure.total / figure.target * 100:.0f}%" if figure.target else ""
        said.append(texts("meeting.total" if share else "meeting.total_alone", total=told(figure.total), share=share))
    if figure.now is None:
        return said
    if figure.unit != "amount" and figure.target is not None and figure.low is not None and figure.high is not None:
        side = "above" if figure.low >= figure.target else "below" if figure.high < figure.target else "near"
        reached = "reached" if figure.now.value >= figure.target else "short"
        said.append(texts(f"meeting.target_{side if side != 'near' else 'near_' + reached}"))
    if figure.change in ("up", "down", "within-error"):
        said.append(texts(f"meeting.change_{figure.change}"))
    return said


def _money(amount: int | None, currency: str, texts: Texts) -> str:
    return "" if amount is None else texts.money(amount, currency)


def _due(key: str, note: str, texts: Texts) -> str:
    """Say a bare day, as meetings were kept at first, as what it is."""
    return texts("meeting.due", day=note) if key == "review" and _DAY.fullmatch(note) else note


def joined(*parts: str) -> str:
    """Join what there is to say of an item."""
    return " · ".join(filter(None, parts))
