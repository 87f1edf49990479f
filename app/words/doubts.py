"""Doubts about an entry, in words."""

from __future__ import annotations

from app.words.reader import Reader
from kb.loop.review import Doubt


def sentence_of(doubt: Doubt, reader: Reader) -> str:
    """Return one doubt as a sentence."""
    if doubt.kind == "overdue":
        return reader("review.overdue", day=reader.date(doubt.day))
    if doubt.kind == "record":
        return reader("review.record", won=doubt.won, lost=doubt.lost)
    if doubt.kind == "lost":
        return reader("review.lost", count=len(doubt.evidence))
    if doubt.kind == "angle":
        angle = reader.label("angle", doubt.angle)
        return reader("review.angle", won=doubt.won, lost=doubt.lost, angle=angle)
    return reader("review.newer")
