"""The funnel of a period, from lead to win: read off the figures of its meeting, so that both say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb.loop.kpis import Figure

STAGES = {"mql": "mql", "sal": "sal-rate", "sql": "sql-rate", "won": "close-rate"}  # and the figure that counts each


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """A stage: how many reached it in the period and in the one before, and how many should have."""

    stage: str  # a metric of campaigns
    now: int | None
    before: int | None
    target: float | None


def funnel(figures: Sequence[Figure]) -> tuple[FunnelStep, ...]:
    """Return the four stages; empty if no campaign that ended in the period counted anything.

    The target of a share applies to what reached the stage before.
    """
    by_key = {figure.key: figure for figure in figures}
    steps: list[FunnelStep] = []
    for stage, key in STAGES.items():
        figure = by_key.get(key, Figure(key))
        target = figure.target
        if target is not None and stage != "mql":
            target = target * figure.now.of if figure.now else None
        now, before = (round(found.done) if found else None for found in (figure.now, figure.before))
        steps.append(FunnelStep(stage, now, before, target))
    return tuple(steps) if any(step.now is not None for step in steps) else ()
