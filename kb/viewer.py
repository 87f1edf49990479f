"""Who is asking: what they may see and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["reader", "author", "editor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)  # each may do what those before it may


EVERYTHING = "*"  # the team of those who see the entries of all teams and groups, and what is private


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person, or the program, that a request comes from. Made once per request; every reader needs one."""

    person: str  # the id of a person; empty where nobody signs in
    name: str  # as shown and as written into entries; empty where nobody signs in
    role: Role
    audiences: frozenset[str] | None  # teams and groups the person belongs to; None: sees everything
    names: frozenset[str] = frozenset()  # folded, that mean this person in entries and nobody else

    def is_at_least(self, role: Role) -> bool:
        """Whether the viewer may do what a role may."""
        return ROLES.index(self.role) >= ROLES.index(role)

    @property
    def is_signed_in(self) -> bool:
        """Whether it is known who the person is."""
        return bool(self.person)


def audiences_of(teams: frozenset[str]) -> frozenset[str] | None:
    """Return the audiences of somebody in some teams; None: everything."""
    return None if EVERYTHING in teams else teams


OPERATOR = Viewer("", "", "admin", None)  # whoever runs commands on the server, or its only user on the own machine
NOBODY = Viewer("", "", "reader", frozenset())  # who has not signed in: sees nothing, and is shown only where to do so
