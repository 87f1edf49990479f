"""How well a search ranks what people graded: formulas, one measured run, and what changed between two."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from statistics import NormalDist

DEPTH = 10  # a page of hits
GOOD_GRADE = 2  # of 3 answers, 2 helps, 1 is related
HIT_DEPTH = 3  # what is seen without scrolling
CONFIDENCE = 0.90  # of the interval, as of all intervals people see
LEAST_CHANGE = 0.005  # of nDCG, for a question to count as better or worse

Grades = Mapping[str, int]  # by entry


@dataclass(frozen=True, slots=True)
class Grade:
    """How well a person says an entry answers a question."""

    query: str  # folded; identifies the question
    entry: str
    wording: str  # as typed
    grade: int
    at: str  # UTC, ISO


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a hit."""

    search: str
    entry: str
    how: str  # see `kb/loop/logbook.py`; `deal`: used in a deal
    at: str  # UTC, ISO


@dataclass(frozen=True, slots=True)
class Figure:
    """The figures of one question."""

    query: str
    ndcg: float
    rank: int  # of the first good entry among the first ten; 0 if there is none
    ranking: tuple[str, ...]  # entries, at most ten


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement of the search."""

    at: str  # UTC, ISO
    shown: str  # the visibilities it was measured with; runs of others are not comparable
    fingerprint: str  # of the index
    model: str
    constants: str  # hash of the constants of the ranking
    questions: int  # with at least one good entry
    ndcg: float  # mean over them
    hits: int  # questions with a good entry among the first three
    used_questions: int  # with a used entry: a weaker judgement, counted apart
    used_hits: int
    figures: tuple[Figure, ...]

    @property
    def interval(self) -> tuple[float, float]:
        """The interval of the share of hits."""
        return wilson(self.hits, self.questions)


@dataclass(frozen=True, slots=True)
class Change:
    """A question that is answered better or worse than before."""

    query: str
    before: Figure
    after: Figure

    @property
    def is_better(self) -> bool:
        """Whether the change is for the better."""
        return self.after.ndcg > self.before.ndcg


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs on the questions both have, by the same grades."""

    better: tuple[Change, ...]  # largest change first
    worse: tuple[Change, ...]
    same: int
    differs: tuple[str, ...]  # what else is different: model, constants, fingerprint


def ndcg(ranking: Sequence[str], grades: Grades) -> float:
    """Return nDCG@10 (Järvelin, Kekäläinen 2002): gain 2^grade - 1, which is the grade itself where it is 0 or 1."""
    ideal = _dcg(sorted(grades.values(), reverse=True)[:DEPTH])
    return _dcg([grades.get(item, 0) for item in ranking[:DEPTH]]) / ideal if ideal else 0.0


def first_good(ranking: Sequence[str], grades: Grades) -> int:
    """Return the rank of the first good item among ten, from 1; 0 if there is none.

    Where no grade reaches GOOD_GRADE, the best one is good, unless it is 0.
    """
    least = max(1, min(GOOD_GRADE, max(grades.values(), default=0)))
    return next((at for at, item in enumerate(ranking[:DEPTH], start=1) if grades.get(item, 0) >= least), 0)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the score interval of a share (Wilson 1927); the whole range where nothing was counted."""
    if not of:
        return 0.0, 1.0
    z, share = NormalDist().inv_cdf((1 + CONFIDENCE) / 2), hits / of
    middle, scale = share + z * z / (2 * of), 1 + z * z / of
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def figure_of(query: str, ranking: Sequence[str], grades: Grades) -> Figure:
    """Return the figures of one question."""
    return Figure(query, ndcg(ranking, grades), first_good(ranking, grades), tuple(ranking[:DEPTH]))


def ungraded(run: Run, grades: Mapping[str, Grades]) -> dict[str, int]:
    """Return how many of the first three hits nobody has graded, by question: they count as no answer."""
    counts = {
        one.query: sum(entry not in grades.get(one.query, {}) for entry in one.ranking[:HIT_DEPTH])
        for one in run.figures
    }
    return {query: count for query, count in counts.items() if count}


def compare(before: Run, after: Run, grades: Mapping[str, Grades]) -> Comparison:
    """Compare two runs by today's grades, so that only the ranking can make a difference."""
    old, new = (
        {one.query: figure_of(one.query, one.ranking, grades[one.query]) for one in run.figures if one.query in grades}
        for run in (before, after)
    )
    both = [Change(query, old[query], new[query]) for query in new if query in old]
    changed = [one for one in both if abs(one.after.ndcg - one.before.ndcg) >= LEAST_CHANGE]
    changed.sort(key=lambda one: -abs(one.after.ndcg - one.before.ndcg))
    parts = ("model", "constants", "fingerprint")
    return Comparison(
        better=tuple(one for one in changed if one.is_better),
        worse=tuple(one for one in changed if not one.is_better),
        same=len(both) - len(changed),
        differs=tuple(part for part in parts if getattr(before, part) != getattr(after, part)),
    )


def figures_text(figures: Sequence[Figure]) -> str:
    """Return figures as JSON, as stored in the activity database."""
    return json.dumps([astuple(one) for one in figures], ensure_ascii=False)


def figures_of(text: str) -> tuple[Figure, ...]:
    """Parse the output of `figures_text`; none if it is something else."""
    try:
        return tuple(Figure(query, score, rank, tuple(ranking)) for query, score, rank, ranking in json.loads(text))
    except (ValueError, TypeError):
        return ()


def _dcg(grades: Sequence[int]) -> float:
    return float(sum((2**grade - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1)))
