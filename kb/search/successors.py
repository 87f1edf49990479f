"""An entry that a newer one replaces stands behind it, whatever the question says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def behind_successors(entries: Sequence[int], successors: Mapping[int, Sequence[int]]) -> list[int]:
    """Return the places of entries in their new order: each directly behind those of them that replace it.

    Entries that replace each other in a circle keep their order, behind all others.
    """
    place_of = {entry: place for place, entry in enumerate(entries)}
    order: dict[int, None] = {}  # places, in order
    waiting: dict[int, list[int]] = {}  # by the place they wait for

    def put(place: int) -> None:
        newer = (place_of[entry] for entry in successors.get(entries[place], ()) if entry in place_of)
        missing = next((one for one in newer if one not in order), None)
        if missing is not None:
            waiting.setdefault(missing, []).append(place)
            return
        order[place] = None
        for one in waiting.pop(place, ()):
            put(one)

    for place in range(len(entries)):
        put(place)
    return [*order, *(place for place in range(len(entries)) if place not in order)]
