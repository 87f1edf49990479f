"""The page of one entry: what it says, what came of it, where it comes from and where it was used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.http.asker import asker_of, remember_asker
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.http.dependencies import ActivityDep, LibraryDep, LogbookDep, StoreDep
from app.pages.cards import Card, card_of, record_of
from app.pages.entry.facts import facts_of, funnel_of, money_of, variants_of
from app.pages.loop.lineage import lineage_address
from app.pages.loop.review import Reason, reasons_of
from app.pages.view import render, texts_of
from app.pages.writing.making import author_of, deals_to_choose, to_make
from app.words.catalogue import Texts
from app.words.rendering import entry_address, render_body
from kb.entry import Entry
from kb.library import Library
from kb.loop.review import Standing

SIMILAR = 5
RELATIONS = ("supersedes", "used", "campaign", "derived_from", "related")  # the order of the sections
SAVED = (  # what became of a save that led here
    "1", "soon", "archived", "restored", "helpful", "closed", "unanswered", "used", "used_already", "no_deal",
    "verified", "nobody", "unpublished_entry", "unpublished_deal",
)  # fmt: skip

router = APIRouter()


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """Entries that stand in one relation to the entry."""

    heading: str
    cards: tuple[Card, ...]
    record: str = ""  # wins and losses, where the entry was used in deals


@router.get("/entries/{entry_id:path}")
def entry_page(
    request: Request, library: LibraryDep, store: StoreDep, activity: ActivityDep, logbook: LogbookDep, entry_id: str
) -> Response:
    """Show an entry."""
    entry, texts, playbook = library.entries.get(entry_id), texts_of(request), library.playbook
    logbook.opened(asker_of(request), entry.id)
    groups = link_groups(entry, library, texts)
    body = render_body(entry.body, entry.path, entry.title, spoken_apart=entry.kind == "talk-track")
    shown = {entry.id, *(card.entry.id for group in groups for card in group.cards)}
    similar = [
        hit.entry for hit in library.search.similar(entry.id, limit=SIMILAR + len(shown)) if hit.entry.id not in shown
    ]
    context = {
        "entry": entry,
        "card": card_of(entry, texts, playbook),
        "body": body,
        "facts": facts_of(entry, texts, playbook),
        "funnel": funnel_of(entry.campaign, texts) if entry.campaign else [],
        "money": money_of(entry.campaign, texts) if entry.campaign else [],
        "variants": variants_of(entry.campaign, texts, playbook) if entry.campaign else [],
        "groups": groups,
        "lineage": lineage_address(entry.id) if groups and library.loop.lineage(entry.id) else "",
        "trust": library.loop.trust_of(entry),
        "doubts": _doubts(entry, library, texts),
        "author": author_of(request),
        "deals": deals_to_choose(entry, library, texts),
        "makes": to_make(entry, texts),
        "similar": [card_of(other, texts, playbook) for other in similar[:SIMILAR]],
        "notices": notices(entry, library, texts),
        "helpful": activity.helpful_counts().get(entry.id, 0),
        "keeps_history": store.history.is_kept,
        "saved": texts(f"saved.{saved}") if (saved := request.query_params.get("saved", "")) in SAVED else "",
    }
    return render(request, "entry.html", context)


def link_groups(entry: Entry, library: Library, texts: Texts) -> list[LinkGroup]:
    """Return the linked entries by relation, each entry once a relation; `related` counts in both directions."""
    linked = library.entries.linked(entry.id)
    found: dict[tuple[str, str], dict[str, Entry]] = {}
    for direction, pairs in (("outgoing", linked.outgoing), ("incoming", linked.incoming)):
        for relation, other in pairs:
            side = "both" if relation == "related" else direction
            found.setdefault((relation, side), {})[other.id] = other
    groups = []
    for relation in RELATIONS:
        for side in ("incoming", "outgoing", "both"):
            others = list(found.get((relation, side), {}).values())
            if others:
                cards = tuple(card_of(other, texts, library.playbook) for other in others)
                record = record_of(others, texts) if (relation, side) == ("used", "incoming") else ""
                groups.append(LinkGroup(texts(f"relation.{relation}.{side}"), cards, record))
    return groups


def notices(entry: Entry, library: Library, texts: Texts) -> list[tuple[str, Entry | None]]:
    """Return what a reader must know before using an entry, as (sentence, entry to read instead)."""
    found: list[tuple[str, Entry | None]] = []
    if entry.status != "published":
        found.append((texts("notice." + entry.status), None))
    newer = [other for relation, other in library.entries.linked(entry.id).incoming if relation == "supersedes"]
    found += [(texts("notice.superseded"), other) for other in newer]
    if entry.review_by and entry.review_by < date.today():
        found.append((texts("notice.review", day=texts.day(entry.review_by)), None))
    return found


@router.post("/helpful/{entry_id:path}")
def helpful(request: Request, library: LibraryDep, activity: ActivityDep, entry_id: str) -> Response:
    """Count the reader among those whom an entry helped; a second time changes nothing."""
    activity.helpful(library.entries.get(entry_id).id, asker_of(request))
    response = RedirectResponse(f"{entry_address(entry_id)}?saved=helpful", 303)
    remember_asker(request, response)
    return response


def _doubts(entry: Entry, library: Library, texts: Texts) -> tuple[Reason, ...]:
    """Return what speaks against an entry, without what the notices say already."""
    standing = library.loop.standing(entry.id)
    if standing is None:
        return ()
    is_replaced = any(relation == "supersedes" for relation, _ in library.entries.linked(entry.id).incoming)
    said = {"overdue", "newer"} if is_replaced else {"overdue"}
    return reasons_of(Standing(standing.state, tuple(d for d in standing.doubts if d.kind not in said)), texts, library)
