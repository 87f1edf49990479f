"""The next step from an entry: record where it was used, and start a new entry from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.asker import asker_of
from app.http.body import posted_form
from app.http.dependencies import LibraryDep, LogbookDep, StoreDep
from app.http.names import signature_of
from app.words.addresses import entry_address, make_address
from app.words.reader import Reader
from ingest.document import Document
from ingest.front_matter import edited
from ingest.masking import is_masked
from ingest.store import EntryStore
from ingest.using import note_use
from ingest.yaml_text import Plain
from kb.entry import Entry
from kb.errors import EntryNotFoundError
from kb.fields import LISTS
from kb.index.titles import Title
from kb.library import Library
from kb.loop.logbook import Logbook
from kb.search.query import Filters

MAKES: dict[str, tuple[str, ...]] = {  # what is usually made from an entry of a kind
    "talk-track": ("content", "campaign"),
    "note": ("content", "campaign"),
    "campaign": ("talk-track", "content"),
    "content": ("campaign",),
    "deal": ("talk-track", "content"),
}
MOST_DEALS = 30  # open deals to choose from, and as many of the newest
MOST_QUOTED = 4_000  # characters of the source
REMEMBERED = ("owner", "team")  # fields of a deal that the next one on this device starts with

OUTCOMES = ("open", "won", "lost", "no-decision")  # the order of groups of deals
D = TypeVar("D", Title, Entry)

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.post("/use/{entry_id:path}")
def use(
    request: Request, library: LibraryDep, store: StoreDep, logbook: LogbookDep, form: Form, entry_id: str
) -> Response:
    """Record that an entry was used in a deal, unless one of them is archived or a draft."""
    deal_id = form.get("deal", "").strip()
    done = record_use(library, store, logbook, entry_id, deal_id, asker_of(request), signature_of(request))
    return RedirectResponse(f"{entry_address(entry_id)}?saved={done}", 303)


def record_use(
    library: Library, store: EntryStore, logbook: Logbook, entry_id: str, deal_id: str, asker: str, author: str
) -> str:
    """Record that an entry was used in a deal, and return what came of it: the end of a key `saved.…`.

    Raises EntryNotFoundError, StaleEditError, RefusedTextError, NotSavedError, ReadOnlyError.
    """
    entry = library.entries.get(entry_id)
    if not deal_id:
        return "no_deal"
    deal = library.entries.get(deal_id)
    if entry.kind == "deal" or deal.kind != "deal":
        raise EntryNotFoundError(deal_id)
    if unpublished := next((name for name, one in (("entry", entry), ("deal", deal)) if one.status != "published"), ""):
        return f"unpublished_{unpublished}"
    if not note_use(store, library.playbook, deal_id, entry.id, author=author):
        return "used_already"
    logbook.used(asker, entry.id, deal_id)
    return "used"


def deals_to_choose(entry: Entry, library: Library, reader: Reader) -> list[tuple[str, list[Title]]]:
    """Return (outcome, deals): the open ones, then the newest others, without those that are masked.

    There are none if the entry cannot be used in a deal.
    """
    if entry.kind == "deal" or entry.status != "published":
        return []
    of_deals = Filters((("kind", ("deal",)),))
    opened = library.entries.titles(Filters((*of_deals.values, ("outcome", ("open",)))), MOST_DEALS)
    newest = library.entries.titles(of_deals, MOST_DEALS)
    deals = {deal.id: deal for deal in (*opened, *newest) if not is_masked(deal.id)}.values()
    return by_outcome(deals, reader)


def by_outcome(deals: Iterable[D], reader: Reader) -> list[tuple[str, list[D]]]:
    """Return deals as groups of a long list to choose from, so that a title is found by its first letters."""
    groups: dict[str, list[D]] = {}
    for deal in deals:
        groups.setdefault(deal.outcome or "", []).append(deal)
    return [(reader.label("outcome", name) if name else reader("use.no_outcome"), groups[name])
            for name in (*OUTCOMES, "") if name in groups]  # fmt: skip


def to_make(entry: Entry, reader: Reader) -> list[tuple[str, str]]:
    """Return the kinds that can be made from an entry, as (label, address)."""
    return [(reader(f"make.{name}"), make_address(name, entry.id)) for name in MAKES[entry.kind]]


def begun_from(text: str, name: str, source: Entry, reader: Reader) -> str:
    """Return a template with the fields copied from another entry, whose text is quoted at the end.

    Content is for customers: what we say among ourselves is linked, and not quoted. Its outline says whom the talk
    track is for and what they say.
    """
    track = source.talk_track
    fields: dict[str, Plain | None] = {
        "title": reader(f"make.title.{name}", title=source.title),
        "derived_from": [source.id],
        **{name: [*source.values(name)] for name in LISTS},
        "audience": track.persona if track and name == "campaign" else "",
        "visibility": source.visibility if source.visibility != "all" else "",  # as restricted as the source
    }
    begun = edited(Document.of(text), {name: value for name, value in fields.items() if value})
    if name == "content":
        return _outlined(begun, (track.persona, track.objection) if track else ())
    return begun.rstrip("\n") + f"\n\n## {reader('make.quoted', title=source.title)}\n{_quoted(source.body)}\n"


def _outlined(text: str, known: Sequence[str]) -> str:
    """Return an outline with what is known below its first headings."""
    head, *sections = text.split("\n## ")
    for at, words in enumerate(known[: len(sections)]):
        heading, _, rest = sections[at].partition("\n")
        sections[at] = "\n".join(filter(None, (heading, words))) + f"\n{rest}"
    return "\n## ".join((head, *sections))


def _quoted(body: str) -> str:
    lines = body.strip()[:MOST_QUOTED].splitlines()
    return "\n".join(f"> {line}".rstrip() for line in lines)
