"""Questions of the log with their hits, for people to grade, and the search measured on the grades.

A use (opened, copied, helpful, used in a deal) is a judgement of a weaker kind, counted apart: people use what is shown
to them first. Neither grades nor uses change a ranking.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from kb.clock import CLOCK, Clock
from kb.entry import Entry
from kb.index import balance, keywords, neighbours
from kb.index.analysis import fold
from kb.loop.activity import Activity, Searched
from kb.loop.gaps import LOOKED_BACK
from kb.loop.noise import is_noise, on_the_way
from kb.loop.quality import DEPTH, HIT_DEPTH, Comparison, Grade, Run, compare, figure_of, first_good, ungraded
from kb.loop.uses import UsesOf, uses_by_question
from kb.search import calibration, candidates, lookup, ranking, spelling
from kb.search.answer import Answer, Hit, IndexState

GRADES = {"answers": 3, "helps": 2, "no": 0}  # the scale of the judgement file, without "is related"
SHOWN = 5  # hits to grade per question
MOST_USED = 200  # questions with used hits that are measured, the latest
TUNED = (balance, keywords, neighbours, calibration, candidates, lookup, ranking, spelling)


class Base(Protocol):
    """The part of a search judging needs."""

    def answer(self, text: str, *, limit: int) -> Answer:
        """Answer a query."""


@dataclass(frozen=True, slots=True)
class Question:
    """What people asked, and what is known of its hits."""

    query: str  # folded
    wording: str  # as most people typed it
    times: int
    people: int
    grades: Mapping[str, int]
    uses: UsesOf
    is_decided: bool  # graded, and no new hit has come to the first three since


@dataclass(frozen=True, slots=True)
class Judged:
    """One entry of a question, to be graded."""

    entry: Entry
    hit: Hit | None  # None: graded or used before, but no longer among the first
    grade: int | None
    uses: Counter[str]


class Judging:
    """Hands out questions, takes grades and measures. Thread-safe."""

    def __init__(
        self,
        search: Base,
        published: Callable[[Sequence[str]], Mapping[str, Entry]],
        state: Callable[[], IndexState],
        shown: frozenset[str],
        activity: Activity,
        clock: Clock = CLOCK,
        hides: Callable[[str], bool] = lambda _wording: False,
    ) -> None:
        """`published` returns the entries that may be shown, by id; `shown` are their visibilities.

        Questions whose wording it `hides` are left out.
        """
        self._hides = hides
        self._search = search
        self._published = published
        self._state = state
        self._shown = ",".join(sorted(shown))
        self._activity = activity
        self._clock = clock

    def questions(self) -> list[Question]:
        """Return the questions people asked: undecided ones first, of these the ungraded and frequent ones."""
        searches, grades, history = self._searches(), self._grades(), self.history()
        new = ungraded(history[-1], grades) if history else {}
        found = questions(searches, grades, self._visible_uses(searches), frozenset(new))
        return sorted(found, key=lambda one: (one.is_decided, bool(one.grades), -one.people, -one.times, one.query))

    def to_grade(self, question: Question) -> list[Judged]:
        """Return the first hits of a question, then what was graded or used before. Raises IndexNotReadyError."""
        hits = {hit.entry.id: hit for hit in self._search.answer(question.wording, limit=SHOWN).hits}
        others = [entry for entry in (*question.grades, *question.uses) if entry not in hits]
        entries = {**{i: hit.entry for i, hit in hits.items()}, **self._published(list(dict.fromkeys(others)))}
        return [
            Judged(entry, hits.get(i), question.grades.get(i), question.uses.get(i, Counter()))
            for i, entry in entries.items()
        ]

    def grade(self, question: Question, grades: Mapping[str, int]) -> int:
        """Store grades of entries that may be shown; return how many. Raises ActivityUnavailableError."""
        now, known = self._activity.stamp(), self._published(list(grades))
        rows = [
            Grade(question.query, entry, question.wording, grade, now)
            for entry, grade in grades.items()
            if entry in known and grade in GRADES.values()
        ]
        self._activity.keep_grades(rows)
        return len(rows)

    def measure(self) -> Run:
        """Measure the search on the grades, and apart on the uses. Raises IndexNotReadyError."""
        grades, wordings = self.grades(), self._wordings()
        figures = tuple(figure_of(query, self._ranking(wordings[query]), of) for query, of in grades.items())
        used = self._used()
        state, count = self._state(), len(figures)
        return Run(
            at=self._activity.stamp(),
            shown=self._shown,
            fingerprint=state.fingerprint,
            model=state.model,
            constants=constants(),
            questions=count,
            ndcg=sum(one.ndcg for one in figures) / count if count else 0.0,
            hits=sum(0 < one.rank <= HIT_DEPTH for one in figures),
            used_questions=len(used),
            used_hits=sum(0 < first_good(self._ranking(one), uses) <= HIT_DEPTH for one, uses in used.items()),
            figures=figures,
        )

    def record(self, run: Run) -> None:
        """Add a run to the history. Raises ActivityUnavailableError."""
        self._activity.keep_run(run)

    def history(self) -> list[Run]:
        """Return the recorded runs with the visibilities shown here, oldest first."""
        return self._activity.runs(self._shown)

    def compared(self, run: Run) -> Comparison | None:
        """Compare a run with the one recorded before it; None if there is none."""
        before = [one for one in self.history() if one.at < run.at]
        return compare(before[-1], run, self.grades()) if before else None

    def grades(self) -> dict[str, dict[str, int]]:
        """Return the grades by question that has a good entry."""
        return {query: of for query, of in self._grades().items() if max(of.values()) > 0}

    def wording(self, query: str) -> str:
        """Return a graded question as it was typed."""
        return self._wordings().get(query, query)

    def _ranking(self, wording: str) -> list[str]:
        return [hit.entry.id for hit in self._search.answer(wording, limit=DEPTH).hits]

    def _searches(self) -> list[Searched]:
        found = self._activity.searches((self._clock.now() - LOOKED_BACK).isoformat(timespec="seconds"))
        return [search for search in found if not self._hides(search.query)]

    def _wordings(self) -> dict[str, str]:
        return {one.query: one.wording for one in self._activity.grades()}

    def _grades(self) -> dict[str, dict[str, int]]:
        """Return the grades by question, without those of entries that are hidden or gone."""
        kept = [one for one in self._activity.grades() if not self._hides(one.wording)]
        known = self._published(list({one.entry for one in kept}))
        found: dict[str, dict[str, int]] = {}
        for one in kept:
            if one.entry in known:
                found.setdefault(one.query, {})[one.entry] = one.grade
        return found

    def _visible_uses(self, searches: Sequence[Searched]) -> dict[str, UsesOf]:
        found = uses_by_question(searches, self._activity.uses(searches[0].at) if searches else [])
        known = self._published(list({entry for uses in found.values() for entry in uses}))
        return {query: {i: ways for i, ways in uses.items() if i in known} for query, uses in found.items()}

    def _used(self) -> dict[str, dict[str, int]]:
        """Return the used entries as grades of 1, by wording of the question."""
        searches = self._searches()
        typed = {fold(one.query): one.query for one in reversed(searches)}
        found = self._visible_uses(searches)
        latest = [query for query in typed if found.get(query)][:MOST_USED]
        return {typed[query]: dict.fromkeys(found[query], 1) for query in latest}


def questions(
    searches: Sequence[Searched],
    grades: Mapping[str, Mapping[str, int]],
    uses: Mapping[str, UsesOf],
    undecided: Collection[str] = (),
) -> list[Question]:
    """Group searches by wording, without noise and unfinished queries; `undecided` have new hits.

    Whether a search found something is not asked: it may have been answered by a server that shows more.
    """
    passing, groups = on_the_way(searches), dict[str, list[Searched]]()
    for search in searches:
        if search.id not in passing and not is_noise(search.query):
            groups.setdefault(fold(search.query), []).append(search)
    return [
        Question(
            query=query,
            wording=Counter(one.query for one in asked).most_common(1)[0][0],
            times=len(asked),
            people=len({one.asker for one in asked}),
            grades=grades.get(query, {}),
            uses=uses.get(query, {}),
            is_decided=query in grades and query not in undecided,
        )
        for query, asked in groups.items()
    ]


def constants() -> str:
    """Return a short hash of the numbers that decide a ranking."""
    values = {
        f"{module.__name__}.{name}": repr(value)
        for module in TUNED
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, (int, float, dict, calibration.Calibration))
    }
    return hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()[:12]
