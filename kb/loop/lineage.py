"""Where an entry comes from and what came of it: talk track, content, campaign, deal, outcome."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kb.entry import Entry, Problem
from kb.wording import say

FURTHEST = 5  # generations each way
MOST_STEPS = 500  # entries each way: nobody reads more
RELATIONS = ("derived_from", "used", "campaign", "supersedes")  # each leads from what was first to what came of it

Link = tuple[str, str, str]  # id of the entry that names the other, relation, the other's id


@dataclass(frozen=True, slots=True)
class Step:
    """An entry on the way, and how it was reached."""

    entry: Entry
    generation: int  # how far from the entry asked about; below 0 before it
    relation: str
    via: str  # id of the entry one generation nearer


@dataclass(frozen=True, slots=True)
class Line:
    """A link between two entries shown, from what was first to what came of it."""

    earlier: str
    later: str
    relation: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """An entry with what was before it and what came of it, nearest first."""

    entry: Entry
    earlier: tuple[Step, ...] = ()
    later: tuple[Step, ...] = ()
    lines: tuple[Line, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.earlier or self.later)


def lineage(
    entry: Entry,
    links_with: Callable[[Sequence[str]], Iterable[Link]],
    entries_of: Callable[[Sequence[str]], Mapping[str, Entry]],
) -> Lineage:
    """Follow the links of an entry both ways; what `entries_of` does not give is not passed through."""
    lines: dict[Line, None] = {}
    sides = [_followed(entry.id, links_with, entries_of, way, lines) for way in (-1, 1)]
    shown = {entry.id, *(step.entry.id for side in sides for step in side)}
    kept = tuple(line for line in lines if {line.earlier, line.later} <= shown)
    return Lineage(entry, sides[0], sides[1], kept)


def circles(links: Iterable[tuple[str, str, str, str]]) -> list[Problem]:
    """Return a problem for each entry that comes from or replaces itself; links are (path, id, relation, target)."""
    told = list(links)
    return [*_circles(told, "derived_from", _comes), *_circles(told, "supersedes", _replaces)]


def _circles(links: Sequence[tuple[str, str, str, str]], relation: str, says: Callable[[str], str]) -> list[Problem]:
    paths = {entry_id: path for path, entry_id, named, _ in links if named == relation}
    sources: dict[str, list[str]] = {}
    for _, entry_id, named, target in links:
        if named == relation:
            sources.setdefault(entry_id, []).append(target)
    suspects = _endless(sources)
    ways = {entry_id: way for entry_id in sorted(suspects) if (way := _way_back(entry_id, sources, suspects))}
    return [Problem(paths[i], 1, says(" → ".join(f"'{place}'" for place in way))) for i, way in ways.items()]


def _comes(way: str) -> str:
    return say("derived_from: this entry comes from itself ({way}). Take one of these links out.", way=way)


def _replaces(way: str) -> str:
    return say("supersedes: this entry replaces itself ({way}). Take one of these links out.", way=way)


def _followed(
    start: str,
    links_with: Callable[[Sequence[str]], Iterable[Link]],
    entries_of: Callable[[Sequence[str]], Mapping[str, Entry]],
    way: int,
    lines: dict[Line, None],
) -> tuple[Step, ...]:
    """Return the entries one way, generation by generation, each once."""
    steps: list[Step] = []
    seen, edge = {start}, [start]
    for generation in range(1, FURTHEST + 1):
        found: dict[str, Line] = {}
        for line in _directed(links_with(edge)):
            near, far = (line.later, line.earlier) if way < 0 else (line.earlier, line.later)
            if near in edge:
                lines[line] = None
                if far not in seen:
                    found.setdefault(far, line)
        known = entries_of(list(found))
        edge = [other for other in found if other in known][: MOST_STEPS - len(steps)]
        seen.update(found)
        for other in edge:
            line = found[other]
            via = line.later if way < 0 else line.earlier
            steps.append(Step(known[other], way * generation, line.relation, via))
        if not edge:
            break
    return tuple(steps)


def _directed(links: Iterable[Link]) -> Iterable[Line]:
    """Turn links the way time goes: an entry comes after whatever its front matter names."""
    return (Line(target, entry_id, relation) for entry_id, relation, target in links if relation in RELATIONS)


def _endless(sources: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the entries from which one can go back for ever."""
    left = set(sources)
    while ended := {entry_id for entry_id in left if not left.intersection(sources[entry_id])}:
        left -= ended
    return left


def _way_back(start: str, sources: Mapping[str, Sequence[str]], within: Collection[str]) -> list[str]:
    """Return the shortest way from an entry back to itself; empty when there is none."""
    came_from: dict[str, str] = {}
    edge = [start]
    while edge:
        following: list[str] = []
        for here in edge:
            for there in sources[here]:
                if there == start:
                    way = [start, here]
                    while way[-1] != start:
                        way.append(came_from[way[-1]])
                    return way[::-1] if here != start else way
                if there in within and there not in came_from:
                    came_from[there] = here
                    following.append(there)
        edge = following
    return []
