"""BM25 by phrase: remembered of frequent ones while the index stays as it is, and summed for a query."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kb.index.keywords import Matches, Phrase

FREQUENT = 200  # passages; fewer are found in a fifth of a millisecond
MOST = 2_000_000  # passages of all remembered phrases together; 24 MB
DIGITS = 12  # of a sum: what is added in another order must not change the order of the passages

Hits = tuple[NDArray[np.int32], NDArray[np.float64]]  # numbers of passages, each once, with their BM25 before the idf
Spelling = Sequence[tuple[Hits, float]]  # one or more phrases, each with its idf


class FrequentHits:
    """The hits of frequent phrases in one state of the index; many questions share them. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generation = ""
        self._known: OrderedDict[Phrase, Hits] = OrderedDict()  # the last used at the end
        self._size = 0

    def known(self, generation: str, wanted: Iterable[Phrase]) -> dict[Phrase, Hits]:
        """Return what is remembered of some phrases: nothing once the index has another generation."""
        with self._lock:
            if generation != self._generation:
                self._generation, self._size = generation, 0
                self._known.clear()
            found = {phrase: self._known[phrase] for phrase in wanted if phrase in self._known}
            for phrase in found:
                self._known.move_to_end(phrase)
            return found

    def remember(self, generation: str, found: Mapping[Phrase, Hits]) -> None:
        """Remember the frequent ones of phrases that were found since this generation was read."""
        with self._lock:
            if generation != self._generation:
                return
            for phrase, hits in found.items():
                if len(hits[0]) >= FREQUENT and phrase not in self._known:
                    self._known[phrase] = hits
                    self._size += len(hits[0])
            while self._size > MOST:
                self._size -= len(self._known.popitem(last=False)[1][0])


def best_of(words: Sequence[Sequence[Spelling]], limit: int, among: Collection[int] | None = None) -> Matches:
    """Return the passages with the highest sums over all words, best first.

    A word is its spellings, of which the best counts. Only those `among` some are returned.
    """
    hits = [hits for spellings in words for spelling in spellings for hits, _ in spelling]
    size = 1 + max((int(numbers.max(initial=0)) for numbers, _ in hits), default=0)
    total = np.zeros(size)
    for spellings in words:
        if len(spellings) == 1:
            _add(total, spellings[0])
        else:
            total += np.maximum.reduce([_add(np.zeros(size), spelling) for spelling in spellings])
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


def _add(total: NDArray[np.float64], spelling: Spelling) -> NDArray[np.float64]:
    for (numbers, parts), idf in spelling:
        total[numbers] += idf * parts
    return total
