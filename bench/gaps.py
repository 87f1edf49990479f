"""Are searches that found nothing put together as a person would? Adjusted Rand index on a file of grouped searches."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.indexes import Bench
from bench.report import Figure, publish
from kb.index.analysis import terms
from kb.index.embedding import Vectors
from kb.loop.clusters import clusters, likeness

SEARCHES = Path(__file__).parent / "gap_searches.jsonl"
HALVES = 20  # random halves of the groups: one is tuned on, the other measured
TARGET = 0.7
THRESHOLDS = [round(0.02 * step, 2) for step in range(1, 26)]
WEIGHTS = [0.0, 0.05, 0.1, 0.2, 0.3]


@dataclass(frozen=True, slots=True)
class Searches:
    """Searches with the need behind each, as a person grouped them."""

    vectors: Vectors
    words: tuple[frozenset[str], ...]
    groups: tuple[str, ...]
    languages: tuple[str, ...]

    def of(self, groups: set[str]) -> Searches:
        """Return the searches of some groups only."""
        places = [place for place, group in enumerate(self.groups) if group in groups]
        return Searches(
            self.vectors[places],
            tuple(self.words[place] for place in places),
            tuple(self.groups[place] for place in places),
            tuple(self.languages[place] for place in places),
        )

    def ari(self, threshold: float, weight: float) -> float:
        """Return the agreement of the clusters with the groups."""
        return adjusted_rand_index(self.groups, clusters(self.vectors, self.words, threshold, weight))


def adjusted_rand_index(first: Sequence[object], second: Sequence[object]) -> float:
    """Return how well two partitions of the same things agree: 1 fully, 0 as by chance (Hubert & Arabie 1985)."""

    def pairs(counts: Counter[object]) -> int:
        return sum(comb(count, 2) for count in counts.values())

    together = pairs(Counter(zip(first, second, strict=True)))
    one, other, every = pairs(Counter(first)), pairs(Counter(second)), comb(len(first), 2)
    expected = one * other / every if every else 0.0
    highest = (one + other) / 2
    return 1.0 if highest == expected else (together - expected) / (highest - expected)


def pairs_together(groups: Sequence[object], found: Sequence[object]) -> tuple[float, float]:
    """Return the share of pairs put together that belong together, and of those that belong together that are."""
    belong, together = (_same(some) for some in (groups, found))
    both = float((belong & together).sum())
    return both / max(float(together.sum()), 1.0), both / max(float(belong.sum()), 1.0)


def _same(some: Sequence[object]) -> NDArray[np.bool_]:
    """Return for each pair of different things, once in either direction, whether they are in one group."""
    numbers = np.unique([str(one) for one in some], return_inverse=True)[1]
    return np.asarray((numbers[:, None] == numbers) & ~np.eye(len(numbers), dtype=np.bool_), np.bool_)


def corrections(groups: Sequence[object], found: Sequence[int], aim: float) -> int:
    """Return after how many corrections, each the most helpful one, found groups agree with the right ones so far."""
    done, now = 0, list(found)
    while adjusted_rand_index(groups, now) < aim:
        now = max(_corrected(now), key=lambda some: adjusted_rand_index(groups, some))
        done += 1
    return done


def _corrected(found: Sequence[int]) -> Iterator[list[int]]:
    """Yield what one correction makes of groups: two of them joined, or one search set apart."""
    numbers = sorted(set(found))
    for place in range(len(found)):
        yield [*found[:place], numbers[-1] + 1, *found[place + 1 :]]
    for one, other in combinations(numbers, 2):
        yield [one if group == other else group for group in found]


def measure_gaps(bench: Bench) -> None:
    """Measure, show and keep how well searches are put together."""
    searches = read(bench)
    found = clusters(searches.vectors, searches.words)
    index = adjusted_rand_index(searches.groups, found)
    held, _ = held_out(searches, WEIGHTS)
    note = f"{len(searches.groups)} searches, {len(set(searches.groups))} groups, {len(set(found))} clusters"
    figures = [
        Figure("all searches, shipped settings", index, "ARI", ">=", TARGET, note),
        Figure(f"groups not tuned on, mean of {HALVES} halves", float(np.mean(held)), "ARI", ">=", TARGET),
        Figure(f"groups not tuned on, lowest of {HALVES} halves", float(np.min(held)), "ARI"),
        *_baseline(searches, "cosine only", 0.0),
        *_baseline(searches, "words only", 1.0),
        Figure("clusters", len(set(found)), "", note=f"{len(set(searches.groups))} groups"),
        *_why(searches, found),
        Figure(
            f"corrections by hand until {TARGET}",
            corrections(searches.groups, found, TARGET),
            "",
            note="a gap joined to another or a wording set apart, each time the one that helps most",
        ),
    ]
    publish(bench.console, bench.folder, "gaps", figures)


def read(bench: Bench) -> Searches:
    """Return the grouped searches with their vectors."""
    rows = [json.loads(line) for line in SEARCHES.read_text("utf-8").splitlines()]
    queries = [row["query"] for row in rows]
    words = tuple(frozenset(terms(query)) for query in queries)
    groups, languages = (tuple(row[key] for row in rows) for key in ("group", "language"))
    return Searches(bench.embedder.embed_queries(queries), words, groups, languages)


def held_out(searches: Searches, weights: Sequence[float]) -> tuple[list[float], list[tuple[float, float]]]:
    """Return the agreement on groups that were not tuned on, half by half, and what was chosen on the others."""
    random = np.random.default_rng(4)
    names = sorted(set(searches.groups))
    found, chosen = [], []
    for _ in range(HALVES):
        order = [names[at] for at in random.permutation(len(names))]
        tuned, rest = (searches.of(set(half)) for half in (order[: len(names) // 2], order[len(names) // 2 :]))
        best = max(((t, w) for t in THRESHOLDS for w in weights), key=lambda pair: tuned.ari(*pair))
        chosen.append(best)
        found.append(rest.ari(*best))
    return found, chosen


def _why(searches: Searches, found: Sequence[int]) -> list[Figure]:
    """Return where it fails: pairs put together wrongly or missed, across languages too, and the nearest search."""
    right, met = pairs_together(searches.groups, found)
    belong, across = _same(searches.groups), ~_same(searches.languages)
    across_met = float((belong & across & _same(found)).sum()) / max(float((belong & across).sum()), 1.0)
    alike = likeness(searches.vectors.astype(np.float64), [sorted(some) for some in searches.words])
    np.fill_diagonal(alike, -np.inf)
    nearest = belong[np.arange(len(alike)), alike.argmax(axis=1)][belong.any(axis=1)]
    return [
        Figure("pairs put together that belong together", right, "share"),
        Figure("pairs that belong together put together", met, "share", note=f"across languages {across_met:.2f}"),
        Figure(
            "nearest other search is of the same group", float(nearest.mean()), "share", note="single ones left out"
        ),
    ]


def _baseline(searches: Searches, name: str, weight: float) -> list[Figure]:
    held, _ = held_out(searches, [weight])
    best = max(searches.ari(threshold, weight) for threshold in THRESHOLDS)
    return [
        Figure(f"{name}: all searches, its best threshold", best, "ARI"),
        Figure(f"{name}: groups not tuned on, mean", float(np.mean(held)), "ARI", note=f"lowest {np.min(held):.3f}"),
    ]
