"""The page of similar deals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import LibraryDep, SettingsDep, reader_of
from app.http.exported import note_export
from app.pages.similar.address import PAGE, DealAddress
from app.pages.similar.chips import chips, derived
from app.pages.similar.memo import memo_of
from app.pages.similar.view import SimilarView, near_and_far
from app.pages.view import render
from app.pages.writing.making import by_outcome
from app.settings import Settings
from app.shapes.asked import asked_from
from app.shapes.by_crm import deal_of
from app.words.deals import ValueNames, corrected_words
from app.words.reader import Reader
from app.words.sheet import to_docx, to_markdown
from app.words.similar_words import foretelling_words, headline
from kb.entry import Entry
from kb.errors import CrmDealNotFoundError, TextTooLongError
from kb.fields import SEGMENTS
from kb.insight.asked import FACTS, Asked
from kb.insight.rates import LEAST_DECIDED
from kb.insight.similar import COMPARED, SimilarDeals
from kb.library import Library

MEMO_TYPES = {
    "md": "text/markdown; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
MOST_LISTED = 200  # deals to choose from; more would slow the page down

router = APIRouter()


@router.get(PAGE)
def similar_page(request: Request, library: LibraryDep, settings: SettingsDep) -> Response:
    """Show similar deals, or the form to find them."""
    if number := request.query_params.get("crm_id", "").strip():
        return _of_record(request, library, settings, number)
    return _page(request, library, settings, DealAddress.read_from(request.query_params))


def _of_record(request: Request, library: Library, settings: Settings, number: str) -> Response:
    """Lead to the deal with a CRM number; if there is none one may see, show the form and say so."""
    try:
        deal = deal_of(library, number)
    except CrmDealNotFoundError as error:
        reader = reader_of(request)
        unknown = reader.sentences([reader.say(error.sentence), reader("similar.crm_unknown")])
        return _page(request, library, settings, DealAddress(), [unknown], 404)
    return RedirectResponse(str(DealAddress(deal=deal.id)), status_code=303)


@router.post(PAGE)
def ask(
    request: Request,
    library: LibraryDep,
    settings: SettingsDep,
    form: Annotated[ImmutableMultiDict[str, str], Depends(posted_form)],
) -> Response:
    """Redirect to the address of the query; answer directly if there are notes, which no address may hold."""
    asked = DealAddress.read_from(form)
    if not asked.text:
        return RedirectResponse(str(asked), status_code=303)
    return _page(request, library, settings, asked)


@router.post(f"{PAGE}/memo.{{form}}")
def memo(
    request: Request,
    library: LibraryDep,
    settings: SettingsDep,
    form: Literal["md", "docx"],
    sent: Annotated[ImmutableMultiDict[str, str], Depends(posted_form)],
) -> Response:
    """Return the proposal note on a deal as a file; without a deal the form."""
    address, reader = DealAddress.read_from(sent), reader_of(request)
    asked = None if address.is_start else asked_from(
        library, address.text, address.deal, address.facts(), is_confirmed=address.is_confirmed
    )  # fmt: skip
    if asked is None or asked.is_empty:
        return RedirectResponse(PAGE, 303)
    found = _compared(library, settings, address, asked)
    view = SimilarView(found, ValueNames.for_similar(reader, library, found), reader, library)
    sheet = memo_of(view, chips(address, found.asked, reader, library), reader)
    note_export(request, address.deal or "similar", form, 1)
    content = to_docx(sheet) if form == "docx" else to_markdown(sheet).encode("utf-8", "replace")
    name = {"Content-Disposition": f'attachment; filename="proposal-{reader.today:%Y-%m-%d}.{form}"'}
    return Response(content, media_type=MEMO_TYPES[form], headers=name)


def _compared(library: Library, settings: Settings, address: DealAddress, deal: Asked) -> SimilarDeals:
    return library.deals.similar(deal, filters=address.filters, count=COMPARED, strength=settings.strength)


def _page(
    request: Request,
    library: Library,
    settings: Settings,
    address: DealAddress,
    problems: Sequence[str] = (),
    status: int = 200,
) -> Response:
    reader = reader_of(request)
    context: dict[str, Any] = {"asked": address, "choices": _choices(address, None, reader)}
    context |= {
        "deals": _deals(library, address.deal, reader),
        "sources": reader.playbook.vocabulary("lead_source").terms,
    }
    context |= {"scopes": _scopes(address, reader)}
    context |= {"understood": None, "view": None, "problems": [*problems, *map(reader.say, address.misread())]}
    if address.is_start:
        return render(request, "similar.html", context, status=status)
    try:
        deal = asked_from(library, address.text, address.deal, address.facts(), is_confirmed=address.is_confirmed)
    except TextTooLongError as error:
        return render(request, "similar.html", {**context, "problems": [reader.say(error.sentence)]}, status=413)
    if deal.is_empty:
        return render(request, "similar.html", context)
    found = _compared(library, settings, address, deal)
    context["choices"] = _choices(address, found.asked, reader)
    context |= {"chips": chips(address, found.asked, reader, library), "derived": _derived(library, address)}
    context["corrected"] = corrected_words(library.deals.corrected(filters=address.filters), reader)
    result = _result(found, reader, library)
    context["memo"] = to_markdown(memo_of(result["view"], context["chips"], reader))
    return render(request, "similar.html", {**context, **result})


def _derived(library: Library, address: DealAddress) -> list[str]:
    """Return the facts that come from notes and entry only; they go when those change, stated ones stay."""
    understood = library.deals.understood(asked_from(library, address.text, address.deal, {}))
    return [fact for fact in derived(understood) if address.is_confirmed or fact not in address.stated]


def _result(found: SimilarDeals, reader: Reader, library: Library) -> dict[str, Any]:
    view = SimilarView(found, ValueNames.for_similar(reader, library, found), reader, library)
    rate, foretelling = found.rate, library.deals.foretelling()
    return {
        "view": view,
        "understood": found.asked,
        "headline": headline(found, foretelling.verdict, reader),
        "foretelling": foretelling_words(foretelling, reader),
        "foretells": foretelling.verdict == "foretells",
        "compared": reader("similar.compared", won=found.compared[0], lost=found.compared[1]),
        "sides": {name: near_and_far(deals) for name, deals in view.by_outcome.items()},
        "rate": {name: round(getattr(rate, name) * 200, 1) for name in ("mean", "low", "high", "base")},
        "is_empty": not any(found.by_outcome.values()),
        "is_rated": rate.won + rate.lost >= LEAST_DECIDED,
    }


def _choices(
    address: DealAddress, understood: Asked | None, reader: Reader
) -> dict[str, list[tuple[str, str, bool, bool]]]:
    """Return (value, label, is chosen, was read from the text) of each fact with several values."""
    choices = {}
    for name in FACTS:
        words = reader.playbook.vocabulary(name)
        known = [term.key for term in words.terms] if words else []
        chosen = getattr(understood, name) if understood else address.values(name)
        read = understood is not None and name in understood.read_from_text
        choices[name] = [
            (value, reader.label(name, value), value in chosen, read and value in chosen)
            for value in dict.fromkeys([*known, *chosen])
        ]
    return choices


def _scopes(address: DealAddress, reader: Reader) -> list[tuple[str, str, list[tuple[str, str, bool]]]]:
    """Return (field, its label, (value, label, is chosen) …) of the filters for the deals to compare with."""
    found = []
    for facet in SEGMENTS:
        words, chosen = reader.playbook.vocabulary(facet), address.bound(f"in_{facet}")
        values = dict.fromkeys([*(term.key for term in (words.terms if words else ())), *([chosen] if chosen else [])])
        options = [(v, reader.label(facet, v), v == chosen) for v in values]
        found.append((f"in_{facet}", reader.field(facet), options))
    return found


def _deals(library: Library, chosen: str, reader: Reader) -> list[tuple[str, list[Entry]]]:
    """Return (outcome, deals) to choose from: the chosen one, those still open, the newest."""
    deals = sorted(library.deals.table.deals, key=lambda deal: deal.sort_date, reverse=True)
    deals.sort(key=lambda deal: (deal.id != chosen, deal.outcome != "open"))
    return by_outcome(deals[:MOST_LISTED], reader)
