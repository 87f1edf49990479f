"""Copies of a file are one hit: the original, with those that were found as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def grouped(entries: Sequence[int], originals: Mapping[int, int]) -> dict[int, tuple[int, ...]]:
    """Return the places of the entries to show in order, each with the copies it stands for.

    A group stands where its best entry was found, and shows the original where that was found at all.
    """
    groups: dict[int, list[int]] = {}
    for place, entry in enumerate(entries):
        groups.setdefault(_first(entry, originals), []).append(place)
    shown: dict[int, tuple[int, ...]] = {}
    for original, places in groups.items():
        own = next((place for place in places if entries[place] == original), places[0])
        shown[own] = tuple(entries[place] for place in places if place != own)
    return shown


def _first(entry: int, originals: Mapping[int, int]) -> int:
    """Return the original of a copy, also of a copy of a copy."""
    while entry in originals:
        entry = originals[entry]
    return entry
