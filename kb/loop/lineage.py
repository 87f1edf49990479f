"""Lineage: where an entry comes from and what it led to, from talk track to deal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kb.entry import Entry, Problem
from kb.search.answer import Linked
from kb.wording import say

FURTHEST = 5  # generations each way
MOST_STEPS = 500  # entries each way
RELATIONS = ("derived_from", "used", "campaign", "supersedes")  # each points to the earlier entry

Link = tuple[str, str, str]  # source id, relation, target id


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of a lineage, and how it was reached."""

    entry: Entry
    generation: int  # distance from the start; negative for earlier entries
    relation: str
    via: str  # id of the entry one generation closer


@dataclass(frozen=True, slots=True)
class Line:
    """A link between two entries shown, from the earlier to the later."""

    earlier: str
    later: str
    relation: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """An entry with its earlier and later entries, nearest first."""

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
    """Follow the links of an entry both ways, but not through entries that `entries_of` omits."""
    lines: dict[Line, None] = {}
    sides = [_followed(entry.id, links_with, entries_of, way, lines) for way in (-1, 1)]
    shown = {entry.id, *(step.entry.id for side in sides for step in side)}
    kept = tuple(line for line in lines if {line.earlier, line.later} <= shown)
    return Lineage(entry, sides[0], sides[1], kept)


def has_lineage(linked: Linked, entry_id: str) -> bool:
    """Whether an entry has earlier or later entries, by its own links."""
    return any(
        relation in RELATIONS and other.id != entry_id for relation, other in (*linked.outgoing, *linked.incoming)
    )


def link_cycles(links: Iterable[tuple[str, str, str, str]]) -> list[Problem]:
    """Return a problem per entry derived from or superseding itself; links are (path, id, relation, target)."""
    known = list(links)
    return [*_cycles(known, "derived_from", _derives), *_cycles(known, "supersedes", _supersedes)]


def _cycles(links: Sequence[tuple[str, str, str, str]], relation: str, says: Callable[[str], str]) -> list[Problem]:
    paths = {entry_id: path for path, entry_id, named, _ in links if named == relation}
    sources: dict[str, list[str]] = {}
    for _, entry_id, named, target in links:
        if named == relation:
            sources.setdefault(entry_id, []).append(target)
    suspects = _unresolved(sources)
    cycles = {entry_id: way for entry_id in sorted(suspects) if (way := _shortest_cycle(entry_id, sources, suspects))}
    return [Problem(paths[i], 1, says(" → ".join(f"'{place}'" for place in way))) for i, way in cycles.items()]


def _derives(way: str) -> str:
    return say("derived_from: this entry is derived from itself ({way}). Remove one of these links.", way=way)


def _supersedes(way: str) -> str:
    return say("supersedes: this entry supersedes itself ({way}). Remove one of these links.", way=way)


def _followed(
    start: str,
    links_with: Callable[[Sequence[str]], Iterable[Link]],
    entries_of: Callable[[Sequence[str]], Mapping[str, Entry]],
    way: int,
    lines: dict[Line, None],
) -> tuple[Step, ...]:
    """Return the entries in one direction, by generation, each once."""
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
    """Turn links into chronological lines: an entry is later than the entries it links to."""
    return (Line(target, entry_id, relation) for entry_id, relation, target in links if relation in RELATIONS)


def _unresolved(sources: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the entries that are part of a cycle or lead to one."""
    left = set(sources)
    while ended := {entry_id for entry_id in left if not left.intersection(sources[entry_id])}:
        left -= ended
    return left


def _shortest_cycle(start: str, sources: Mapping[str, Sequence[str]], within: Collection[str]) -> list[str]:
    """Return the shortest path from an entry back to itself; empty if there is none."""
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
