"""The connected CRMs: what the settings say about each, opened only when it is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from app.settings import Settings
from kb.clock import CLOCK, Clock
from kb.errors import KBError, why_refused
from kb.wording import say

if TYPE_CHECKING:
    from ingest.connectors.deals import Connector
    from ingest.connectors.puller import Puller
    from ingest.connectors.state import State

CRMS = {"salesforce": "Salesforce", "hubspot": "HubSpot", "kintone": "kintone"}  # name in commands → as it is written
_NEEDED = {
    "salesforce": ("url", "client_id", "client_secret"),
    "hubspot": ("token",),
    "kintone": ("url", "app", "token"),
}
FOLDER = "crm"  # below the data folder


class SecretUnreadableError(KBError):
    """The file with a secret cannot be read."""


class UnknownCrmError(KBError):
    """There is no connector of this name, or none was named."""

    def __init__(self, name: str) -> None:
        choices = ", ".join(CRMS)
        unknown = say("Unknown CRM '{name}'; use {choices}.", name=name, choices=choices)
        super().__init__(unknown if name else say("Name a CRM: {choices}.", choices=choices))


@dataclass(frozen=True, slots=True)
class WriteBack:
    """Which fields of a CRM's deals may be written; both empty: none."""

    link: str
    reasons: str

    def __bool__(self) -> bool:
        return bool(self.link or self.reasons)


def connected(settings: Settings) -> list[str]:
    """Return the names of the CRMs that are set up."""
    return [name for name in CRMS if not missing(settings, name)]


def missing(settings: Settings, name: str) -> list[str]:
    """Return the settings a connection still needs."""
    return [f"KB_{name}_{part}".upper() for part in _NEEDED[name] if not _is_set(settings, f"{name}_{part}")]


def connector_of(settings: Settings, name: str, wait: Callable[[float], object], clock: Clock = CLOCK) -> Connector:
    """Open the connection to a CRM; nothing is sent yet. Raises KBError if it is not set up."""
    from ingest.connectors.asking import Asking
    from ingest.connectors.errors import NotConnectedError

    if name not in CRMS:
        raise UnknownCrmError(name)
    if lacking := missing(settings, name):
        raise NotConnectedError(CRMS[name], ", ".join(lacking))
    asking = Asking(str(getattr(settings, f"{name}_url")), wait, clock=clock)
    secret = _secret(settings, f"{name}_{_NEEDED[name][-1]}")
    if name == "salesforce":
        from ingest.connectors.salesforce import Salesforce

        return Salesforce(asking, settings.salesforce_client_id, secret)
    if name == "hubspot":
        from ingest.connectors.hubspot import HubSpot

        return HubSpot(asking, secret)
    from ingest.connectors.kintone import Kintone

    return Kintone(asking, settings.kintone_app, secret)


def state_of(settings: Settings, name: str) -> State:
    """Return how far a CRM has been pulled. Raises StateDamagedError."""
    from ingest.connectors.state import State

    return State(settings.data / FOLDER / name)


def puller_of(settings: Settings, name: str, wait: Callable[[float], object], clock: Clock = CLOCK) -> Puller:
    """Return what pulls from a CRM. Raises KBError if it is not set up."""
    from app.playbook import playbook_in_force
    from ingest.connectors.puller import Puller

    connector = connector_of(settings, name, wait, clock)
    playbook = playbook_in_force(settings)
    puller = Puller(connector, state_of(settings, name), settings.entries, playbook, settings.saving_lock, clock)
    others = (state_of(settings, other).deals() for other in connected(settings) if other != name)
    puller.elsewhere = frozenset(one.key for deals in others for one in deals.values() if not one.gone)
    return puller


def write_back(settings: Settings, name: str) -> WriteBack:
    """Return which fields of a CRM may be written."""
    return WriteBack(*(str(getattr(settings, f"{name}_{part}_field")).strip() for part in ("link", "reasons")))


def is_scheduled(settings: Settings, name: str) -> bool:
    """Whether the server pulls from a CRM by itself."""
    return bool(settings.pull_minutes) and not settings.readonly and not missing(settings, name)


def _is_set(settings: Settings, name: str) -> bool:
    value = getattr(settings, name)
    text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return bool(text.strip() or getattr(settings, f"{name}_file", None))


def _secret(settings: Settings, name: str) -> str:
    """Return a secret, from its file if it has one. Raises SecretUnreadableError."""
    kept: Path | None = getattr(settings, f"{name}_file")
    value: SecretStr = getattr(settings, name)
    if kept is None:
        return value.get_secret_value().strip()
    try:
        return kept.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = why_refused(error) if isinstance(error, OSError) else "UTF-8"
        raise SecretUnreadableError(
            say("The file of KB_{name}_FILE cannot be read: {why}.", name=name.upper(), why=why)
        ) from error
