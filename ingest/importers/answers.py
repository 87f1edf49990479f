"""What a person answers in a preview: other columns, the meaning of stages; kept as a mapping for the next export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest import atomic
from ingest.files import walk
from ingest.importers.columns import Columns, choose, spelled
from ingest.importers.mapping import written_mapping
from ingest.importers.profiles import parse_profile, read_profile
from ingest.importers.stages import folded
from ingest.names import file_stem
from kb.entry import Outcome

FOLDER = "mappings"  # below the entries folder
MADE_FROM = ("title", "customer", "started_on")  # identify a deal of an export without ids
_A_DEAL = frozenset({"outcome", "stage", "is_won"})  # one of them tells a list of deals from a list of customers
LEAST_NAMED = 0.5  # part of the detected columns a kept mapping has
MOST_OF_A_NAME = 100  # mappings of one CRM


@dataclass(frozen=True, slots=True)
class Answers:
    """The corrections of one preview."""

    columns: Mapping[int, str] = field(default_factory=dict)  # place → field; empty: not used
    stages: Mapping[str, Outcome] = field(default_factory=dict)


def answered(columns: Columns, answers: Answers) -> Columns:
    """Return the columns as a person wants them; of two for one field the one that was changed.

    Places the table does not have are ignored.
    """
    was = {place: name for name, place in columns.places.items()}
    given = {place: name for place, name in answers.columns.items() if place < len(columns.headers)}
    changed = {place: name for place, name in given.items() if was.get(place, "") != name}
    kept = {place for name, place in columns.places.items() if name not in changed.values() and place not in changed}
    for name in [name for name, place in columns.places.items() if place not in kept]:
        columns = columns.with_place(name, None)
    for place, name in changed.items():
        if name:
            columns = columns.with_place(name, place)
    profile = columns.profile
    outcomes = {**profile.outcomes, **{folded(stage): outcome for stage, outcome in answers.stages.items()}}
    return replace(columns, profile=replace(profile, outcomes=outcomes))


def with_made_ids(columns: Columns) -> Columns:
    """Return the columns of a list of deals without ids with ids made from what identifies a deal; others unchanged."""
    names = tuple(name for name in MADE_FROM if name in columns.places)
    is_deal = {"title", "customer"} <= {*names} and _A_DEAL & {*columns.places}
    made = names if is_deal and "crm_id" not in columns.places and not columns.profile.id_from else None
    if "crm_id" in columns.places and columns.profile.id_from:
        made = ()
    return columns if made is None else replace(columns, profile=replace(columns.profile, id_from=made))


def kept_mapping(folder: Path, detected: Columns) -> Path | None:
    """Return the mapping kept for exports with such headers: the one naming most of them, if all of it are there.

    One that names far fewer columns than were detected is for another export. Raises ImportRefusedError if a kept
    mapping cannot be read.
    """
    known = {spelled(header) for header in detected.headers}
    fitting: list[tuple[int, Path]] = []
    for path in _mappings(folder):
        profile = read_profile(path)
        named = {spelled(text) for spellings in profile.fields.values() for text in spellings}
        is_enough = len(named) >= LEAST_NAMED * len(detected.places)
        if named <= known and is_enough and profile.kind == detected.profile.kind:
            fitting.append((len(named), path))
    return max(fitting)[1] if fitting else None


def keep_mapping(folder: Path, columns: Columns, stages: Mapping[str, str]) -> str:
    """Keep columns and stages for the next export and return the path; what was kept before is replaced.

    Raises NotSavedError, and ImportRefusedError if it would have too many stages to be read again.
    """
    profile = columns.profile
    before = kept_mapping(folder, choose(columns.headers, [profile.kind]))  # the one this export was read with
    stem = file_stem(profile.name) if before else f"{file_stem(profile.name)}-{profile.kind}"
    columns = replace(columns, profile=replace(profile, name=stem))
    text = written_mapping(columns, stages)
    parse_profile(text, f"{stem}.yaml")  # one that cannot be read stops every later import
    if before is None:
        numbers = ("", *(f"-{n}" for n in range(2, MOST_OF_A_NAME)))
        return atomic.create_first(folder, (f"{FOLDER}/{stem}{number}.yaml" for number in numbers), text)
    if before.read_text("utf-8") != text:
        atomic.replace(before, text)
    return f"{FOLDER}/{before.name}"


def _mappings(folder: Path) -> list[Path]:
    place = folder / FOLDER
    return sorted(path for path in walk(place) if path.suffix == ".yaml" and not path.is_symlink())
