"""The review queue, and the button that verifies an entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import LibraryDep, ReaderDep, StoreDep
from app.http.names import FIELD, author_of, remember_name, signature_of
from app.pages.cards import Card, card_of
from app.pages.view import render
from app.words.addresses import entry_address
from app.words.doubts import sentence_of
from app.words.reader import Reader
from ingest.store import EntryStore
from ingest.verifying import verify
from kb.entry import Entry
from kb.library import Library
from kb.loop.review import DOUBTED, STATES, Doubt, Standing

MOST_SHOWN = 100
MOST_EVIDENCE = 5
SAVED = ("verified", "nobody")

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an entry needs a check, with its evidence."""

    sentence: str
    evidence: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of the queue."""

    card: Card
    state: str
    reasons: tuple[Reason, ...]
    is_whole: bool  # nothing of it is masked, so that it can be verified


@router.get("/review")
def review_page(
    request: Request, library: LibraryDep, store: StoreDep, reader: ReaderDep, owner: str = "", state: str = ""
) -> Response:
    """Show the queue of one owner or of all."""
    known = library.loop.to_review()
    of_owner = [(entry, standing) for entry, standing in known if owner in ("", entry.owner)]
    states = (state,) if state in STATES else DOUBTED
    found = [(entry, standing) for entry, standing in of_owner if standing.state in states]
    counts: Counter[str] = Counter(standing.state for _, standing in of_owner)
    context = {
        "items": [_item(entry, standing, reader, library, store) for entry, standing in found[:MOST_SHOWN]],
        "more": max(0, len(found) - MOST_SHOWN),
        "tabs": _tabs(counts, owner, state, reader),
        "owners": [(name, reader.person(name)) for name in sorted({entry.owner for entry, _ in known if entry.owner})],
        "owner": owner,
        "state": state if state in STATES else "",
        "saved": reader(f"saved.{saved}") if (saved := request.query_params.get("saved", "")) in SAVED else "",
    }
    return render(request, "review.html", context)


@router.post("/verify/{entry_id:path}")
def verify_entry(
    request: Request, library: LibraryDep, store: StoreDep, reader: ReaderDep, form: Form, entry_id: str
) -> Response:
    """Mark an entry as verified by the reader."""
    entry, by = library.entries.get(entry_id), author_of(request, form.get(FIELD, ""))
    if by:
        verify(store, entry.id, by, reader.today, signature_of(request, form.get(FIELD, "")))
    saved = {"saved": "verified" if by else "nobody"}
    query = {name: value for name in ("owner", "state") if (value := form.get(name, ""))}
    backs = {"review": f"/review?{urlencode(query | saved)}", "mine": f"/mine?{urlencode(saved)}"}
    back = backs.get(form.get("back", ""))
    response = RedirectResponse(back or f"{entry_address(entry.id)}?{urlencode(saved)}", 303)
    remember_name(request, response, form.get(FIELD, ""))
    return response


def reasons_of(standing: Standing, reader: Reader, library: Library) -> tuple[Reason, ...]:
    """Return the doubts about an entry, in words."""
    return tuple(_reason(doubt, reader, library) for doubt in standing.doubts)


def _reason(doubt: Doubt, reader: Reader, library: Library) -> Reason:
    some = doubt.evidence[:MOST_EVIDENCE]
    known = library.entries.summaries(some)
    cards = tuple(card_of(known[i], reader) for i in some if i in known)
    return Reason(sentence_of(doubt, reader), cards)


def _item(entry: Entry, standing: Standing, reader: Reader, library: Library, store: EntryStore) -> Item:
    return Item(
        card_of(entry, reader), standing.state, reasons_of(standing, reader, library), store.shows_all_of(entry)
    )


def _tabs(counts: Mapping[str, int], owner: str, state: str, reader: Reader) -> list[tuple[str, str, bool]]:
    """Return (label, address, is current) of the queue and of each state."""
    of_owner = {"owner": owner} if owner else {}
    queue = sum(counts.get(name, 0) for name in DOUBTED)
    tabs = [(f"{reader('review.queue')} {queue}", "/review?" + urlencode(of_owner), state not in STATES)]
    for name in STATES:
        address = "/review?" + urlencode({**of_owner, "state": name})
        tabs.append((f"{reader(f'trust.{name}')} {counts.get(name, 0)}", address, state == name))
    return tabs
