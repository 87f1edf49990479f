"""Deals of a kintone app, over its REST API with an API token that may view records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingest.connectors.asking import Asking
from ingest.connectors.deals import CrmDeal, CrmField, Mark, Page, as_text, local_day, moment, with_own_headers
from ingest.connectors.errors import CrmRefusedError
from kb.wording import say

MOST = 500  # records of a page, which kintone allows at most
_TIMES = frozenset({"DATETIME", "CREATED_TIME", "UPDATED_TIME"})
_UNREAD = frozenset(
    {"SUBTABLE", "REFERENCE_TABLE", "FILE", "GROUP", "CATEGORY", "STATUS_ASSIGNEE", "LABEL", "SPACER", "HR"}
)


class Kintone:
    """A connector to one app. Its headers are the labels of the fields, as in an export of the app."""

    name = "kintone"

    def __init__(self, asking: Asking, app: str, token: str, most: int = MOST) -> None:
        asking.headers = {"X-Cybozu-API-Token": token}
        self._asking = asking
        self._most = most
        self._app = app
        self._types: dict[str, str] = {}  # by code
        self._updated = ""  # code of the time of the last change
        self.place = f"{asking.place} app {app}"

    def fields(self) -> Sequence[CrmField]:
        """Return the fields of the app's form."""
        found = self._asking.get("/k/v1/app/form/fields.json", {"app": self._app})
        properties = found.get("properties", {})
        self._types = {code: str(one.get("type", "")) for code, one in properties.items()}
        self._updated = next((code for code, kind in self._types.items() if kind == "UPDATED_TIME"), "")
        if not self._updated:
            raise CrmRefusedError(self.place, say("the app has no field for the time of the last update"))
        read = [code for code, kind in self._types.items() if kind not in _UNREAD]
        return with_own_headers([CrmField(code, str(properties[code].get("label", code))) for code in read])

    def page(self, after: Mark, fields: Sequence[CrmField]) -> Page:
        """Return up to 500 records by time of update and number, which no change in between can hide."""
        if not self._types:
            self.fields()
        changed, number = self._updated, int(after.id or 0)
        at = f"{moment(after.at):%Y-%m-%dT%H:%M:%SZ}" if after.at else ""
        since = f'{changed} > "{at}" or ({changed} = "{at}" and $id > {number}) ' if at else ""
        query = f"{since}order by {changed} asc, $id asc limit {self._most}"
        records = self._records(query, ["$id", changed, *(field.code for field in fields)])
        deals = [self._deal(record, fields) for record in records]
        mark = Mark(deals[-1].changed_at, deals[-1].id) if deals else after
        return Page(deals, mark, is_last=len(records) < self._most)

    def ids(self) -> Iterator[str]:
        """Yield the numbers of all records."""
        number = 0
        while True:
            records = self._records(f"$id > {number} order by $id asc limit {self._most}", ["$id"])
            yield from (numbers := [_value(record, "$id") for record in records])
            if len(records) < self._most:
                return
            number = int(numbers[-1])

    def write(self, record: str, values: Mapping[str, str]) -> None:
        """Set fields of a record; the token needs the right to edit."""
        body = {"app": self._app, "id": record, "record": {code: {"value": value} for code, value in values.items()}}
        self._asking.send("PUT", "/k/v1/record.json", body)

    def close(self) -> None:
        """End the connections."""
        self._asking.close()

    def _records(self, query: str, codes: Sequence[str]) -> list[dict[str, Any]]:
        wanted = [(f"fields[{place}]", code) for place, code in enumerate(dict.fromkeys(codes))]
        found = self._asking.get("/k/v1/records.json", [("app", self._app), ("query", query), *wanted])
        return list(found.get("records", ()))

    def _deal(self, record: Mapping[str, Any], fields: Sequence[CrmField]) -> CrmDeal:
        cells = {}
        for field in fields:
            text = _value(record, field.code)
            cells[field.header] = local_day(text) if self._types.get(field.code) in _TIMES else text
        return CrmDeal(_value(record, "$id"), _value(record, self._updated), cells)


def _value(record: Mapping[str, Any], code: str) -> str:
    return as_text((record.get(code) or {}).get("value"))
