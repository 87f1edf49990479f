"""Which values go with wins or losses over the whole base: neighbours are too few to tell."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist
from typing import Literal

from kb.entry import Entry
from kb.insight.rates import FALSE_SHARE, LEAST_DECIDED, stands_out
from kb.insight.situation import names_end

Factor = Literal["angle", "reason", "competitor", "content", "lead_source", "stage", "tag"]
Side = Literal["won", "lost"]
ValuesOf = Mapping[Factor, Callable[[Entry], Sequence[str]]]
Differences = Mapping[tuple[Factor, str], Side]

FALSE_SHARE_OF_DIFFERENCES = FALSE_SHARE / 4  # of the smaller tail: 5 % in both directions
SMOOTHING = 0.5  # added to every cell, so that none is empty (Haldane 1956)
AFTERWARDS = ("reason", "stage")  # factors known only at the end: a one-sided one proves nothing


def differences(won: Sequence[Entry], lost: Sequence[Entry], values_of: ValuesOf) -> Differences:
    """Return the side of every value that is clearly more frequent in won or in lost deals.

    All values with enough deals are one family (`stands_out`). Nothing draws them towards the base, as it does the
    rows of a board, so that they need a stricter share.
    """
    tried: list[tuple[Factor, str]] = []
    above: list[float] = []
    for factor, read in values_of.items():
        wins, losses = (Counter(value for deal in side for value in dict.fromkeys(read(deal))) for side in (won, lost))
        for value in sorted({*wins, *losses}):
            counts = wins[value], losses[value]
            if sum(counts) < LEAST_DECIDED or names_end(value) or (factor in AFTERWARDS and not all(counts)):
                continue
            tried.append((factor, value))
            above.append(_probability((counts[0], len(won) - counts[0], counts[1], len(lost) - counts[1])))
    clear = stands_out(above, FALSE_SHARE_OF_DIFFERENCES).tolist()
    return {
        named: "won" if p > 0.5 else "lost" for named, p, is_clear in zip(tried, above, clear, strict=True) if is_clear
    }


def _probability(cells: tuple[int, int, int, int]) -> float:
    """Return the probability that the odds ratio is above 1 (Woolf 1955)."""
    a, b, c, d = (cell + SMOOTHING for cell in cells)
    return NormalDist().cdf(math.log(a * d / (b * c)) / math.sqrt(1 / a + 1 / b + 1 / c + 1 / d))
