"""The audit log: who did what, filtered, page by page, and as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import LibraryDep, ReaderDep, ServicesDep
from app.http.who import ViewerDep
from app.pages.people.view import tabs
from app.pages.view import render
from app.words.addresses import entry_address
from app.words.audit_view import as_json, event_of, facts_of, is_of_entry, time_of, wanted_days, who_of
from app.words.reader import Reader
from kb.library import Library
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
        address = entry_address(row.about) if is_of_entry(row) and row.about else ""
        about = reader("audit.hidden_entry") if is_of_entry(row) and not row.about else names.get(row.about, row.about)
        return cls(row, time_of(row), event_of(row, reader), who_of(row, reader), about, address, facts_of(row, reader))


@router.get(PAGE)
def audit_page(request: Request, services: ServicesDep, library: LibraryDep, reader: ReaderDep) -> Response:
    """Show the newest events."""
    audit, asked = services.people.audit, request.query_params
    chosen = {name: value.strip()[:200] for name in FILTERS if (value := asked.get(name, ""))}
    wanted, problem = _wanted(chosen, reader)
    before = asked.get("before", "")
    number = int(before) if before.isdecimal() and len(before) < 16 else 0
    found = audit.rows(wanted, before=number, limit=SHOWN + 1) if services.people.file.exists else []
    rows = list(_without_hidden(found, library, chosen))
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
def export(services: ServicesDep, library: LibraryDep, reader: ReaderDep, viewer: ViewerDep, form: Form) -> Response:
    """Return the chosen events as JSON lines, oldest first; the export is logged before it begins."""
    audit = services.people.audit
    chosen = {name: value.strip()[:200] for name in FILTERS if (value := form.get(name, ""))}
    wanted, _ = _wanted(chosen, reader)
    filters = [f"{name}={value}" for name, value in chosen.items()]
    count = sum(1 for _ in _without_hidden(audit.all_rows(wanted), library, chosen))
    audit.note("exported", viewer, "audit", form="jsonl", count=count, filters=filters)
    headers = {"Content-Disposition": f'attachment; filename="audit-{reader.today:%Y-%m-%d}.jsonl"'}
    rows = _without_hidden(audit.all_rows(wanted), library, chosen)
    return StreamingResponse(_lines(rows), media_type="application/x-ndjson", headers=headers)


def _lines(rows: Iterator[Row]) -> Iterator[bytes]:
    for row in rows:
        yield (json.dumps(as_json(row), ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _without_hidden(rows: Iterable[Row], library: Library, chosen: Mapping[str, str]) -> Iterator[Row]:
    """Yield rows without the ids of entries that are hidden from whoever asks: ids are made from titles.

    Without the hashes either, from which an id could be guessed; and nothing is found by the id of a hidden entry.
    """
    if library.shows_everything:
        yield from rows
        return
    known = set(library.entries.ids())
    for row in rows:
        is_hidden = is_of_entry(row) and row.about not in known
        if not (is_hidden and chosen.get("about")):
            yield replace(row, about="" if is_hidden else row.about, previous="", hash="")


def _wanted(chosen: dict[str, str], reader: Reader) -> tuple[Wanted, str]:
    """Return which rows to show, and what is wrong with the days."""
    parts = {name: chosen.get(name, "") for name in ("event", "person", "about")}
    try:
        since, until = wanted_days(chosen.get("since", ""), chosen.get("until", ""))
    except ValueError as error:
        return Wanted(**parts), reader("cli.audit_day", day=str(error))
    return Wanted(**parts, since=since, until=until), ""
