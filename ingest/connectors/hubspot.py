"""Deals of HubSpot, over its CRM API with the access token of a private app."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingest.connectors.asking import Asking
from ingest.connectors.deals import CrmDeal, CrmField, Gone, Mark, Page, as_text, local_day, moment, stamp
from ingest.connectors.deals import with_own_headers as distinct

MOST = 200  # deals of a page, which the search allows at most
BATCH = 100  # records that are read together
WHOLE = "*"  # in a mark instead of an id: all deals of that time were read
CHANGED, NUMBER, MERGED = "hs_lastmodifieddate", "hs_object_id", "hs_merged_object_ids"
COMPANY = {"name": "Associated Company (Primary)", "industry": "Industry", "numberofemployees": "Number of Employees"}
OWNER, STAGE, PRIMARY = "hubspot_owner_id", "dealstage", 5
HEADERS = {OWNER: "Deal owner"}
DEALS = "/crm/v3/objects/deals"


class HubSpot:
    """A connector to one account. Its headers are internal names, of properties of its own their labels."""

    name = "HubSpot"

    def __init__(self, asking: Asking, token: str, most: int = MOST) -> None:
        asking.headers = {"Authorization": f"Bearer {token}"}
        self._asking = asking
        self._most = most
        self._times: set[str] = set()
        self._stages: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self.place = asking.place

    def fields(self) -> Sequence[CrmField]:
        """Return the properties of deals, and some of their companies."""
        known = self._asking.get("/crm/v3/properties/deals").get("results", ())
        self._times = {one["name"] for one in known if one.get("type") == "datetime"}
        self._read_words()
        own = [
            CrmField(one["name"], HEADERS.get(one["name"], one["name"] if one.get("hubspotDefined") else one["label"]))
            for one in known
        ]
        return distinct([*own, *(CrmField(f"company.{name}", header) for name, header in COMPANY.items())])

    def page(self, after: Mark, fields: Sequence[CrmField]) -> Page:
        """Return the deals that changed next.

        The search sorts by one property only and counts pages by position, from which a change between two pages
        moves a deal. So every page is a search of its own: by time of change, and inside one time by number.
        """
        if not self._stages:
            self._read_words()
        if after.at and after.id != WHOLE:
            at = [_where(CHANGED, "EQ", _millis(after.at)), _where(NUMBER, "GT", after.id or "0")]
            same = self._search(at, NUMBER, fields)
            if same:
                deals = self._deals(same, fields)
                return Page(deals, Mark(after.at, deals[-1].id), is_last=False, gone=list(_merged(same)))
        found = self._search([_where(CHANGED, "GT", _millis(after.at))] if after.at else [], CHANGED, fields)
        is_last = len(found) < self._most
        kept = found if is_last else [one for one in found if _changed(one) != _changed(found[-1])]
        if found and not kept:  # one time fills the page
            return Page([], Mark(_changed(found[-1]), ""), is_last=False)
        deals = self._deals(kept, fields)
        mark = Mark(deals[-1].changed_at, WHOLE) if deals else after
        return Page(deals, mark, is_last, list(_merged(kept)))

    def ids(self) -> Iterator[str]:
        """Yield the ids of all deals that are not archived."""
        after = ""
        while True:
            found = self._asking.get(DEALS, {"limit": str(BATCH), **({"after": after} if after else {})})
            yield from (str(one["id"]) for one in found.get("results", ()))
            after = _next(found)
            if not after:
                return

    def write(self, record: str, values: Mapping[str, str]) -> None:
        """Set properties of a deal."""
        self._asking.send("PATCH", f"{DEALS}/{int(record)}", {"properties": dict(values)})

    def close(self) -> None:
        """End the connections."""
        self._asking.close()

    def _search(self, filters: list[dict[str, str]], sort: str, fields: Sequence[CrmField]) -> list[dict[str, Any]]:
        own = [field.code for field in fields if not field.code.startswith("company.")]
        body = {
            "filterGroups": [{"filters": filters}] if filters else [],
            "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
            "properties": list(dict.fromkeys([CHANGED, MERGED, *own])),
            "limit": self._most,
        }
        return list(self._asking.post(f"{DEALS}/search", body=body).get("results", ()))

    def _deals(self, found: Sequence[Mapping[str, Any]], fields: Sequence[CrmField]) -> list[CrmDeal]:
        needs_companies = any(field.code.startswith("company.") for field in fields)
        companies = self._companies([str(one["id"]) for one in found]) if needs_companies else {}
        return [self._deal(one, fields, companies.get(str(one["id"]), {})) for one in found]

    def _deal(self, one: Mapping[str, Any], fields: Sequence[CrmField], company: Mapping[str, Any]) -> CrmDeal:
        cells = {}
        for field in fields:
            name = field.code.removeprefix("company.")
            text = as_text((company if name != field.code else one["properties"]).get(name))
            if field.code in self._times:
                text = local_day(text)
            words = self._stages if field.code == STAGE else self._owners if field.code == OWNER else {}
            cells[field.header] = words.get(text, text)
        return CrmDeal(str(one["id"]), _changed(one), cells)

    def _companies(self, deals: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Return the properties of the primary company of each deal, else of the first."""
        of_deal: dict[str, str] = {}
        for some in _batches(deals):
            inputs = {"inputs": [{"id": one} for one in some]}
            found = self._asking.post("/crm/v4/associations/deals/companies/batch/read", body=inputs)
            for one in found.get("results", ()):
                of_deal |= {str(one["from"]["id"]): company for company in [_primary(one.get("to", ()))] if company}
        known: dict[str, Mapping[str, Any]] = {}
        for some in _batches(list(dict.fromkeys(of_deal.values()))):
            body = {"properties": list(COMPANY), "inputs": [{"id": one} for one in some]}
            found = self._asking.post("/crm/v3/objects/companies/batch/read", body=body)
            known |= {str(one["id"]): one.get("properties", {}) for one in found.get("results", ())}
        return {deal: known[company] for deal, company in of_deal.items() if company in known}

    def _read_words(self) -> None:
        """Read what ids of stages and owners stand for."""
        pipelines = self._asking.get("/crm/v3/pipelines/deals").get("results", ())
        self._stages = {str(stage["id"]): str(stage["label"]) for one in pipelines for stage in one.get("stages", ())}
        after = ""
        while True:
            params = {"limit": "500", **({"after": after} if after else {})}
            found = self._asking.get("/crm/v3/owners", params)
            for one in found.get("results", ()):
                names = filter(None, (one.get("firstName"), one.get("lastName")))
                self._owners[str(one["id"])] = " ".join(names) or str(one.get("email", ""))
            after = _next(found)
            if not after:
                return


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    yield from (ids[at : at + BATCH] for at in range(0, len(ids), BATCH))


def _next(found: Mapping[str, Any]) -> str:
    """Return where a list goes on; empty at its end."""
    return str(((found.get("paging") or {}).get("next") or {}).get("after", ""))


def _where(name: str, operator: str, value: str) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": value}


def _millis(at: str) -> str:
    """Return a time as the search takes it."""
    return str(round(moment(at).timestamp() * 1000))


def _changed(one: Mapping[str, Any]) -> str:
    return stamp(moment(str(one["properties"][CHANGED])))


def _merged(found: Sequence[Mapping[str, Any]]) -> Iterator[Gone]:
    """Yield the deals that were merged into those found."""
    for one in found:
        merged = str(one["properties"].get(MERGED) or "")
        yield from (Gone(other.strip(), into=str(one["id"])) for other in merged.split(";") if other.strip())


def _primary(companies: Sequence[Mapping[str, Any]]) -> str:
    ranked = sorted(
        companies,
        key=lambda one: PRIMARY not in [kind.get("typeId") for kind in one.get("associationTypes", ())],
    )
    return str(ranked[0]["toObjectId"]) if ranked else ""
