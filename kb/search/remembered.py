"""The answers given last: people reload a page, go back to it, and ask what others have just asked."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import NamedTuple

from kb.search.answer import Answer
from kb.search.query import Filters, Sort
from kb.search.source import Source

MOST = 256  # answers; one holds some ten entries, which passages remember as well
SECONDS = 60.0  # a bound for what another process has embedded meanwhile


class Asked(NamedTuple):
    """Everything that a question asks for."""

    text: str
    filters: Filters
    sort: Sort
    limit: int
    offset: int
    explain: bool
    as_typed: bool
    quote: bool


class Basis(NamedTuple):
    """What an answer was made from."""

    source: Source
    sentences: int  # how often vectors of sentences had been written before the question was answered

    @classmethod
    def of(cls, source: Source) -> Basis:
        """Return what answers are made from from now on; something may be added while one is made."""
        return cls(source, source.cache.sentences_written if source.cache else 0)

    def is_like(self, other: Basis) -> bool:
        """Whether answers made from another would be the same."""
        own, its = self.source, other.source
        return (
            own.snapshot is its.snapshot
            and own.calibration is its.calibration
            and own.today == its.today
            and own.doubted == its.doubted
            and self.sentences == other.sentences
        )


class RememberedAnswers:
    """Answers made from one basis, as long as it is the same. Thread-safe."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._basis: Basis | None = None
        self._known: OrderedDict[Asked, tuple[float, Answer]] = OrderedDict()  # the oldest first

    def get(self, basis: Basis, asked: Asked) -> Answer | None:
        """Return the answer to a question, if it is known and would be the same now."""
        with self._lock:
            at, answer = self._known.get(asked, (0.0, None))
            is_same = answer is not None and self._is_of(basis) and time.monotonic() - at < SECONDS
            return answer if is_same else None

    def add(self, basis: Basis, asked: Asked, answer: Answer) -> None:
        """Remember an answer, and forget those made from anything else; `basis` is from before it was made."""
        with self._lock:
            if not self._is_of(basis):
                self._known.clear()
                self._basis = basis
            self._known[asked] = time.monotonic(), answer
            self._known.move_to_end(asked)
            if len(self._known) > self._most:
                self._known.popitem(last=False)

    def _is_of(self, basis: Basis) -> bool:
        return self._basis is not None and self._basis.is_like(basis)
