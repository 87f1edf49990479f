"""Simulated bases of deals in which the truth is known: no effect, one effect, confounding."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np

from kb.entry import Deal, Entry
from kb.insight.deals import SIZE_STEPS, DealTable, deal_table
from kb.playbook import ClosedDeals, Playbook

ANGLES, INDUSTRIES, SOURCES = 12, 5, 6
BASE = 0.45  # win rate
NAMED = "angle-00"  # the angle with the effect, or the confounded one
FACTORS = ("industry", "size", "lead_source")
_SIZES = (50, 200, 600, 3_000)
assert len(_SIZES) == len(SIZE_STEPS) + 1
LAST_DAY = date(2026, 11, 20)


def world(seed: int, deals: int, *, effect: float = 0.0, confounder: str = "", days: int = 365) -> DealTable:
    """Return a base of decided deals.

    `effect` is added to the win rate of deals with NAMED. A `confounder` decides both: half of the deals are warm, win
    40 points more often and have NAMED in six of ten cases instead of one.
    """
    random = np.random.default_rng(seed)
    made: list[tuple[int, Entry]] = []
    while len(made) < deals:
        picks = {"industry": int(random.integers(INDUSTRIES)), "size": int(random.integers(4))}
        picks["lead_source"] = int(random.integers(SOURCES))
        is_warm = bool(confounder) and picks[confounder] % 2 == 0
        has_named = random.random() < ((0.6 if is_warm else 0.1) if confounder else 0.25)
        others = random.choice(np.arange(1, ANGLES), 2, replace=False)
        angles = [f"angle-{one:02}" for one in others] + ([NAMED] if has_named else [])
        share = BASE + (effect if has_named else 0) + ((0.2 if is_warm else -0.2) if confounder else 0)
        is_won = random.random() < share
        day = LAST_DAY - timedelta(days=int(random.integers(days)))
        made.append((len(made), _deal(len(made), is_won, day, angles, picks)))
    return deal_table(made, Playbook(), {})


def written_down(seed: int, deals: int, kept_losses: float) -> tuple[DealTable, Playbook]:
    """Return a base in which only this share of the losses has a note, and the playbook with the totals."""
    whole, random = world(seed, deals), np.random.default_rng(seed)
    kept = [
        (number, entry)
        for number, entry in enumerate(whole.deals)
        if entry.outcome == "won" or random.random() < kept_losses
    ]
    ends = Counter(entry.outcome for entry in whole.deals)
    playbook = Playbook(closed_deals=[ClosedDeals("won", ends["won"]), ClosedDeals("lost", ends["lost"])])
    return deal_table(kept, playbook, {}), playbook


def _deal(number: int, is_won: bool, day: date, angles: list[str], picks: dict[str, int]) -> Entry:
    return Entry(
        id=f"deals/{number:06}", path=f"deals/{number:06}.md", title=str(number), kind="deal", body="", body_line=1,
        language="ja", content_hash="", industry=(f"industry-{picks['industry']}",), angle=tuple(angles),
        deal=Deal(
            outcome="won" if is_won else "lost", size=_SIZES[picks["size"]], closed_on=day,
            lead_source=f"source-{picks['lead_source']}",
        ),
    )  # fmt: skip
