"""Are failed searches clustered as a person would? Adjusted Rand index on a file of labelled searches."""

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
HALVES = 20  # random splits of the groups: one half for tuning, the other for measuring
TARGET = 0.7
THRESHOLDS = [round(0.02 * step, 2) for step in range(1, 26)]
WEIGHTS = [0.0, 0.05, 0.1, 0.2, 0.3]


@dataclass(frozen=True, slots=True)
class Searches:
    """Searches with the group a person assigned to each."""

    vectors: Vectors
    words: tuple[frozenset[str], ...]
    groups: tuple[str, ...]
    languages: tuple[str, ...]

    def of(self, groups: set[str]) -> Searches:
        """Return the searches of some groups."""
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
    """Return the agreement of two partitions: 1 if equal, 0 as by chance (Hubert & Arabie 1985)."""

    def pairs(counts: Counter[object]) -> int:
        return sum(comb(count, 2) for count in counts.values())

    together = pairs(Counter(zip(first, second, strict=True)))
    one, other, every = pairs(Counter(first)), pairs(Counter(second)), comb(len(first), 2)
    expected = one * other / every if every else 0.0
    highest = (one + other) / 2
    return 1.0 if highest == expected else (together - expected) / (highest - expected)


def pair_precision_recall(groups: Sequence[object], found: Sequence[object]) -> tuple[float, float]:
    """Return precision and recall of the pairs in one cluster."""
    expected, actual = (_same(some) for some in (groups, found))
    both = float((expected & actual).sum())
    return both / max(float(actual.sum()), 1.0), both / max(float(expected.sum()), 1.0)


def _same(some: Sequence[object]) -> NDArray[np.bool_]:
    """Return for each ordered pair of distinct items whether they are in the same group."""
    numbers = np.unique([str(one) for one in some], return_inverse=True)[1]
    return np.asarray((numbers[:, None] == numbers) & ~np.eye(len(numbers), dtype=np.bool_), np.bool_)


def corrections(groups: Sequence[object], found: Sequence[int], aim: float) -> int:
    """Return how many manual corrections, each the most effective one, reach an agreement of `aim`."""
    done, now = 0, list(found)
    while adjusted_rand_index(groups, now) < aim:
        now = max(_corrected(now), key=lambda some: adjusted_rand_index(groups, some))
        done += 1
    return done


def _corrected(found: Sequence[int]) -> Iterator[list[int]]:
    """Yield the results of one correction: two groups merged, or one search split off."""
    numbers = sorted(set(found))
    for place in range(len(found)):
        yield [*found[:place], numbers[-1] + 1, *found[place + 1 :]]
    for one, other in combinations(numbers, 2):
        yield [one if group == other else group for group in found]


def measure_gaps(bench: Bench) -> None:
    """Measure the clustering of failed searches."""
    searches = read(bench)
    found = clusters(searches.vectors, searches.words)
    index = adjusted_rand_index(searches.groups, found)
    tested, _ = cross_validated(searches, WEIGHTS)
    note = f"{len(searches.groups)} searches, {len(set(searches.groups))} groups, {len(set(found))} clusters"
    figures = [
        Figure("all searches, shipped settings", index, "ARI", ">=", TARGET, note),
        Figure(f"held-out groups, mean of {HALVES} splits", float(np.mean(tested)), "ARI", ">=", TARGET),
        Figure(f"held-out groups, minimum of {HALVES} splits", float(np.min(tested)), "ARI"),
        *_baseline(searches, "cosine only", 0.0),
        *_baseline(searches, "words only", 1.0),
        Figure("clusters", len(set(found)), "", note=f"{len(set(searches.groups))} groups"),
        *_errors(searches, found),
        Figure(
            f"manual corrections to reach {TARGET}",
            corrections(searches.groups, found, TARGET),
            "",
            note="merging two gaps or splitting off a wording, each time the most effective one",
        ),
    ]
    publish(bench.console, bench.folder, "gaps", figures)


def read(bench: Bench) -> Searches:
    """Return the labelled searches with their vectors."""
    rows = [json.loads(line) for line in SEARCHES.read_text("utf-8").splitlines()]
    queries = [row["query"] for row in rows]
    words = tuple(frozenset(terms(query)) for query in queries)
    groups, languages = (tuple(row[key] for row in rows) for key in ("group", "language"))
    return Searches(bench.embedder.embed_queries(queries), words, groups, languages)


def cross_validated(searches: Searches, weights: Sequence[float]) -> tuple[list[float], list[tuple[float, float]]]:
    """Return the agreement on held-out groups per split, and the parameters tuned on the other half."""
    random = np.random.default_rng(4)
    names = sorted(set(searches.groups))
    found, chosen = [], []
    for _ in range(HALVES):
        order = [names[at] for at in random.permutation(len(names))]
        tuning, rest = (searches.of(set(half)) for half in (order[: len(names) // 2], order[len(names) // 2 :]))
        best = max(((t, w) for t in THRESHOLDS for w in weights), key=lambda pair: tuning.ari(*pair))
        chosen.append(best)
        found.append(rest.ari(*best))
    return found, chosen


def _errors(searches: Searches, found: Sequence[int]) -> list[Figure]:
    """Return the kinds of errors: precision and recall of pairs, across languages too, and nearest neighbours."""
    precision, recall = pair_precision_recall(searches.groups, found)
    expected, across = _same(searches.groups), ~_same(searches.languages)
    across_recall = float((expected & across & _same(found)).sum()) / max(float((expected & across).sum()), 1.0)
    alike = likeness(searches.vectors.astype(np.float64), [sorted(some) for some in searches.words])
    np.fill_diagonal(alike, -np.inf)
    nearest = expected[np.arange(len(alike)), alike.argmax(axis=1)][expected.any(axis=1)]
    return [
        Figure("precision of pairs", precision, "share"),
        Figure("recall of pairs", recall, "share", note=f"across languages {across_recall:.2f}"),
        Figure("nearest neighbour in the same group", float(nearest.mean()), "share", note="without singletons"),
    ]


def _baseline(searches: Searches, name: str, weight: float) -> list[Figure]:
    tested, _ = cross_validated(searches, [weight])
    best = max(searches.ari(threshold, weight) for threshold in THRESHOLDS)
    return [
        Figure(f"{name}: all searches, best threshold", best, "ARI"),
        Figure(f"{name}: held-out groups, mean", float(np.mean(tested)), "ARI", note=f"minimum {np.min(tested):.3f}"),
    ]
