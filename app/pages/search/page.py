"""The search page: search, filter, see why."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import chain
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from app.http.asker import asker_of, askers_of, remember_asker
from app.http.dependencies import ActivityDep, LibraryDep, LogbookDep, ReaderDep, SeenDep, ServicesDep
from app.pages.cards import HitCard, hit_card
from app.pages.search.address import PAGE_SIZE, SearchAddress
from app.pages.search.offers import offers
from app.pages.search.quoting import quote_cards
from app.pages.search.start import start_of
from app.pages.view import render, wants_fragment
from app.words.addresses import entry_address
from app.words.reader import Reader
from kb.entry import Entry
from kb.fields import BY_NAME, FACETS
from kb.index.analysis import fold
from kb.library import Library
from kb.loop.activity import Activity
from kb.loop.review import TrustState
from kb.search.answer import Answer
from kb.search.intent import asks_what_to_say, talk_first

SHOWN_AT_FIRST = 6  # values of a facet shown before expanding it
MOST_VALUES = 40
SHOWN_STATES: tuple[TrustState, ...] = ("verified", "needs-review", "overdue", "unverified")

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a facet that can be ticked."""

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A facet with its values."""

    facet: str
    label: str
    first: tuple[Option, ...]
    rest: tuple[Option, ...]
    is_open: bool


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """An active filter, and the address without it."""

    facet: str
    text: str
    address: str


@router.get("/")
def search_page(
    request: Request,
    services: ServicesDep,
    seen: SeenDep,
    library: LibraryDep,
    logbook: LogbookDep,
    activity: ActivityDep,
    reader: ReaderDep,
) -> Response:
    """Show the results; without a query, the newest entries and example questions."""
    asked = SearchAddress.read(request.query_params)
    answer = answer_to(asked, library)
    used = library.entries.used_in([hit.entry.id for hit in answer.hits if hit.entry.kind != "deal"])
    asker = asker_of(request)
    if asked.page == 1:
        logbook.search(answer, asked.filters, asker, reader.locale, asked.deal)
    talk, others = talk_first(answer.hits) if says_first(asked) else ((), answer.hits)
    cards = [[hit_card(hit, reader, library, used, answer.hits) for hit in some] for some in (talk, others)]
    logbook.shown(asker, answer.query.text, shown_by(chain(*cards)))
    context = {
        "asked": asked,
        "answer": answer,
        "talk": cards[0],
        "hits": cards[1],
        "can_summarise": services.summariser.is_on and answer.confidence != "none" and is_first_by_rank(asked),
        "quotes": quote_cards(answer.quotes, cards[0], reader),
        "offers": offers(asked, library, reader) if asked.text else [],
        "open_deals": open_deals(library) if asked.text and answer.confidence == "none" else [],
        "reported": bool(request.query_params.get("reported")),
        "write": f"/new/talk-track?{urlencode({'gap': fold(asked.text), 'title': asked.text})}",
        "groups": facet_groups(answer, asked, reader),
        "active": active_filters(asked, reader),
        "states": [(state, reader(f"trust.{state}"), state in asked.trust) for state in SHOWN_STATES],
        "start": start_of(services, seen, reader) if asked.is_start else None,
        "pages": -(-answer.total // PAGE_SIZE),
        "summary": summary(answer, asked, reader),
        "deal": library.entries.summaries([asked.deal]).get(asked.deal) if asked.deal else None,
        "preparing": reader.say(progress) if (progress := services.intake.progress_for(library)) else "",
        "is_unlogged": activity.is_failing,
        "answered": answered(activity, library, askers_of(request)) if asked.is_start else [],
    }
    response = render(request, "_results.html" if wants_fragment(request) else "search.html", context)
    remember_asker(request, response)
    return response


def answer_to(asked: SearchAddress, library: Library) -> Answer:
    """Return a page of hits, with the sentences that answer above the best ones."""
    return library.search.answer(
        asked.text,
        filters=asked.filters,
        sort=asked.sort,
        limit=PAGE_SIZE,
        offset=asked.offset,
        explain=bool(asked.text),
        as_typed=asked.as_typed,
        quote=is_first_by_rank(asked),
    )


def is_first_by_rank(asked: SearchAddress) -> bool:
    """Whether the best hits are shown: quotes and summaries are made of them."""
    return bool(asked.text) and asked.page == 1 and asked.sort == "relevance"


def shown_by(cards: Iterable[HitCard]) -> list[str]:
    """Return the entries that hits show: their own, and the better ones beside them."""
    both = ((card.card, card.better.card if card.better else None) for card in cards)
    return [card.entry.id for pair in both for card in pair if card]


def says_first(asked: SearchAddress) -> bool:
    """Whether sentences to say stand first: the question asks for them, and nothing else was chosen."""
    return is_first_by_rank(asked) and not asked.chosen("kind") and asks_what_to_say(asked.text)


def open_deals(library: Library) -> list[Entry]:
    """Return the open deals a search may be for, by title."""
    deals = library.entries.summaries(list(library.deals.open_amounts().of)).values()
    return sorted(deals, key=lambda deal: deal.title)[:MOST_VALUES]


def answered(activity: Activity, library: Library, askers: Collection[str]) -> list[tuple[str, str]]:
    """Return (query, address) of the gaps this person searched for that were closed since by what may be shown."""
    closed = activity.unseen(askers)
    known = library.entries.summaries([gap.entry for gap in closed])
    return [(gap.wording, entry_address(gap.entry)) for gap in closed if gap.entry in known]


def summary(answer: Answer, asked: SearchAddress, reader: Reader) -> str:
    """Return how well the hits match and how many are near as one line."""
    count = reader.counted("hits.near" if asked.text and not answer.is_listing else "hits.count", answer.total)
    if asked.text and not answer.is_listing:
        count = f"{reader('confidence.' + (answer.confidence if answer.hits else 'nothing'))} · {count}"
    if answer.hidden_by_filters:
        count += reader.counted("hits.hidden", answer.hidden_by_filters)
    return count


def facet_groups(answer: Answer, asked: SearchAddress, reader: Reader) -> list[Group]:
    """Return the facets with counts; ticked values stay even with a count of zero."""
    groups = []
    for facet in FACETS:
        counts = {item.value: item.count for item in answer.facets.get(facet, ())}
        chosen = asked.chosen(facet)
        order = [*chosen, *(value for value in counts if value not in chosen)][:MOST_VALUES]
        field = BY_NAME[facet]
        says_nothing = len(order) == 1 and field.shape == "choice" and not field.is_prominent
        if not order or (says_nothing and not chosen):
            continue
        options = [Option(value, reader.label(facet, value), counts.get(value, 0), value in chosen) for value in order]
        first = max(SHOWN_AT_FIRST, len(chosen))
        is_open = field.is_prominent or bool(chosen)
        groups.append(Group(facet, reader.field(facet), tuple(options[:first]), tuple(options[first:]), is_open))
    return groups


def active_filters(asked: SearchAddress, reader: Reader) -> list[ActiveFilter]:
    """Return the active filters, each with the address without it."""
    active = [
        ActiveFilter(reader.field(facet), reader.label(facet, value), str(asked.without(facet, value)))
        for facet, values in asked.values
        for value in values
    ]
    active += [
        ActiveFilter(reader("filters.trust"), reader(f"trust.{state}"), str(asked.without_trust(state)))
        for state in asked.trust
    ]
    if asked.date_from or asked.date_to:
        period = f"{asked.date_from.replace('-', '/')} – {asked.date_to.replace('-', '/')}".strip()
        active.append(ActiveFilter(reader("filters.period"), period, str(asked.undated())))
    return active
