"""What a meeting begins with: the funnel as a picture, and what to record to see more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from app.charts.drawings import Picture
from app.charts.pipeline import PipelineStage, pipeline
from app.words.meeting_view import Row, title_of
from app.words.reader import Reader
from kb.loop.funnel import FunnelStep
from kb.loop.meeting import Meeting
from kb.loop.period import Period

WRITE = {
    "campaigns": "/new/campaign", "in_time": "/new/campaign", "contact": "/new/campaign", "amounts": "/new/deal-won",
    "decided": "/new/deal-won", "won": "/new/deal-won", "unknown": "/meeting/numbers",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lack:
    """Figures that cannot be computed for one reason, and where to record what they need."""

    names: tuple[str, ...]
    what: str
    address: str


def funnel_picture(steps: Sequence[FunnelStep], reader: Reader) -> Picture | None:
    """Draw the funnel; None without stages."""
    if not steps:
        return None
    longest = max(max(step.now or 0, step.before or 0, step.target or 0) for step in steps) or 1
    stages: list[PipelineStage] = []
    earlier: int | None = None
    for step in steps:
        words, beside, passed = _numbers(step, earlier, reader)
        now, before, target = (None if n is None else n / longest for n in (step.now, step.before, step.target))
        stages.append(PipelineStage(reader.label("metric", step.stage), now, before, target, words, beside, passed))
        earlier = step.now
    return pipeline(tuple(stages), reader("meeting.funnel_described"))


def _numbers(step: FunnelStep, earlier: int | None, reader: Reader) -> tuple[str, str, str]:
    now = "–" if step.now is None else reader.number(step.now)
    target = "" if step.target is None else reader("meeting.funnel_target", count=reader.number(round(step.target)))
    before = "" if step.before is None else reader("meeting.funnel_before", count=reader.number(step.before))
    passed = reader("meeting.funnel_passed", share=reader.percent(step.now, earlier)) if step.now and earlier else ""
    return now, " · ".join(filter(None, (target, before))), passed


def funnel_caption(period: Period, meeting: Meeting, reader: Reader) -> str:
    """Return which campaigns the funnel counts, and what its marks mean."""
    which = "meeting.funnel_here" if period.key == meeting.period else "meeting.funnel_elsewhere"
    span = (
        title_of(period, reader)
        if period.is_week
        else reader("meeting.month", year=period.start.year, month=period.start.month)
    )
    return reader.sentences([reader(which, period=span), reader("meeting.funnel_marks")])


def lacks(rows: Sequence[Row], reader: Reader) -> list[Lack]:
    """Return what to record for the figures that cannot be computed, one item per kind of record, the most first."""
    kinds = Counter(row.lacks for row in rows if row.lacks)
    return [
        Lack(
            tuple(row.name for row in rows if row.lacks == kind),
            reader(f"meeting.record_{kind}"),
            WRITE.get(kind, "/new"),
        )
        for kind, _ in kinds.most_common()
    ]
