"""The page of an entry: its text, its record, where it comes from and where it was used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.http.asker import asker_of, askers_of, remember_asker
from app.http.dependencies import ActivityDep, LibraryDep, LogbookDep, ReaderDep, StoreDep
from app.http.who import viewer_of
from app.pages.cards import Card, better_card, card_of
from app.pages.entry.facts import facts_of, funnel_of, money_of, variants_of
from app.pages.loop.review import Reason, reasons_of
from app.pages.record import Record, against, record_of
from app.pages.view import render
from app.pages.writing.form import at_field
from app.pages.writing.making import deals_to_choose, to_make
from app.words.addresses import action_address, entry_address
from app.words.reader import Reader
from app.words.rendering import Rendered, render_body
from ingest.document import UNFINISHED_MERGE
from ingest.owning import refuse_change
from ingest.store import EntryStore
from kb.entry import Entry
from kb.library import Library
from kb.loop.lineage import has_lineage
from kb.loop.review import Standing
from kb.loop.stored import without_figures
from kb.search.answer import Linked
from kb.viewer import Viewer

SIMILAR = 5
CLOSED = ("won", "lost", "no-decision")
RELATIONS = ("supersedes", "used", "campaign", "derived_from", "related")  # the order of the sections
SAVED = (  # results of a save that redirects here
    "1", "soon", "archived", "restored", "helpful", "closed", "unanswered", "used", "used_already", "no_deal",
    "verified", "unverified", "nobody", "unpublished_entry", "unpublished_deal",
)  # fmt: skip
WRITTEN = ("1", "unverified")  # results of a save whose problems are named
WARNED = ("soon", "unanswered", "used_already", "no_deal", "nobody", "unpublished_entry", "unpublished_deal")

router = APIRouter()


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """Entries with one relation to the entry."""

    heading: str
    cards: tuple[Card, ...]
    record: Record | None = None  # if the entry was used in deals


@router.get("/entries/{entry_id:path}")
def entry_page(
    request: Request,
    library: LibraryDep,
    store: StoreDep,
    activity: ActivityDep,
    logbook: LogbookDep,
    reader: ReaderDep,
    entry_id: str,
) -> Response:
    """Show an entry."""
    entry = library.entries.get(entry_id)
    logbook.opened(asker_of(request), entry.id)
    linked = library.entries.linked(entry.id)
    groups = link_groups(linked, reader)
    text = without_figures(entry.body) if entry.is_meeting else entry.body
    body = render_body(text, entry.path, entry.title, spoken_apart=entry.kind == "talk-track")
    shown = {entry.id, *(card.entry.id for group in groups for card in group.cards)}
    similar = [
        other for other in library.search.similar_entries(entry.id, limit=SIMILAR + len(shown)) if other.id not in shown
    ]
    is_losing = against(entry, library) is not None
    context = {
        "entry": entry,
        "is_losing": is_losing,
        "better": better_card(entry, (), reader, library) if is_losing else None,
        "card": card_of(entry, reader),
        "body": body,
        "facts": facts_of(entry, reader),
        "funnel": funnel_of(entry.campaign, reader) if entry.campaign else [],
        "money": money_of(entry.campaign, reader) if entry.campaign else [],
        "variants": variants_of(entry.campaign, reader) if entry.campaign else [],
        "groups": groups,
        "lineage": action_address("lineage", entry.id) if has_lineage(linked, entry.id) else "",
        "trust": library.loop.trust_of(entry),
        "doubts": _doubts(entry, linked, library, reader),
        "deals": deals_to_choose(entry, library, reader),
        "makes": to_make(entry, reader),
        "similar": [card_of(other, reader) for other in similar[:SIMILAR]],
        "notices": _notices(entry, linked, body, library, store, reader),
        "helpful": activity.helpful_counts(entry.id).get(entry.id, 0),
        "keeps_history": store.history.is_kept,
        "is_whole": store.shows_all_of(entry),
        "lacks_reason": bool(entry.deal) and entry.outcome in CLOSED and not (entry.deal and entry.deal.reasons),
        **_changing(entry, store, viewer_of(request), reader),
        **_after_save(request.query_params.get("saved", ""), entry, library, reader),
    }
    return render(request, "entry.html", context)


def _changing(entry: Entry, store: EntryStore, viewer: Viewer, reader: Reader) -> dict[str, Any]:
    """Return whether the reader may change an entry; to an author who may not, who can."""
    may_change = not store.is_readonly and store.may_change(entry)
    is_of_another = viewer.is_at_least("author") and not may_change and not store.is_readonly
    says_whose = is_of_another and bool(entry.owner) and store.shows_all_of(entry)
    whose = reader.say(refuse_change(reader.person(entry.owner), viewer.name).sentence) if says_whose else ""
    return {"may_change": may_change, "whose": whose}


def _notices(
    entry: Entry, linked: Linked, body: Rendered, library: Library, store: EntryStore, reader: Reader
) -> list[tuple[str, Entry | None]]:
    """Return what a reader should know first, each sentence with the entry it is about."""
    said = [reader.say(body.plain)] if body.plain else []
    said += [] if store.shows_all_of(entry) else [reader("entry.masked")]
    return [*_unfinished(entry, library, reader), *notices(entry, linked, reader), *((one, None) for one in said)]


def _after_save(message: str, entry: Entry, library: Library, reader: Reader) -> dict[str, Any]:
    """Return what is said after a save: how it went, and what could not be read."""
    return {
        "is_warned": message in WARNED,
        "saved": reader(f"saved.{message}") if message in SAVED else "",
        "to_fix": [at_field(p, reader) for p in library.entries.problems_of(entry)] if message in WRITTEN else [],
    }


def link_groups(linked: Linked, reader: Reader) -> list[LinkGroup]:
    """Return the linked entries by relation, each once per relation; `related` counts in both directions.

    What another relation shows already is not repeated as related.
    """
    found: dict[tuple[str, str], dict[str, Entry]] = {}
    for direction, pairs in (("outgoing", linked.outgoing), ("incoming", linked.incoming)):
        for relation, other in pairs:
            side = "both" if relation == "related" else direction
            found.setdefault((relation, side), {})[other.id] = other
    shown = {entry_id for (relation, _), others in found.items() if relation != "related" for entry_id in others}
    for entry_id in shown:
        found.get(("related", "both"), {}).pop(entry_id, None)
    groups = []
    for relation in RELATIONS:
        for side in ("incoming", "outgoing", "both"):
            others = list(found.get((relation, side), {}).values())
            if others:
                cards = tuple(card_of(other, reader) for other in others)
                record = record_of(others, reader) if (relation, side) == ("used", "incoming") else None
                groups.append(LinkGroup(reader(f"relation.{relation}.{side}"), cards, record))
    return groups


def notices(entry: Entry, linked: Linked, reader: Reader) -> list[tuple[str, Entry | None]]:
    """Return what a reader must know before using an entry, as (sentence, entry to read instead)."""
    found: list[tuple[str, Entry | None]] = []
    if entry.status != "published":
        found.append((reader("notice." + entry.status), None))
    newer = [other for relation, other in linked.incoming if relation == "supersedes"]
    found += [(reader("notice.superseded"), other) for other in newer]
    if entry.review_by and entry.review_by < reader.today:
        found.append((reader("notice.review", day=reader.date(entry.review_by)), None))
    return found


def _unfinished(entry: Entry, library: Library, reader: Reader) -> list[tuple[str, Entry | None]]:
    """Return a notice where an unfinished merge left two versions in the file, which need not show in its text."""
    problems = library.entries.problems_of(entry)
    return [(reader.say(problem.message), None) for problem in problems if problem.message == UNFINISHED_MERGE]


@router.post("/helpful/{entry_id:path}")
def helpful(
    request: Request, library: LibraryDep, activity: ActivityDep, logbook: LogbookDep, entry_id: str
) -> Response:
    """Count the reader as one the entry helped, once."""
    entry, askers = library.entries.get(entry_id), askers_of(request)
    activity.helpful(entry.id, *askers)
    logbook.opened(askers[0], entry.id, "helpful")
    response = RedirectResponse(f"{entry_address(entry_id)}?saved=helpful", 303)
    remember_asker(request, response)
    return response


def _doubts(entry: Entry, linked: Linked, library: Library, reader: Reader) -> tuple[Reason, ...]:
    """Return the doubts about an entry that the notices do not mention."""
    standing = library.loop.standing(entry.id)
    if standing is None:
        return ()
    is_replaced = any(relation == "supersedes" for relation, _ in linked.incoming)
    noticed = {"overdue", "newer"} if is_replaced else {"overdue"}
    return reasons_of(
        Standing(standing.state, tuple(d for d in standing.doubts if d.kind not in noticed)), reader, library
    )
