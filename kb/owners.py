"""Whose an entry is: what the owner written in it means, for everything that asks."""

from __future__ import annotations

from kb.entry import owner_key
from kb.viewer import Viewer


def is_owner(viewer: Viewer, owner: str) -> bool:
    """Whether an owner, as written in an entry, means the viewer: by the person's id, or a name that is theirs alone.

    The name that a person shows means nobody: it may be another's as well, and a provider can change it.
    """
    return owner_key(owner) in own_names(viewer)


def own_names(viewer: Viewer) -> frozenset[str]:
    """Return what means a viewer as an owner, as owners are compared; nothing for who did not sign in."""
    return viewer.names | {owner_key(viewer.person)} if viewer.is_signed_in else frozenset()
