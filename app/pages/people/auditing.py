"""The audit log: who did what, filtered, page by page, and as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import ReaderDep, ServicesDep
from app.http.who import ViewerDep
from app.pages.people.view import tabs
from app.pages.view import render
from app.words.addresses import entry_address
from app.words.audit_view import as_json, event_of, facts_of, time_of, wanted_days, who_of
from app.words.reader import Reader
from kb.people.audit import Wanted
from kb.people.chain import Row
from kb.people.events import EVENTS

PAGE = "/people/audit"
SHOWN = 50
FILTERS = ("event", "person", "about", "since", "until")

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A row on the page."""

    row: Row
    at: str
    event: str
    who: str
    about: str
    address: str  # of the entry it is about
    facts: str

    @classmethod
    def of(cls, row: Row, names: dict[str, str], reader: Reader) -> Shown:
        """Shape a row."""
        address = entry_address(row.about) if row.event.startswith("entry-") else ""
        words = (time_of(row), event_of(row, reader), who_of(row, reader))
        return cls(row, *words, names.get(row.about, row.about), address, facts_of(row, reader))


@router.get(PAGE)
def audit_page(request: Request, services: ServicesDep, reader: ReaderDep) -> Response:
    """Show the newest events."""
    audit, asked = services.people.audit, request.query_params
    chosen = {name: value.strip()[:200] for name in FILTERS if (value := asked.get(name, ""))}
    wanted, problem = _wanted(chosen, reader)
    before = asked.get("before", "")
    number = int(before) if before.isdecimal() and len(before) < 16 else 0
    rows = audit.rows(wanted, before=number, limit=SHOWN + 1) if services.people.file.exists else []
    older = f"{PAGE}?{urlencode({**chosen, 'before': rows[SHOWN - 1].number})}" if len(rows) > SHOWN else ""
    people = services.people.people.all() if rows else []  # who was added may have done nothing yet
    names = audit.names() if rows or chosen else {}
    known = {person.id: person.name for person in people} | names
    context = {
        "tabs": tabs(PAGE, reader),
        "rows": [Shown.of(row, known, reader) for row in rows[:SHOWN]],
        "events": [(event, reader(f"audit.event.{event}"), event == chosen.get("event")) for event in EVENTS],
        "names": sorted(names.items(), key=lambda item: item[1]),
        "chosen": chosen,
        "problem": problem,
        "older": older,
        "newest": f"{PAGE}?{urlencode(chosen)}" if number else "",
        "trouble": reader.say(audit.trouble),
        "waiting": audit.waiting,
        "is_unused": not audit.is_kept,
    }
    return render(request, "audit.html", context)


@router.post(f"{PAGE}/export")
def export(services: ServicesDep, reader: ReaderDep, viewer: ViewerDep, form: Form) -> Response:
    """Return the chosen events as JSON lines, oldest first; the export is logged before it begins."""
    audit = services.people.audit
    chosen = {name: value.strip()[:200] for name in FILTERS if (value := form.get(name, ""))}
    wanted, _ = _wanted(chosen, reader)
    filters = [f"{name}={value}" for name, value in chosen.items()]
    audit.note("exported", viewer, "audit", form="jsonl", count=audit.count(wanted), filters=filters)
    headers = {"Content-Disposition": f'attachment; filename="audit-{reader.today:%Y-%m-%d}.jsonl"'}
    return StreamingResponse(_lines(audit.all_rows(wanted)), media_type="application/x-ndjson", headers=headers)


def _lines(rows: Iterator[Row]) -> Iterator[bytes]:
    for row in rows:
        yield (json.dumps(as_json(row), ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _wanted(chosen: dict[str, str], reader: Reader) -> tuple[Wanted, str]:
    """Return which rows to show, and what is wrong with the days."""
    parts = {name: chosen.get(name, "") for name in ("event", "person", "about")}
    try:
        since, until = wanted_days(chosen.get("since", ""), chosen.get("until", ""))
    except ValueError as error:
        return Wanted(**parts), reader("cli.audit_day", day=str(error))
    return Wanted(**parts, since=since, until=until), ""
