"""Do similar deals foretell how a deal ends? Measured on each base: every decided deal is asked about as if open."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from kb.insight.asked import asked_of
from kb.insight.deals import LOST, WON, DealTable
from kb.insight.likeness import parts_of, together
from kb.insight.rates import CREDIBILITY, STRENGTH
from kb.insight.similar import neighbour_rate
from kb.insight.situations import Situations
from kb.playbook import Playbook

Foretells = Literal["foretells", "does-not", "too-early", "unmeasured"]
LEAST_FORETOLD = 50  # decided deals: with fewer the interval is wider than any gain
MOST_ASKED = 600  # decided deals asked about; of more, evenly spread ones
GROWN = 0.1  # share by which the base has to change before it is measured again
RESAMPLES = 2_000  # of the deals, for the interval
SEED = 1


@dataclass(frozen=True, slots=True)
class Foretelling:
    """How much better similar deals foretell outcomes than the base rate does, and what this was measured on."""

    decided: int  # deals of the base
    asked: int = 0  # deals asked about; 0 if not measured
    gain: float = 0.0  # Brier score of the base rate less that of similar deals
    low: float = 0.0  # 90 % bootstrap interval
    high: float = 0.0
    base_score: float = 0.0  # Brier score of the base rate
    strength: float = STRENGTH
    day: str = ""

    @property
    def verdict(self) -> Foretells:
        """Whether the base is large enough, and similar deals clearly better than the base rate."""
        if self.decided < LEAST_FORETOLD:
            return "too-early"
        if not self.asked:
            return "unmeasured"
        return "foretells" if self.low > 0 else "does-not"

    def shares(self) -> tuple[float, float, float]:
        """Return gain, low and high as shares of the base rate's score."""
        whole = self.base_score or 1.0
        return self.gain / whole, self.low / whole, self.high / whole

    def holds_for(self, decided: int, strength: float) -> bool:
        """Whether the base is still about the one that was measured."""
        return bool(self.asked) and self.strength == strength and abs(decided - self.decided) < GROWN * self.decided

    def stored(self) -> str:
        """Return it as text, to be kept."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Foretelling | None:
        """Read what `stored` wrote; None for anything else."""
        try:
            return cls(**json.loads(text)) if text else None
        except (TypeError, ValueError):
            return None


def foretelling(
    table: DealTable,
    situations: Situations,
    playbook: Playbook,
    day: str,
    strength: float = STRENGTH,
    is_over: Callable[[], bool] = lambda: False,
) -> Foretelling | None:
    """Measure it; None if `is_over` says to stop."""
    decided = np.flatnonzero(np.isin(table.outcomes, (WON, LOST)))
    count = len(decided)
    if count < LEAST_FORETOLD:
        return Foretelling(count)
    asked = decided[np.linspace(0, count - 1, min(count, MOST_ASKED)).astype(np.int64)]
    predicted = np.zeros(len(asked))
    for place, deal in enumerate(asked.tolist()):
        if is_over():
            return None
        predicted[place] = forecast(table, situations, playbook, deal, (deal,), strength)
    won = table.outcomes[asked] == WON
    base = ((table.outcomes[decided] == WON).sum() - won) / (count - 1)
    gains = (base - won) ** 2 - (predicted - won) ** 2
    times = np.random.default_rng(SEED).multinomial(len(asked), np.full(len(asked), 1 / len(asked)), size=RESAMPLES)
    tail = (1 - CREDIBILITY) / 2
    low, high = np.quantile(times @ gains / len(asked), [tail, 1 - tail])
    score = float(np.mean((base - won) ** 2))
    return Foretelling(count, len(asked), float(gains.mean()), float(low), float(high), score, strength, day)


def forecast(
    table: DealTable,
    situations: Situations,
    playbook: Playbook,
    deal: int,
    without: Sequence[int],
    strength: float = STRENGTH,
) -> float:
    """Return the win rate of deals similar to one of the table, as if some deals did not exist."""
    told = situations.of_deal(deal)
    parts = parts_of(asked_of(table.deals[deal], playbook), table, situations, told)
    others = np.ones(len(table), np.bool_)
    others[list(without)] = False
    # The last stage came with the end.
    return neighbour_rate(table, together(parts, len(table), without=("stage",)), others, strength).mean
