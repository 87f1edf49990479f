"""A person, and what a way to sign in says about one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kb.viewer import Role, Viewer

Source = Literal["local", "oidc", "proxy"]  # who says so


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in."""

    id: str  # random; entries and logs refer to it
    address: str  # e-mail address, folded
    name: str  # as shown; may change
    role: Role
    role_source: Source  # `local`: given by an admin; otherwise it follows the groups at each sign-in
    teams: frozenset[str]  # names of teams and groups whose entries the person sees
    team_source: Source  # as for the role
    made_at: datetime  # UTC
    is_disabled: bool = False  # keeps the name; cannot sign in

    @property
    def viewer(self) -> Viewer:
        """The person as a viewer."""
        return Viewer(self.id, self.name, self.role, self.teams)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a provider or a proxy vouches for."""

    source: Source
    subject: str  # never changes: issuer and `sub` of OpenID Connect, or the name a proxy passes
    address: str  # folded; may be empty
    name: str
    role: Role | None = None  # None: the source says nothing about roles
    teams: frozenset[str] | None = None  # None: the source says nothing about teams
