"""Words people use for the same thing: one found nothing, the next one of the same person found the entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher

from kb.index.analysis import fold
from kb.loop.activity import Searched
from kb.loop.gaps import PROGRAM

AGAIN_WITHIN = timedelta(minutes=10)  # a later search is another subject
LEAST_PEOPLE = 2  # one person's guess is no usage
FEWEST_LETTERS = 2
ALIKE = 0.75  # share of common letters from which one word is a typo of the other

IsKnown = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Alike:
    """Two words proposed as synonyms."""

    failed: str
    found: str
    entry: str  # id of an entry it led to
    people: int


def alike(searches: Sequence[Searched], opened: Mapping[str, Sequence[str]], is_known: IsKnown) -> list[Alike]:
    """Return the proposals, those of most people first; `opened` are the entries opened by id of search."""
    people: dict[tuple[str, str], set[str]] = {}
    entries: dict[tuple[str, str], str] = {}
    last: dict[str, Searched] = {}
    for search in sorted(searches, key=lambda one: one.at):
        before = last.get(search.asker)
        last[search.asker] = search
        if before is None or search.asker == PROGRAM or opened.get(before.id) or not opened.get(search.id):
            continue
        pair = _exchanged(before.query, search.query)
        if pair and datetime.fromisoformat(search.at) - datetime.fromisoformat(before.at) <= AGAIN_WITHIN:
            people.setdefault(pair, set()).add(search.asker)
            entries[pair] = opened[search.id][0]
    found = [Alike(*pair, entries[pair], len(who)) for pair, who in people.items() if len(who) >= LEAST_PEOPLE]
    return sorted(
        (one for one in found if not is_known(one.failed, one.found)), key=lambda one: (-one.people, one.failed)
    )


def _exchanged(one: str, other: str) -> tuple[str, str] | None:
    """Return the only word of a search that the next one replaced, and its replacement."""
    before, after = fold(one).split(), fold(other).split()
    gone, come = [w for w in before if w not in after], [w for w in after if w not in before]
    if len(gone) != 1 or len(come) != 1 or len(before) != len(after):
        return None
    words = gone[0], come[0]
    is_word = all(len(word) >= FEWEST_LETTERS and word.isalpha() for word in words)
    return words if is_word and SequenceMatcher(None, *words).ratio() < ALIKE else None
