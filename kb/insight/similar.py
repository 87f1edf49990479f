"""Deals similar to the one asked about: balanced by outcome, with the win rate of the nearest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kb.entry import OUTCOMES, Entry
from kb.insight.asked import FACTS, Asked
from kb.insight.contrast import Contrast, WeightedDeal, contrasts
from kb.insight.deals import LOST, NO_DECISION, WON, DealTable, Flags, Integers
from kb.insight.differences import Differences, differences
from kb.insight.likeness import WEIGHTS, Floats, parts_of, together
from kb.insight.pairs import OppositePair, Reading, Suggestion, opposite_pairs, suggestions
from kb.insight.rates import STRENGTH, counted_rate, plain_rate, shrunk_rate
from kb.insight.situations import Situation, Situations
from kb.insight.views import Views
from kb.search.answer import Confidence

MOST_NEIGHBOURS = 20  # of each outcome
COMPARED = 12  # per outcome, at least: fewer show no differences
RATED = 20  # decided deals, of any outcome, behind the win rate
SHARPNESS = 3.0  # weight = likeness to this power: half as similar counts an eighth
NOBODY = np.array([], np.int64)
LEAST_LIKE = 0.2  # deals below this are listed, but not used in comparisons
STRONG, PARTIAL = 0.6, 0.4  # likeness of the nearest decided deal, for the overall confidence


@dataclass(frozen=True, slots=True)
class Part:
    """The similarity of two deals in one respect."""

    name: str
    likeness: float | None  # 0 to 1; None if the deal has no value
    weight: float  # its share of the total


@dataclass(frozen=True, slots=True)
class SimilarDeal:
    """A past deal and why it is similar."""

    entry: Entry
    likeness: float  # 0 to 1
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class NeighbourRate:
    """The outcomes of the nearest deals; win rate among the decided with 90 % credible interval."""

    won: int
    lost: int
    no_decision: int
    mean: float  # weighted by likeness, shrunk towards the base
    low: float
    high: float
    base: float  # of all deals within the filters


@dataclass(frozen=True, slots=True)
class SimilarDeals:
    """Deals similar to the one asked about, and what made the difference."""

    asked: Asked
    confidence: Confidence
    by_outcome: dict[str, tuple[SimilarDeal, ...]]  # nearest first
    rate: NeighbourRate
    contrasts: tuple[Contrast, ...]
    pairs: tuple[OppositePair, ...]
    suggestions: tuple[Suggestion, ...]
    compared: tuple[int, int] = (0, 0)  # won and lost deals behind contrasts, pairs and suggestions


def similar_deals(
    table: DealTable,
    situations: Situations,
    views: Views,
    asked: Asked,
    situation: Situation | None,
    within: Flags,
    count: int = 5,
    strength: float = STRENGTH,
    differing: Differences | None = None,
) -> SimilarDeals:
    """Return the `count` nearest deals of each outcome in scope (one flag per deal).

    `differing` is what `differences_within` found, if it is known already.
    """
    parts = parts_of(asked, table, situations, situation)
    likeness = together(parts, len(table))
    itself = table.places.get(asked.deal_id)
    others = within.copy()
    if itself is not None:
        others[itself] = False
    nearest = {
        outcome: _nearest(likeness, others & (table.outcomes == place), max(count, COMPARED))
        for place, outcome in enumerate(OUTCOMES)
    }
    decided = others & np.isin(table.outcomes, (WON, LOST))
    best = float(likeness[decided].max(initial=0.0))
    compared = nearest if best >= PARTIAL else {}  # where nothing is similar, there is nothing to compare
    won, lost = (_weighed(table, likeness, compared.get(name, NOBODY), best) for name in ("won", "lost"))
    known = frozenset(_all(views.used, table.deals[itself])) if itself is not None else frozenset()
    near = {deal.entry.id for deal in won}
    wins = (table.deals[at] for at in np.flatnonzero(others & (table.outcomes == WON)))
    elsewhere = [entry for entry in wins if entry.id not in near]
    known_sides = differences_within(table, others, views) if differing is None else differing
    return SimilarDeals(
        asked=asked,
        confidence="strong" if best >= STRONG else "partial" if best >= PARTIAL else "none",
        by_outcome={
            name: tuple(_similar(table, likeness, parts, deal) for deal in places[:count])
            for name, places in nearest.items()
        },
        rate=neighbour_rate(table, together(parts, len(table), without=("stage",)), others, strength),
        contrasts=contrasts(won, lost, views.contrasted, known_sides),
        pairs=opposite_pairs(
            won[:count], lost[:count], _likeness_between(table, situations), views.same, views.differing
        ),
        suggestions=suggestions(won, lost, views.used, known, elsewhere),
        compared=(len(won), len(lost)),
    )


def differences_within(table: DealTable, within: Flags, views: Views) -> Differences:
    """Return which values go with wins or losses over all deals in scope."""
    won, lost = ([table.deals[at] for at in np.flatnonzero(within & (table.outcomes == end))] for end in (WON, LOST))
    return differences(won, lost, views.contrasted)


def neighbour_rate(table: DealTable, likeness: Floats, others: Flags, strength: float = STRENGTH) -> NeighbourRate:
    """Return the win rate of the RATED nearest decided deals, weighted by likeness."""
    closed = others & np.isin(table.outcomes, (WON, LOST, NO_DECISION))
    near = _nearest(likeness, closed, RATED)
    if len(near):  # include ties with the last one
        near = np.flatnonzero(closed & (likeness >= likeness[near[-1]]))
    ends = table.outcomes[near]
    best = float(likeness[near].max(initial=0.0))
    weights = (likeness[near] / best) ** SHARPNESS if best else np.ones(len(near))
    all_won, all_lost = (int((table.outcomes[others] == end).sum()) for end in (WON, LOST))
    prior = plain_rate(all_won, all_lost).mean  # never 0 or 1
    rate = shrunk_rate(weights[ends == WON].sum(), weights[ends == LOST].sum(), prior, strength)
    base = float(counted_rate(all_won, all_lost).mean)
    counts = [int((ends == end).sum()) for end in (WON, LOST, NO_DECISION)]
    return NeighbourRate(counts[0], counts[1], counts[2], float(rate.mean), float(rate.low), float(rate.high), base)


def _nearest(likeness: Floats, among: Flags, count: int) -> Integers:
    places = np.flatnonzero(among)
    return np.asarray(places[np.argsort(-likeness[places], kind="stable")[:count]], np.int64)


def _weighed(table: DealTable, likeness: Floats, places: Integers, best: float) -> list[WeightedDeal]:
    near = [deal for deal in places if likeness[deal] >= LEAST_LIKE]
    return [WeightedDeal(table.deals[deal], float(likeness[deal]) / best) for deal in near]


def _similar(table: DealTable, likeness: Floats, parts: dict[str, Floats], deal: int) -> SimilarDeal:
    whole = sum(WEIGHTS[name] for name in parts)
    explained = tuple(
        Part(name, None if np.isnan(values[deal]) else float(values[deal]), WEIGHTS[name] / whole)
        for name, values in parts.items()
    )
    return SimilarDeal(table.deals[deal], float(likeness[deal]), explained)


def _likeness_between(table: DealTable, situations: Situations) -> Callable[[Entry, Entry], float]:
    """Return the similarity of two deals of the table: their situations, and the facts they share."""

    def likeness(first: Entry, second: Entry) -> float:
        shared = [bool(set(a) & set(b)) for a, b in _facts(first, second) if a and b]
        facts = sum(shared) / len(shared) if shared else 0.0
        return (facts + situations.between(table.places[first.id], table.places[second.id])) / 2

    return likeness


def _facts(first: Entry, second: Entry) -> list[tuple[Sequence[str], Sequence[str]]]:
    return [(first.values(name), second.values(name)) for name in FACTS]


def _all(readings: Reading, entry: Entry) -> list[str]:
    return [value for read in readings.values() for value in read(entry)]
