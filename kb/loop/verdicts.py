"""The verdicts of a meeting: every test on the page is one of a family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kb.insight.rates import FALSE_SHARE, stands_out
from kb.loop.kpis import Figure
from kb.loop.moved import Moved

MOST_MOVED = 10


def judged(figures: Sequence[Figure], moved: Sequence[Moved]) -> tuple[tuple[Figure, ...], tuple[Moved, ...]]:
    """Say which numbers, reasons and angles changed, so that a period without a change rarely claims one.

    The rule of Benjamini and Hochberg at half of FALSE_SHARE in each direction, over numbers and reasons together.
    Only reasons and angles with another count than before are returned, the largest differences first.
    """
    tails = [*(figure.p_higher for figure in figures), *(one.p_higher for one in moved)]
    known = iter(stands_out([p for p in tails if p is not None], FALSE_SHARE / 2).tolist())
    sure = [p is not None and next(known) for p in tails]
    numbers = tuple(_told(figure, is_sure) for figure, is_sure in zip(figures, sure, strict=False))
    named = [replace(one, is_sure=is_sure) for one, is_sure in zip(moved, sure[len(figures) :], strict=True)]
    named = sorted((one for one in named if one.now != one.before), key=lambda one: -abs(one.now - one.before))
    return numbers, tuple(named[:MOST_MOVED])


def _told(figure: Figure, is_sure: bool) -> Figure:
    if not is_sure or figure.p_higher is None:
        return figure
    return replace(figure, change="up" if figure.p_higher > 0.5 else "down")
