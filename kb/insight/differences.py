"""Which values go with wins or losses over the whole base: neighbours are too few to tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from kb.entry import Entry
from kb.insight.rates import FALSE_SHARE, LEAST_DECIDED, probability_goes_with, stands_out
from kb.insight.situation import names_end

Factor = Literal["angle", "reason", "competitor", "content", "lead_source", "stage", "tag"]
Side = Literal["won", "lost"]
ValuesOf = Mapping[Factor, Callable[[Entry], Sequence[str]]]
Differences = Mapping[tuple[Factor, str], Side]

FALSE_SHARE_OF_DIFFERENCES = FALSE_SHARE / 5  # of the smaller tail: 4 % in both directions
AFTERWARDS = ("reason", "stage")  # factors known only at the end: a one-sided one proves nothing


def differences(won: Sequence[Entry], lost: Sequence[Entry], values_of: ValuesOf) -> Differences:
    """Return the side of every value that is clearly more frequent in won or in lost deals.

    All values with enough deals are one family (`stands_out`). Nothing draws them towards the base, as it does the
    rows of a board, so that they need a stricter share.
    """
    tried: list[tuple[Factor, str]] = []
    cells: list[tuple[int, int]] = []
    for factor, read in values_of.items():
        wins, losses = (Counter(value for deal in side for value in dict.fromkeys(read(deal))) for side in (won, lost))
        for value in sorted({*wins, *losses}):
            counts = wins[value], losses[value]
            if sum(counts) < LEAST_DECIDED or names_end(value) or (factor in AFTERWARDS and not all(counts)):
                continue
            tried.append((factor, value))
            cells.append(counts)
    above = probability_goes_with([w for w, _ in cells], len(won), [x for _, x in cells], len(lost)).tolist()
    clear = stands_out(above, FALSE_SHARE_OF_DIFFERENCES).tolist()
    return {
        named: "won" if p > 0.5 else "lost" for named, p, is_clear in zip(tried, above, clear, strict=True) if is_clear
    }
