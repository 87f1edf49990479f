"""What waits for each owner in one state of the index, so that a page need not look through all entries for one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from kb.entry import Entry, owner_key
from kb.loop.review import DOUBTED, Standing

T = TypeVar("T")
ByOwner = dict[str, list[tuple[int, T]]]  # place in the list and what stands there


@dataclass(frozen=True, slots=True)
class Owned:
    """Drafts and doubtful entries by owner, and the note whose actions are the current ones."""

    drafts: ByOwner[Entry]
    reviews: ByOwner[tuple[Entry, Standing]]
    note: Entry | None

    @classmethod
    def of(cls, drafts: Iterable[Entry], review: Iterable[tuple[Entry, Standing]], note: Entry | None) -> Owned:
        """Sort lists by owner; each owner's keep their order."""
        doubted = (pair for pair in review if pair[1].state in DOUBTED)
        return cls(_by_owner(drafts, lambda one: one), _by_owner(doubted, lambda pair: pair[0]), note)

    def drafts_of(self, names: Collection[str]) -> Sequence[Entry]:
        """Return the drafts of somebody with some names, folded."""
        return _under(self.drafts, names)

    def reviews_of(self, names: Collection[str]) -> Sequence[tuple[Entry, Standing]]:
        """Return the doubtful entries of somebody with some names, folded, the most urgent first."""
        return _under(self.reviews, names)


def _by_owner(found: Iterable[T], entry_of: Callable[[T], Entry]) -> ByOwner[T]:
    groups: ByOwner[T] = {}
    for place, one in enumerate(found):
        if key := owner_key(entry_of(one).owner):
            groups.setdefault(key, []).append((place, one))
    return groups


def _under(groups: ByOwner[T], names: Collection[str]) -> list[T]:
    found = [pair for name in names for pair in groups.get(name, ())]
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]
