"""What a viewer may see."""

from __future__ import annotations

from kb.entry import NARROWEST, VISIBILITIES
from kb.viewer import Viewer

TEAMS = VISIBILITIES - {"all", NARROWEST}


def visible_to(viewer: Viewer) -> frozenset[str]:
    """Return the visibilities of the entries a viewer may see."""
    if viewer.audiences is None:
        return VISIBILITIES
    joint = {NARROWEST} if viewer.audiences >= TEAMS else set()
    return frozenset({"all", *viewer.audiences, *joint})


def team_of(visible: frozenset[str]) -> str:
    """Return the team of those who may see some visibilities, if it is a single one; else empty."""
    teams = visible & TEAMS
    return next(iter(teams)) if len(teams) == 1 else ""
