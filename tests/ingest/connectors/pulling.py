"""Pull from the server of `crm_server` into a folder, without waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ingest.connectors.asking import Asking
from ingest.connectors.deals import Connector
from ingest.connectors.hubspot import HubSpot
from ingest.connectors.kintone import Kintone
from ingest.connectors.puller import Puller
from ingest.connectors.salesforce import Salesforce
from ingest.connectors.state import State
from ingest.importers.known import known_entries
from kb.clock import Clock
from kb.playbook import Playbook
from tests.ingest.connectors.crm_server import APP, TOKEN, Crm, sf_id

Make = Callable[[Asking, int], Connector]
CONNECTORS: Mapping[str, Make] = {
    "kintone": lambda asking, most: Kintone(asking, APP, TOKEN, most),
    "salesforce": lambda asking, most: Salesforce(asking, "app", TOKEN, most),
    "hubspot": lambda asking, most: HubSpot(asking, TOKEN, most),
}
MOST = 5  # deals of a page


def pulling(kind: str, address: str, crm: Crm, place: Path, most: int = MOST) -> tuple[Puller, list[float]]:
    """Return what pulls into a folder, and the list of how long it waited."""
    waits: list[float] = []
    clock = Clock(lambda: crm.now)
    connector = CONNECTORS[kind](Asking(address, waits.append, clock=clock), most)
    entries = place / "entries"
    entries.mkdir(exist_ok=True)
    return Puller(connector, State(place / "crm" / kind), entries, Playbook(), place / "saving.lock", clock), waits


def crm_id(kind: str, number: int) -> str:
    """Return what a kind of CRM calls a deal, as imports compare it."""
    return sf_id(number)[:15] if kind == "salesforce" else str(number)


def found_in(place: Path) -> dict[str, tuple[str, str, str]]:
    """Return amount, outcome and status of each deal among the entries; fail if one is there twice."""
    known, twice = known_entries(place / "entries", lambda _done, _total: None)
    assert twice == []
    fields = {key: entry.fields for (_, key), entry in known.items()}
    return {
        key: tuple(str(one.get(name, "")) for name in ("amount", "outcome", "status"))  # type: ignore[misc]
        for key, one in fields.items()
    }


def as_in(crm: Crm, kind: str) -> dict[str, tuple[str, str, str]]:
    """Return the same of the deals that the CRM has."""
    return {crm_id(kind, one.number): (str(one.amount), one.outcome, "") for one in crm.deals.values()}
