"""What a viewer may see."""

from __future__ import annotations

from collections.abc import Iterator

from kb.entry import JOINT, PRIVATE, TEAMS, VISIBILITIES, audience_key
from kb.owners import own_names
from kb.viewer import Viewer


def visible_to(viewer: Viewer) -> frozenset[str]:
    """Return the audiences whose entries a viewer may see, as names are compared."""
    if viewer.audiences is None:
        return VISIBILITIES
    groups = {name for one in viewer.audiences for name in _with_those_above(audience_key(one))}
    names = {name for name in groups if name and name not in (JOINT, PRIVATE) and not name.startswith(f"{PRIVATE}:")}
    joint = {JOINT} if names >= TEAMS else set()
    own = {f"{PRIVATE}:{name}" for name in own_names(viewer)}
    return frozenset({"all", *names, *joint, *own})


def team_of(visible: frozenset[str]) -> str:
    """Return the team of those who may see some visibilities, if it is a single one; else empty."""
    teams = visible & TEAMS
    return next(iter(teams)) if len(teams) == 1 else ""


def _with_those_above(group: str) -> Iterator[str]:
    """Yield a group and, if it is a path, the groups it is in."""
    yield group
    while group.count("/") > 1 and group.startswith("/"):
        group = group.rpartition("/")[0]
        yield group
