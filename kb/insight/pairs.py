"""Near-identical deals with opposite outcomes, and what only the won ones used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kb.entry import Entry
from kb.insight.contrast import WeightedDeal

MOST_PAIRS = 3
MOST_SUGGESTED = 6
LEAST_USED = 2  # won deals like this one; once is a case


@dataclass(frozen=True, slots=True)
class Difference:
    """The values of a factor that only one of two deals has."""

    factor: str
    won: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OppositePair:
    """A won and a lost deal that are very similar."""

    won: Entry
    lost: Entry
    likeness: float  # to each other, 0 to 1
    same: tuple[tuple[str, tuple[str, ...]], ...]  # (fact, shared values)
    differs: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something used in similar won deals but in no lost one."""

    factor: str  # content, campaign or angle
    value: str  # entry id, or key of an angle
    evidence: tuple[str, ...]  # won deals that used it, most similar first
    weight: float  # their similarity, summed
    is_supported: bool = False  # used often enough in deals like this, and not less often than elsewhere


Reading = Mapping[str, Callable[[Entry], Sequence[str]]]


def opposite_pairs(
    won: Sequence[WeightedDeal],
    lost: Sequence[WeightedDeal],
    likeness: Callable[[Entry, Entry], float],
    same: Reading,
    differing: Reading,
) -> tuple[OppositePair, ...]:
    """Return the pairs most similar to each other and to the deal asked about, each deal in one pair only."""
    ranked = sorted(
        ((likeness(first.entry, second.entry), first, second) for first in won for second in lost),
        key=lambda found: -found[0] * (found[1].weight + found[2].weight),
    )
    taken: set[str] = set()
    pairs: list[OppositePair] = []
    for alike, first, second in ranked:
        if len(pairs) == MOST_PAIRS or {first.entry.id, second.entry.id} & taken:
            continue
        taken |= {first.entry.id, second.entry.id}
        pairs.append(_pair(first.entry, second.entry, alike, same, differing))
    return tuple(pairs)


def suggestions(
    won: Sequence[WeightedDeal],
    lost: Sequence[WeightedDeal],
    used: Reading,
    known: frozenset[str],
    elsewhere: Sequence[Entry] = (),
) -> tuple[Suggestion, ...]:
    """Return what won deals used and no lost one did, except what is `known`; the best supported first.

    `elsewhere` are the other won deals: what they use more often is no mark of deals like this one.
    """
    found = []
    for factor, read in used.items():
        failed = {value for deal in lost for value in read(deal.entry)}
        usual = Counter(value for entry in elsewhere for value in dict.fromkeys(read(entry)))
        for value in dict.fromkeys(v for deal in won for v in read(deal.entry)):
            holders = [deal for deal in won if value in read(deal.entry)]
            if value not in failed and value not in known:
                evidence = tuple(deal.entry.id for deal in holders)
                is_usual = len(holders) * len(elsewhere) < usual[value] * len(won)
                is_supported = len(holders) >= LEAST_USED and not is_usual
                weight = sum(deal.weight for deal in holders)
                found.append(Suggestion(factor, value, evidence, weight, is_supported))
    ranked = sorted(found, key=lambda s: (not s.is_supported, -s.weight, s.factor, s.value))
    return tuple(ranked[:MOST_SUGGESTED])


def _pair(won: Entry, lost: Entry, alike: float, same: Reading, differing: Reading) -> OppositePair:
    shared = [(fact, tuple(v for v in read(won) if v in read(lost))) for fact, read in same.items()]
    differences = [
        Difference(
            factor,
            tuple(v for v in read(won) if v not in read(lost)),
            tuple(v for v in read(lost) if v not in read(won)),
        )
        for factor, read in differing.items()
    ]
    return OppositePair(
        won,
        lost,
        alike,
        tuple(pair for pair in shared if pair[1]),
        tuple(d for d in differences if d.won or d.lost),
    )
