"""A CRM of our own over HTTP that speaks as Salesforce, HubSpot and kintone do, and changes while it is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import eq, gt
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from tests.attack.serving import attacked

BEGIN = datetime(2026, 9, 1, 0, 0, tzinfo=UTC)
TOKEN, APP = "s3cret-token", "5"
OUTCOMES = {"won": "Closed Won", "lost": "Closed Lost", "open": "Negotiation"}
_ORDER = re.compile(r"order by (?:更新日時 asc, )?\$id asc limit (\d+)$")
_AFTER = re.compile(r'更新日時 > "([^"]*)" or \(更新日時 = "\1" and \$id > (\d+)\)')
_SINCE = re.compile(r"WHERE SystemModstamp >= (\S+) ORDER")
_NEXT = re.compile(r"WHERE SystemModstamp > (\S+) OR \(SystemModstamp = \1 AND Id > '(\w+)'\) ORDER")
_LIMIT = re.compile(r"LIMIT (\d+)$")


@dataclass(slots=True)
class Deal:
    """A deal as the CRM has it."""

    number: int
    amount: int
    outcome: str = "open"
    changed: datetime = BEGIN
    merged: list[int] = field(default_factory=list)
    title: str = ""
    customer: str = ""


@dataclass(slots=True)
class Crm:
    """The deals of a CRM, and what happens to them while they are read."""

    now: datetime = BEGIN
    deals: dict[int, Deal] = field(default_factory=dict)
    deleted: dict[int, Deal] = field(default_factory=dict)
    between: list[Callable[[Crm], None]] = field(default_factory=list)  # what happens before a page, one each
    faults: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # answers instead of the next ones
    asked: list[str] = field(default_factory=list)  # paths
    wrote: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    sessions: int = 0

    def add(self, amount: int, outcome: str = "open") -> int:
        """Add a deal; return its number."""
        number = max([0, *self.deals, *self.deleted]) + 1
        self.deals[number] = Deal(number, amount, outcome, self.now)
        return number

    def change(self, number: int, amount: int, outcome: str = "open") -> None:
        """Change a deal, if there is one."""
        if deal := self.deals.get(number):
            deal.amount, deal.outcome, deal.changed = amount, outcome, self.now

    def delete(self, number: int) -> None:
        """Delete a deal, if there is one."""
        if deal := self.deals.pop(number, None):
            deal.changed = self.now
            self.deleted[number] = deal

    def merge(self, number: int, into: int) -> None:
        """Merge a deal into another one."""
        if number in self.deals and into in self.deals and number != into:
            self.deals.pop(number)
            self.deals[into].merged.append(number)
            self.deals[into].changed = self.now

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


def application(crm: Crm) -> FastAPI:
    """Return the three interfaces of one CRM."""
    app = FastAPI()

    @app.middleware("http")
    async def disturb(request: Request, answer: Any) -> Response:
        path = request.url.path
        crm.asked.append(path)
        if crm.faults:
            status, headers = crm.faults.pop(0)
            return JSONResponse({"message": "not now"}, status, headers)
        if path.endswith(("records.json", "query", "search")) and crm.between:
            crm.between.pop(0)(crm)
        given = request.headers
        sent = given.get("x-cybozu-api-token") or given.get("authorization", "").removeprefix("Bearer ")
        if path != "/services/oauth2/token" and sent not in (TOKEN, f"session-{crm.sessions}"):
            return JSONResponse([{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}], 401)
        found: Response = await answer(request)
        return found

    _kintone(app, crm)
    _salesforce(app, crm)
    _hubspot(app, crm)
    return app


@contextmanager
def serving(crm: Crm) -> Iterator[str]:
    """Serve a CRM on a free port; yield its address."""
    with attacked(application(crm)) as server:
        yield f"http://127.0.0.1:{server.port}"


def sf_id(number: int) -> str:
    """Return the id of an opportunity."""
    return f"006{number:012d}AAA"


def _kintone(app: FastAPI, crm: Crm) -> None:
    labels = {
        "レコード番号": "RECORD_NUMBER", "案件名": "SINGLE_LINE_TEXT", "会社名": "SINGLE_LINE_TEXT",
        "確度": "DROP_DOWN",
        "合計費用": "CALC", "担当者": "USER_SELECT", "更新日時": "UPDATED_TIME", "受注日": "DATE", "明細": "SUBTABLE",
    }  # fmt: skip

    @app.get("/k/v1/app/form/fields.json")
    def form() -> dict[str, Any]:
        return {"properties": {name: {"type": kind, "code": name, "label": name} for name, kind in labels.items()}}

    @app.get("/k/v1/records.json")
    def records(query: str) -> dict[str, Any]:
        order, after = _ORDER.search(query), _AFTER.match(query)
        assert order, query
        rows = [(f"{d.changed:%Y-%m-%dT%H:%M:00Z}", d.number, d) for d in crm.deals.values()]
        if after:
            rows = [row for row in rows if row[:2] > (after[1], int(after[2]))]
        elif number := re.match(r"\$id > (\d+)", query):
            rows = [row for row in rows if row[1] > int(number[1])]
        by_time = "更新日時 asc" in query
        rows.sort(key=lambda row: row[:2] if by_time else ("", row[1]))
        return {"records": [_record(deal, at) for at, _, deal in rows[: int(order[1])]]}

    @app.put("/k/v1/record.json")
    async def put(request: Request) -> dict[str, str]:
        sent = await request.json()
        values = {code: one["value"] for code, one in sent["record"].items()}
        crm.wrote.append((str(sent["id"]), values))
        return {"revision": "2"}


def _record(deal: Deal, at: str) -> dict[str, Any]:
    stage = {"won": "受注", "lost": "失注", "open": "商談中"}[deal.outcome]
    values = {
        "$id": str(deal.number), "レコード番号": str(deal.number), "更新日時": at,
        "案件名": deal.title or f"案件{deal.number}",
        "会社名": deal.customer or f"顧客{deal.number}", "確度": stage, "合計費用": str(deal.amount),
        "担当者": [{"code": "m", "name": "森"}],
        "受注日": "2026-08-20" if deal.outcome != "open" else None,
    }  # fmt: skip
    return {code: {"value": value} for code, value in values.items()}


def _salesforce(app: FastAPI, crm: Crm) -> None:
    @app.post("/services/oauth2/token")
    async def token(request: Request) -> Response:
        if f"client_secret={TOKEN}" not in (await request.body()).decode():
            return JSONResponse({"error": "invalid_client", "error_description": "invalid client credentials"}, 400)
        crm.sessions += 1
        return JSONResponse({"access_token": f"session-{crm.sessions}", "instance_url": "https://elsewhere.example"})

    @app.get("/services/data/v62.0/sobjects/Opportunity/describe")
    def describe() -> dict[str, Any]:
        kinds = {
            "Id": "id", "Name": "string", "StageName": "picklist", "Amount": "currency", "CloseDate": "date",
            "CreatedDate": "datetime", "IsWon": "boolean", "IsClosed": "boolean", "SystemModstamp": "datetime",
            "NextStep": "string",
        }  # fmt: skip
        fields = [{"name": name, "label": name, "type": kind, "custom": False} for name, kind in kinds.items()]
        return {"fields": [*fields, {"name": "X1__c", "label": "失注理由", "type": "picklist", "custom": True}]}

    @app.get("/services/data/v62.0/query")
    def query(q: str) -> dict[str, Any]:
        if found := re.search(r"^SELECT Id FROM Opportunity (?:WHERE Id > '(\w+)' )?ORDER BY Id LIMIT (\d+)$", q):
            ids = [one for one in sorted(map(sf_id, crm.deals)) if one > (found[1] or "")]
            return {"done": True, "records": [{"Id": one} for one in ids[: int(found[2])]]}
        rows = sorted((_iso(d.changed), sf_id(d.number), d) for d in crm.deals.values())
        after, since, limit = _NEXT.search(q), _SINCE.search(q), _LIMIT.search(q)
        assert limit and ("WHERE" in q) == bool(after or since), q
        if after:
            rows = [row for row in rows if row[:2] > (after[1], after[2])]
        elif since:
            rows = [row for row in rows if row[0] >= since[1]]
        return {"done": True, "records": [_opportunity(deal) for _, _, deal in rows[: int(limit[1])]]}

    @app.patch("/services/data/v62.0/sobjects/Opportunity/{record}", status_code=204)
    async def patch(record: str, request: Request) -> None:
        crm.wrote.append((record, await request.json()))


def _opportunity(deal: Deal) -> dict[str, Any]:
    return {
        "attributes": {"type": "Opportunity"}, "Id": sf_id(deal.number), "Name": f"Deal {deal.number}",
        "StageName": OUTCOMES[deal.outcome], "Amount": float(deal.amount), "CloseDate": "2026-08-20",
        "CreatedDate": "2026-08-01T20:00:00.000+0000", "IsWon": deal.outcome == "won",
        "IsClosed": deal.outcome != "open", "SystemModstamp": _iso(deal.changed).replace("Z", "+0000"),
        "NextStep": None, "X1__c": "価格" if deal.outcome == "lost" else None,
        "Account": {"Name": f"Customer {deal.number}"}, "Owner": None,
    }  # fmt: skip


def _hubspot(app: FastAPI, crm: Crm) -> None:
    @app.get("/crm/v3/properties/deals")
    def properties() -> dict[str, Any]:
        kinds = {
            "dealname": "string", "dealstage": "enumeration", "amount": "number", "closedate": "datetime",
            "hs_is_closed_won": "bool", "hs_is_closed": "bool", "hs_object_id": "number",
            "hs_lastmodifieddate": "datetime", "hubspot_owner_id": "enumeration", "hs_merged_object_ids": "enumeration",
        }  # fmt: skip
        known = [{"name": name, "label": name, "type": kind, "hubspotDefined": True} for name, kind in kinds.items()]
        return {"results": [*known, {"name": "why", "label": "失注理由", "type": "string"}]}

    @app.get("/crm/v3/pipelines/deals")
    def pipelines() -> dict[str, Any]:
        stages = [{"id": f"9{place}", "label": label} for place, label in enumerate(OUTCOMES.values())]
        return {"results": [{"id": "default", "stages": stages}]}

    @app.get("/crm/v3/owners")
    def owners() -> dict[str, Any]:
        return {"results": [{"id": "7", "firstName": "Aoi", "lastName": "Mori"}]}

    @app.post("/crm/v3/objects/deals/search")
    async def search(request: Request) -> dict[str, Any]:
        sent = await request.json()
        found = [_deal(deal) for deal in crm.deals.values()]
        for one in (one for group in sent["filterGroups"] for one in group["filters"]):
            wanted, holds = int(one["value"]), {"GT": gt, "EQ": eq}[one["operator"]]
            found = [deal for deal in found if holds(_number(deal, one["propertyName"]), wanted)]
        found.reverse()  # ties come in any order
        found.sort(key=lambda deal: _number(deal, sent["sorts"][0]["propertyName"]))
        return {"total": len(found), "results": found[: sent["limit"]]}

    @app.get("/crm/v3/objects/deals")
    def listed(limit: int, after: int = 0) -> dict[str, Any]:
        ids = [one for one in sorted(crm.deals) if one > after]
        page = ids[: min(limit, 30)]
        more = {"paging": {"next": {"after": str(page[-1])}}} if len(ids) > len(page) else {}
        return {"results": [{"id": str(one)} for one in page], **more}

    @app.post("/crm/v4/associations/deals/companies/batch/read")
    async def associations(request: Request) -> dict[str, Any]:
        sent = await request.json()
        other, first = {"toObjectId": 1}, {"associationTypes": [{"typeId": 5}]}
        return {
            "results": [
                {"from": {"id": one["id"]}, "to": [other, {"toObjectId": int(one["id"]) + 1000, **first}]}
                for one in sent["inputs"]
            ]
        }

    @app.post("/crm/v3/objects/companies/batch/read")
    async def companies(request: Request) -> dict[str, Any]:
        ids = [one["id"] for one in (await request.json())["inputs"]]
        return {"results": [{"id": one, "properties": {"name": f"Company {int(one) - 1000}"}} for one in ids]}

    @app.patch("/crm/v3/objects/deals/{record}")
    async def patch(record: str, request: Request) -> dict[str, str]:
        crm.wrote.append((record, (await request.json())["properties"]))
        return {"id": record}


def _deal(deal: Deal) -> dict[str, Any]:
    values = {
        "dealname": f"Deal {deal.number}", "dealstage": f"9{list(OUTCOMES).index(deal.outcome)}",
        "amount": str(deal.amount), "closedate": "2026-08-20T03:00:00Z",
        "hs_is_closed_won": str(deal.outcome == "won").lower(),
        "hs_is_closed": str(deal.outcome != "open").lower(), "hs_object_id": str(deal.number),
        "hs_lastmodifieddate": _iso(deal.changed), "hubspot_owner_id": "7",
        "why": "価格" if deal.outcome == "lost" else None,
        "hs_merged_object_ids": ";".join(map(str, deal.merged)) or None,
    }  # fmt: skip
    return {"id": str(deal.number), "properties": values}


def _number(deal: dict[str, Any], name: str) -> int:
    value = deal["properties"][name]
    return int(value) if name == "hs_object_id" else round(datetime.fromisoformat(value).timestamp() * 1000)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
