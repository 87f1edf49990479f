"""A person, and what a way to sign in says about one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kb.people.errors import BadPersonError
from kb.viewer import EVERYTHING, Role, Viewer, audiences_of
from kb.wording import say

Source = Literal["local", "oidc", "proxy"]  # who says so
MOST_ADDRESS = 254  # characters, as in mail
MOST_NAME = 100  # characters, also of a team


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
    names: frozenset[str] = frozenset()  # folded, that mean this person in entries and nobody else

    @property
    def viewer(self) -> Viewer:
        """The person as a viewer."""
        return Viewer(self.id, self.name, self.role, audiences_of(self.teams), self.names)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a provider or a proxy vouches for."""

    source: Source
    subject: str  # never changes: issuer and `sub` of OpenID Connect, or the name a proxy passes
    address: str  # folded; may be empty
    name: str
    role: Role | None = None  # None: the source says nothing about roles
    teams: frozenset[str] | None = None  # None: the source says nothing about teams


def folded(address: str) -> str:
    """Return an address as it is kept and compared."""
    return unicodedata.normalize("NFKC", address.strip()).casefold()


def clean_address(address: str) -> str:
    """Return an address, folded. Raises BadPersonError."""
    kept = folded(address)
    local, _, domain = kept.partition("@")
    if not (local and domain) or len(kept) > MOST_ADDRESS or "@" in domain or not _is_plain(kept) or " " in kept:
        raise BadPersonError(say("'{address}' is not an e-mail address.", address=address[:MOST_ADDRESS]))
    return kept


def clean_name(name: str) -> str:
    """Return a name with single spaces. Raises BadPersonError."""
    kept = unicodedata.normalize("NFC", " ".join(name.split()))
    if not kept or len(kept) > MOST_NAME or not _is_plain(kept):
        raise BadPersonError(
            say("'{name}' is not a name; use 1 to {most} characters.", name=name[:MOST_NAME], most=MOST_NAME)
        )
    return kept


def tidy_name(name: str) -> str:
    """Return a name that a provider sends, made fit to be shown; empty if nothing of it is."""
    kept = "".join(character if _is_plain(character) else " " for character in name)
    return unicodedata.normalize("NFC", " ".join(kept.split()))[:MOST_NAME].strip()


def clean_teams(teams: Iterable[str]) -> frozenset[str]:
    """Return the names of teams and groups. Raises BadPersonError."""
    names = frozenset(clean_name(team) for team in teams)
    return frozenset(EVERYTHING if unicodedata.normalize("NFKC", name) == EVERYTHING else name for name in names)


def _is_plain(text: str) -> bool:
    """Whether a text has neither control characters nor ones that change its direction."""
    return not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in text)
