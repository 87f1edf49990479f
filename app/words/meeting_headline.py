"""How a period went, in one sentence: for the page of the meeting and for mail."""

from __future__ import annotations

from app.words.meeting_view import elapsed_words
from app.words.reader import Reader
from kb.loop.kpis import Figure
from kb.loop.meeting import Meeting


def headline(meeting: Meeting, reader: Reader) -> str:
    """Return how the period went, in a sentence."""
    goal = next((figure for figure in meeting.figures if figure.key == "won-amount"), None)
    ends = [_end(end, count, goal, reader) for end, count in ends_of(meeting).items() if count or end != "no-decision"]
    said = reader("comma").join(ends) if meeting.closed else reader("meeting.headline_none")
    total = _since_start(goal, reader) if goal else ""
    return reader("meeting.headline_total" if total else "meeting.headline", ends=said, total=total)


def ends_of(meeting: Meeting) -> dict[str, int]:
    """Return how many deals ended how."""
    rate = next((figure for figure in meeting.figures if figure.key == "win-rate"), None)
    won = rate.now.done if rate and rate.now else 0
    return {"won": won, "lost": meeting.ended - won, "no-decision": meeting.closed - meeting.ended}


def _end(end: str, count: int, goal: Figure | None, reader: Reader) -> str:
    amount = ""
    if end == "won" and goal and goal.now:
        total = reader.sums(round(goal.now.value), goal.currency, goal.apart)
        left_out = reader("meeting.without_amount", count=goal.left_out) if goal.left_out else ""
        amount = reader("meeting.headline_amount", amount=reader("comma").join(filter(None, (total, left_out))))
    return reader(f"meeting.headline_{end}", count=reader.number(count)) + amount


def _since_start(goal: Figure, reader: Reader) -> str:
    if goal.total is None or not goal.target:
        return ""
    return reader(
        "meeting.headline_since",
        total=reader.money(round(goal.total), goal.currency),
        target=reader.agreed(goal.target_text),
        share=reader.percent(round(goal.total), round(goal.target)),
        elapsed=reader("meeting.headline_elapsed", share=elapsed_words(goal, reader)) if goal.elapsed else "",
    )
