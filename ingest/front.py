"""Read the front matter of a text, in whatever notation: its place, its keys and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.fences import Notation, Place, find
from ingest.other_notations import read_json, read_toml
from ingest.signs import conflict_line, is_conflict
from ingest.yaml_lines import Reading, read_yaml
from ingest.yaml_text import Line, YamlTextError
from kb.entry import Problem

_READERS = {"yaml": read_yaml, "toml": read_toml, "json": read_json}


@dataclass(frozen=True, slots=True)
class Front:
    """The front matter of a text; line numbers are those of the file, from 1."""

    place: Place
    lines: tuple[Line, ...] = ()
    fault: Problem | None = None  # why nothing of it can be read
    problems: tuple[Problem, ...] = ()
    is_partial: bool = False  # some of it could not be read, so that nobody knows what else it says
    is_repaired: bool = False  # it is not valid

    @property
    def notation(self) -> Notation:
        """The notation; empty without front matter."""
        return self.place.notation


def read_front(lines: Sequence[str]) -> Front:
    """Read the front matter at the top of a file's lines. Never raises."""
    place = find(lines)
    found = (place.problem,) if place.problem else ()
    if not place.notation:
        return Front(place, problems=found, is_partial=bool(found))
    try:
        reading = _READERS[place.notation](_content(lines, place))
    except YamlTextError as error:
        fault = Problem("", error.line + place.start, error.sentence)
        return Front(place, fault=fault, problems=(*found, fault), is_partial=True)
    return _in_file(reading, place, found)


def _content(lines: Sequence[str], place: Place) -> str:
    """Return the content without what only separates its parts, each line as long as before."""
    content = list(lines[place.start : place.end])
    has_conflict = conflict_line(content) is not None
    for at, line in enumerate(content):
        if at + place.start in place.inner or (has_conflict and is_conflict(line)):
            content[at] = "#" * len(line)
    return "".join(line + "\n" for line in content)


def _in_file(reading: Reading, place: Place, found: tuple[Problem, ...]) -> Front:
    lines = tuple(replace(line, line=line.line + place.start) for line in reading.lines)
    problems = tuple(replace(problem, line=problem.line + place.start) for problem in reading.problems)
    return Front(
        place,
        lines,
        None,
        (*found, *problems),
        reading.is_partial or not place.is_closed,
        reading.is_repaired or not place.is_closed,
    )
