"""Opportunities of Salesforce, over its REST API with the client credentials of a connected app."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingest.connectors.asking import Asking
from ingest.connectors.deals import CrmDeal, CrmField, Mark, Page, as_text, local_day, moment, stamp
from ingest.connectors.deals import with_own_headers as distinct
from ingest.connectors.errors import CrmRefusedError

MOST = 2_000  # opportunities of a page
VERSION = "/services/data/v62.0"
RELATED = ("Account.Name", "Account.Industry", "Account.NumberOfEmployees", "Owner.Name")
_UNREAD = frozenset({"address", "location", "base64", "complexvalue"})
_ID = re.compile(r"[A-Za-z0-9]{15,18}")


class Salesforce:
    """A connector to one organisation. Its headers are API names, of fields of its own their labels."""

    name = "Salesforce"

    def __init__(self, asking: Asking, client_id: str, secret: str, most: int = MOST) -> None:
        self._asking = asking
        self._most = most
        self._signing_in = Asking(asking.address, asking.wait, clock=asking.clock)
        self._form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        self._times: set[str] = set()
        asking.renew = self._signed_in
        self.place = asking.place

    def fields(self) -> Sequence[CrmField]:
        """Return the fields of opportunities, and some of their accounts and owners."""
        found = self._asked(f"{VERSION}/sobjects/Opportunity/describe")
        known = [one for one in found.get("fields", ()) if one.get("type") not in _UNREAD]
        self._times = {one["name"] for one in known if one.get("type") == "datetime"}
        own = [CrmField(one["name"], one.get("label", "") if one.get("custom") else one["name"]) for one in known]
        return distinct([*own, *(CrmField(name, name) for name in RELATED)])

    def page(self, after: Mark, fields: Sequence[CrmField]) -> Page:
        """Return up to 2,000 opportunities by time of change and id, which no change in between can hide."""
        codes = ", ".join(dict.fromkeys(["Id", "SystemModstamp", *(field.code for field in fields)]))
        order = f"ORDER BY SystemModstamp, Id LIMIT {self._most}"
        soql = f"SELECT {codes} FROM Opportunity {_since(after)}{order}"  # noqa: S608 (names from the CRM itself)
        found = self._query(soql)
        deals = [self._deal(record, fields) for record in found.get("records", ())]
        mark = Mark(deals[-1].changed_at, deals[-1].id) if deals else after
        return Page(deals, mark, is_last=not deals or (bool(found.get("done")) and len(deals) < self._most))

    def ids(self) -> Iterator[str]:
        """Yield the ids of all opportunities that are not in the recycle bin."""
        last = ""
        while True:
            where = f"WHERE Id > '{_safe(last)}' " if last else ""
            soql = f"SELECT Id FROM Opportunity {where}ORDER BY Id LIMIT {self._most}"  # noqa: S608 (ids are checked)
            found = self._query(soql)
            ids = [str(record["Id"]) for record in found.get("records", ())]
            yield from ids
            if not ids or (found.get("done") and len(ids) < self._most):
                return
            last = ids[-1]

    def write(self, record: str, values: Mapping[str, str]) -> None:
        """Set fields of an opportunity."""
        self._sign_in()
        self._asking.send("PATCH", f"{VERSION}/sobjects/Opportunity/{_safe(record)}", dict(values))

    def close(self) -> None:
        """End the connections."""
        self._asking.close()
        self._signing_in.close()

    def _query(self, soql: str) -> dict[str, Any]:
        return dict(self._asked(f"{VERSION}/query", {"q": soql}))

    def _asked(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        self._sign_in()
        return self._asking.get(path, params)

    def _sign_in(self) -> None:
        if not self._asking.headers:
            self._asking.headers = self._signed_in()

    def _signed_in(self) -> dict[str, str]:
        """Return the headers of a new session."""
        found = self._signing_in.post("/services/oauth2/token", form=self._form)
        if not isinstance(found, dict) or not isinstance(found.get("access_token"), str):
            raise CrmRefusedError(self.place, "access_token")
        return {"Authorization": f"Bearer {found['access_token']}"}

    def _deal(self, record: Mapping[str, Any], fields: Sequence[CrmField]) -> CrmDeal:
        cells = {}
        for field in fields:
            text = as_text(_inside(record, field.code))
            cells[field.header] = local_day(text) if field.code in self._times else text
        return CrmDeal(str(record["Id"]), stamp(moment(str(record["SystemModstamp"]))), cells)


def _since(after: Mark) -> str:
    """Return the condition for what changed after a mark."""
    if not after.at:
        return ""
    at = stamp(moment(after.at))
    if not after.id:
        return f"WHERE SystemModstamp >= {at} "
    return f"WHERE SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > '{_safe(after.id)}') "


def _inside(record: Mapping[str, Any], code: str) -> object:
    """Return a value of a record or of one it belongs to: Account.Name."""
    found: Any = record
    for part in code.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _safe(record: str) -> str:
    """Return an id that may stand in a query or an address. Raises ValueError."""
    if not _ID.fullmatch(record):
        raise ValueError("not an id of Salesforce")
    return record
