"""What speaks against an entry, in words."""

from __future__ import annotations

from app.words.catalogue import Texts
from app.words.labels import label
from kb.library import Library
from kb.loop.review import Doubt


def sentence_of(doubt: Doubt, texts: Texts, library: Library) -> str:
    """Return one doubt as a sentence."""
    if doubt.kind == "overdue":
        return texts("review.overdue", day=texts.day(doubt.day))
    if doubt.kind == "lost":
        return texts("review.lost", count=len(doubt.evidence))
    if doubt.kind == "angle":
        angle = label("angle", doubt.angle, texts.locale, library.playbook)
        return texts("review.angle", won=doubt.won, lost=doubt.lost, angle=angle)
    return texts("review.newer")
