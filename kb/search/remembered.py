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


class RememberedAnswers:
    """Answers of one source, as long as it is the same. Thread-safe."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._source: Source | None = None
        self._sentences = 0
        self._known: OrderedDict[Asked, tuple[float, Answer]] = OrderedDict()  # the oldest first

    def get(self, source: Source, asked: Asked) -> Answer | None:
        """Return the answer to a question, if it is known and would be the same now."""
        with self._lock:
            at, answer = self._known.get(asked, (0.0, None))
            is_same = answer is not None and self._is_of(source) and time.monotonic() - at < SECONDS
            return answer if is_same else None

    def add(self, source: Source, asked: Asked, answer: Answer) -> None:
        """Remember an answer, and forget those of another source."""
        with self._lock:
            if not self._is_of(source):
                self._known.clear()
                self._source, self._sentences = source, _sentences(source)
            self._known[asked] = time.monotonic(), answer
            self._known.move_to_end(asked)
            if len(self._known) > self._most:
                self._known.popitem(last=False)

    def _is_of(self, source: Source) -> bool:
        known = self._source
        return (
            known is not None
            and known.snapshot is source.snapshot
            and known.calibration is source.calibration
            and known.today == source.today
            and known.doubted == source.doubted
            and self._sentences == _sentences(source)
        )


def _sentences(source: Source) -> int:
    return source.cache.sentences_written if source.cache else 0
