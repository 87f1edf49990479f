"""How people used the hits of searches, as judgements of a weaker kind than grades."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from kb.index.analysis import fold
from kb.loop.activity import Searched
from kb.loop.quality import Use

LEFT_AT_ONCE = timedelta(seconds=10)  # an opened page that was left sooner answered nothing
OPENED = ("page", "passage")

UsesOf = Mapping[str, Counter[str]]  # by entry, then by way


def uses_by_question(searches: Sequence[Searched], uses: Sequence[Use]) -> Mapping[str, UsesOf]:
    """Return how entries were used, by folded question; pages that were left at once are no use."""
    asked = {search.id: search for search in searches}
    left, found = left_at_once(searches, uses), dict[str, dict[str, Counter[str]]]()
    for use in uses:
        if use.search in asked and use not in left:
            query = fold(asked[use.search].query)
            found.setdefault(query, {}).setdefault(use.entry, Counter())[use.how] += 1
    return found


def left_at_once(searches: Sequence[Searched], uses: Sequence[Use]) -> set[Use]:
    """Return the openings after which the same person searched or opened another entry within seconds."""
    asker = {search.id: search.asker for search in searches}
    events: dict[str, list[tuple[str, Use | None]]] = {}
    for search in searches:
        events.setdefault(search.asker, []).append((search.at, None))
    for use in uses:
        if use.search in asker:
            events.setdefault(asker[use.search], []).append((use.at, use))
    return {use for of in events.values() for use in _left(sorted(of, key=lambda event: event[0]))}


def _left(events: Sequence[tuple[str, Use | None]]) -> Iterable[Use]:
    for (at, use), (then, following) in pairwise(events):
        is_same = use is not None and following is not None and following.entry == use.entry
        waited = datetime.fromisoformat(then) - datetime.fromisoformat(at)
        if use is not None and use.how in OPENED and not is_same and waited < LEFT_AT_ONCE:
            yield use
