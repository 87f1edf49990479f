"""What to check before it is used again: the queue, and the one click that verifies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import LibraryDep, StoreDep
from app.pages.cards import Card, card_of
from app.pages.view import A_YEAR, render, texts_of
from app.pages.writing.making import AUTHOR_COOKIE, author_of
from app.words.catalogue import Texts
from app.words.doubts import sentence_of
from app.words.rendering import entry_address
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
    """Why an entry is to be checked, in words, with its evidence."""

    sentence: str
    evidence: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of the queue."""

    card: Card
    state: str
    reasons: tuple[Reason, ...]


@router.get("/review")
def review_page(request: Request, library: LibraryDep, owner: str = "", state: str = "") -> Response:
    """Show the queue, of one owner or of all."""
    texts, known = texts_of(request), library.loop.to_review()
    of_owner = [(entry, standing) for entry, standing in known if owner in ("", entry.owner)]
    wanted = (state,) if state in STATES else DOUBTED
    found = [(entry, standing) for entry, standing in of_owner if standing.state in wanted]
    counts: Counter[str] = Counter(standing.state for _, standing in of_owner)
    context = {
        "items": [_item(entry, standing, texts, library) for entry, standing in found[:MOST_SHOWN]],
        "more": max(0, len(found) - MOST_SHOWN),
        "tabs": _tabs(counts, owner, state, texts),
        "owners": sorted({entry.owner for entry, _ in known if entry.owner}),
        "owner": owner,
        "state": state if state in STATES else "",
        "author": author_of(request),
        "saved": texts(f"saved.{saved}") if (saved := request.query_params.get("saved", "")) in SAVED else "",
    }
    return render(request, "review.html", context)


@router.post("/verify/{entry_id:path}")
def verify_entry(request: Request, library: LibraryDep, store: StoreDep, form: Form, entry_id: str) -> Response:
    """Note that the reader has checked an entry."""
    entry, by = library.entries.get(entry_id), form.get("by", "").strip()[:200] or author_of(request)
    if by:
        verify(store, entry.id, by, date.today())
    saved = {"saved": "verified" if by else "nobody"}
    kept = {name: value for name in ("owner", "state") if (value := form.get(name, ""))}
    back = f"/review?{urlencode(kept | saved)}" if form.get("back") == "review" else None
    response = RedirectResponse(back or f"{entry_address(entry.id)}?{urlencode(saved)}", 303)
    if by:
        response.set_cookie(AUTHOR_COOKIE, quote(by), max_age=A_YEAR, samesite="lax", httponly=True)
    return response


def reasons_of(standing: Standing, texts: Texts, library: Library) -> tuple[Reason, ...]:
    """Return what speaks against an entry, in words."""
    return tuple(_reason(doubt, texts, library) for doubt in standing.doubts)


def _reason(doubt: Doubt, texts: Texts, library: Library) -> Reason:
    some = doubt.evidence[:MOST_EVIDENCE]
    known = library.entries.summaries(some)
    cards = tuple(card_of(known[i], texts, library.playbook) for i in some if i in known)
    return Reason(sentence_of(doubt, texts, library), cards)


def _item(entry: Entry, standing: Standing, texts: Texts, library: Library) -> Item:
    return Item(card_of(entry, texts, library.playbook), standing.state, reasons_of(standing, texts, library))


def _tabs(counts: Mapping[str, int], owner: str, state: str, texts: Texts) -> list[tuple[str, str, bool]]:
    """Return (text, address, whether it is the present one) of the queue and of each state."""
    of_owner = {"owner": owner} if owner else {}
    queue = sum(counts.get(name, 0) for name in DOUBTED)
    tabs = [(f"{texts('review.queue')} {queue}", "/review?" + urlencode(of_owner), state not in STATES)]
    for name in STATES:
        address = "/review?" + urlencode({**of_owner, "state": name})
        tabs.append((f"{texts(f'trust.{name}')} {counts.get(name, 0)}", address, state == name))
    return tabs
