"""The events of the audit log."""

from __future__ import annotations

from typing import Literal, get_args

Event = Literal[
    "sign-in",
    "sign-in-failed",
    "sign-out",
    "entry-saved",
    "entry-archived",
    "entry-restored",
    "entry-verified",
    "playbook-saved",
    "mapping-saved",
    "imported",
    "import-undone",
    "exported",
    "backed-up",
    "backup-restored",
    "person-added",
    "person-changed",
    "person-forgotten",
    "searches-deleted",
    "name-linked",
    "name-unlinked",
    "groups-changed",
    "link-made",
    "passkey-added",
    "passkey-removed",
    "token-made",
    "token-revoked",
    "server-started",
    "denied",
    "audit-trimmed",
    "audit-lost",
]
EVENTS: tuple[Event, ...] = get_args(Event)
REQUIRED: frozenset[Event] = frozenset(  # nothing of the kind happens unless it is logged; the others are logged later
    (
        "sign-in",
        "exported",
        "backed-up",
        "person-added",
        "person-changed",
        "person-forgotten",
        "link-made",
        "passkey-added",
        "token-made",
    )
)
