"""BM25 by phrase: remembered of frequent ones while the index stays as it is, and summed for a query."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kb.index.keywords import Matches, Phrase

FREQUENT = 200  # passages; fewer are scored in a fifth of a millisecond
MOST = 2_000_000  # passages of all remembered phrases together; 24 MB
DIGITS = 12  # of a sum: what is added in another order must not change the order of the passages
MOST_NOTED = 100_000  # phrases asked for; more are no questions of people

Scores = tuple[NDArray[np.int32], NDArray[np.float64]]  # numbers of passages with their BM25
Phrases = tuple[Phrase, ...]  # any of them


class FrequentScores:
    """The scores of frequent phrases in one state of the index. Thread-safe.

    Scoring takes ten times as long as matching, and nearly all of it goes into words that many questions share. They
    are remembered when they are asked for again: alone they take longer than with the other words of a question.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generation = ""
        self._asked: set[Phrases] = set()
        self._known: OrderedDict[Phrases, Scores] = OrderedDict()  # the last used at the end
        self._size = 0

    def known(self, generation: str, wanted: Iterable[Phrases]) -> tuple[dict[Phrases, Scores], set[Phrases]]:
        """Return what is remembered of some phrases, and which of the others were asked for before.

        Once the index has another generation, that is nothing.
        """
        with self._lock:
            if generation != self._generation or len(self._asked) > MOST_NOTED:
                self._generation, self._size = generation, 0
                self._known.clear()
                self._asked.clear()
            asked = set(wanted)
            found = {phrases: self._known[phrases] for phrases in asked & self._known.keys()}
            again = (asked & self._asked) - found.keys()
            self._asked |= asked
            for phrases in found:
                self._known.move_to_end(phrases)
            return found, again

    def remember(self, generation: str, scored: Mapping[Phrases, Scores]) -> None:
        """Remember the frequent ones of phrases that were scored since this generation was read."""
        with self._lock:
            if generation != self._generation:
                return
            for phrases, scores in scored.items():
                if len(scores[0]) >= FREQUENT and phrases not in self._known:
                    self._known[phrases] = scores
                    self._size += len(scores[0])
            while self._size > MOST:
                self._size -= len(self._known.popitem(last=False)[1][0])


def best_of(words: Sequence[Sequence[tuple[Scores, float]]], limit: int, among: Collection[int] | None) -> Matches:
    """Return the passages with the highest sums over all words, best first.

    A word is its spellings, each with a factor; the best of them counts. Only those `among` some are returned.
    """
    size = 1 + max(int(numbers.max(initial=0)) for spellings in words for (numbers, _), _ in spellings)
    total = np.zeros(size)
    for spellings in words:
        of_word = np.zeros(size) if len(spellings) > 1 else total
        for (numbers, scores), factor in spellings:
            known = of_word[numbers]
            of_word[numbers] = np.maximum(known, factor * scores) if len(spellings) > 1 else known + factor * scores
        if len(spellings) > 1:
            total += of_word
    if among is not None:
        inside = np.zeros(size, np.bool_)
        inside[[number for number in among if number < size]] = True
        total[~inside] = 0
    found = np.flatnonzero(total)
    mantissas, exponents = np.frexp(total[found])
    total[found] = np.ldexp(mantissas.round(DIGITS), exponents)
    if len(found) > limit:
        found = found[total[found] >= np.partition(total[found], -limit)[-limit]]
    found = found[np.argsort(-total[found], kind="stable")[:limit]]
    return list(zip(found.tolist(), total[found].tolist(), strict=True))
