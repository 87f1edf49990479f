"""Measurements of the search in words, for page and terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.words.reader import Reader
from kb.loop.judging import Judging
from kb.loop.quality import HIT_DEPTH, Change, Run, ungraded

MOST_RUNS = 10  # of the history
MOST_CHANGES = 10


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A question that changed."""

    wording: str
    is_better: bool
    change: str


@dataclass(frozen=True, slots=True)
class RunView:
    """A row of the history."""

    at: str
    questions: str
    ndcg: str
    hits: str
    model: str
    constants: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class QualityView:
    """A run, what changed since the one before, and the history."""

    figures: str
    used: str  # empty: nothing was used
    ungraded: str  # empty: every first hit is graded
    compared: str
    differs: str  # empty: only the entries may have changed
    changes: tuple[ChangeView, ...]
    history: tuple[RunView, ...]  # newest first


def in_words(run: Run, judging: Judging, reader: Reader) -> QualityView:
    """Return a run in words; it need not be recorded."""
    compared, grades = judging.compared(run), judging.grades()
    left = sum(ungraded(run, grades).values())
    sentence, differs, changes = reader("quality.first"), "", tuple[ChangeView, ...]()
    if compared:
        counts = {"better": len(compared.better), "worse": len(compared.worse), "same": compared.same}
        is_changed = compared.better or compared.worse
        sentence = reader("quality.compared" if is_changed else "quality.unchanged", **counts)
        names = reader("comma").join(reader(f"quality.{part}") for part in compared.differs)
        differs = reader("quality.differs", names=names) if names else ""
        shown = (*compared.worse[:MOST_CHANGES], *compared.better[:MOST_CHANGES])
        changes = tuple(ChangeView(judging.wording(one.query), one.is_better, _change(one, reader)) for one in shown)
    used = {"hits": run.used_hits, "questions": run.used_questions, "depth": HIT_DEPTH}
    return QualityView(
        figures=reader("quality.figures", questions=run.questions, ndcg=f"{run.ndcg:.3f}", hits=_hits(run, reader)),
        used=reader("quality.used", **used) if run.used_questions else "",
        ungraded=reader.counted("quality.ungraded", left) if left else "",
        compared=sentence,
        differs=differs,
        changes=changes,
        history=_rows(judging.history()[-MOST_RUNS:], reader),
    )


def _rows(runs: Sequence[Run], reader: Reader) -> tuple[RunView, ...]:
    return tuple(
        RunView(
            at=f"{reader.date(at.date())} {at:%H:%M}",
            questions=reader.number(run.questions),
            ndcg=f"{run.ndcg:.3f}",
            hits=_hits(run, reader),
            model=run.model,
            constants=run.constants,
            fingerprint=run.fingerprint[:12],
        )
        for run in reversed(runs)
        for at in (datetime.fromisoformat(run.at).astimezone(),)
    )


def _hits(run: Run, reader: Reader) -> str:
    """Return hits of all questions with their interval."""
    low, high = (f"{round(100 * share)}" for share in run.interval)
    return reader("quality.hits", hits=run.hits, questions=run.questions, low=low, high=high)


def _change(change: Change, reader: Reader) -> str:
    ranks = [
        reader("quality.rank", rank=one.rank) if one.rank else reader("quality.no_rank")
        for one in (change.before, change.after)
    ]
    return f"{ranks[0]} → {ranks[1]} (nDCG {change.before.ndcg:.2f} → {change.after.ndcg:.2f})"
