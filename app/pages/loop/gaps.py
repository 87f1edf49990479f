"""The gaps page: failed searches."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict, QueryParams

from app.http.allowed import TENDING, require
from app.http.asker import asker_of
from app.http.body import posted_form
from app.http.dependencies import ActivityDep, GapBoardDep, LibraryDep, ReaderDep
from app.http.names import FIELD, author_of, names_of, remember_name
from app.http.who import viewer_of
from app.pages.cards import card_of
from app.pages.loop.alike import proposed_synonyms
from app.pages.loop.proposal import proposed_kind
from app.pages.search.address import SearchAddress, day_or_nothing
from app.pages.search.page import active_filters
from app.pages.view import render
from app.words.addresses import gap_address
from app.words.reader import Reader
from kb.entry import owner_key as folded
from kb.errors import GapNotClosedError
from kb.library import Library
from kb.loop.activity import Searched
from kb.loop.board import GapBoard
from kb.loop.gaps import UNUSED, WHYS, Gap
from kb.loop.logbook import filters_of, filters_text
from kb.search.query import MAX_QUERY_CHARS

PAGE = "/gaps"
SHOWN = 50
LOOKED_UP = 10  # gaps shown with their nearest entries, since each needs a search
DONE = ("open", "dismissed", "closed", "unanswered", "gone", "apart", "merged")
OWN = ("assign", "close", "leave")  # what an author may do, with gaps that nobody else took
SIMILAR = 3
MOST_WORDINGS = 6
MOST_OTHERS = 200  # gaps one may be merged into

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.get(PAGE)
def gaps_page(
    request: Request, library: LibraryDep, board: GapBoardDep, activity: ActivityDep, reader: ReaderDep
) -> Response:
    """Show the gaps, the most pressing first."""
    asked = request.query_params
    every, unused = board.gaps(), board.unused()
    why = asked.get("why", "") if asked.get("why") in (*WHYS, *UNUSED) else ""
    found = unused if why in UNUSED else [gap for gap in every if why in ("", gap.why)]
    context = {
        "others": [(gap.query, gap.wording) for gap in every[:MOST_OTHERS]],
        "mine": names_of(request),
        "may_tend": viewer_of(request).is_at_least(TENDING.role),
        "gaps": [_shown(gap, reader, library, at < LOOKED_UP) for at, gap in enumerate(found[:SHOWN])],
        "count": len(found),
        "why": why,
        "tabs": _tabs(every, why, reader),
        "unused": len(unused),
        "is_unused": why in UNUSED,
        "done": reader(f"gaps.done_{said}") if (said := asked.get("done", "")) in DONE else "",
        "alike": [] if activity.trouble else proposed_synonyms(activity, library),
        "trouble": activity.trouble,
    }
    return render(request, "gaps.html", context)


@router.post(PAGE)
def decide(request: Request, board: GapBoardDep, form: Form) -> Response:
    """Take, leave, dismiss, split or merge a gap, or close it with an entry its search finds now."""
    query, why = form.get("query", ""), form.get("why", "")
    if not _is_own(request, board, form):
        require(request, TENDING)
    if form.get("do") == "close":
        done = _closed(board, query, form.get("entry", ""))
    elif wording := form.get("apart", ""):
        done = "apart" if board.split_off(query, wording) else "gone"
    elif form.get("do") == "merge":
        done = "merged" if board.merge(query, form.get("into", "")) else "gone"
    else:
        done = "dismissed" if form.get("do") == "dismiss" else "open"
        owner = "" if form.get("do") == "leave" else author_of(request, form.get(FIELD, ""))
        due = day_or_nothing(form.get("due", ""))
        done = done if board.decide(query, state=done, owner=owner, due=due if owner else "") else "gone"
    back = f"{PAGE}?{urlencode({'done': done, **({'why': why} if why in WHYS else {})})}"
    response = RedirectResponse(back, 303)
    remember_name(request, response, form.get(FIELD, ""))
    return response


@router.post(f"{PAGE}/report")
def report(request: Request, board: GapBoardDep, activity: ActivityDep, reader: ReaderDep, form: Form) -> Response:
    """Report what a search did not find: who needs it, and for which deal."""
    asked = SearchAddress.read(QueryParams(form.get("address", "").partition("?")[2].partition("#")[0]))
    if asked.text:
        search = Searched(
            id=secrets.token_hex(8),
            at=activity.stamp(),
            query=asked.text[:MAX_QUERY_CHARS],
            language=reader.locale,
            filters=filters_text(asked.filters),
            confidence="none",
            asker=asker_of(request),
            deal=form.get("deal", "")[:500],
        )
        board.report(search, author_of(request, form.get(FIELD, "")))
    response = RedirectResponse(f"{asked}{'&' if asked.text else '?'}reported=1", 303)
    remember_name(request, response, form.get(FIELD, ""))
    return response


def _is_own(request: Request, board: GapBoard, form: ImmutableMultiDict[str, str]) -> bool:
    """Whether it is for an author to do: they answer any gap, and take or leave one that nobody else took."""
    do = form.get("do", "")
    if do not in OWN or form.get("apart", ""):
        return False
    found = None if do == "close" else board.gap(form.get("query", ""))
    return not (found and found.decided and found.decided.owner) or folded(found.decided.owner) in names_of(request)


def _closed(board: GapBoard, query: str, entry_id: str) -> str:
    try:
        return "closed" if board.close(query, entry_id) else "gone"
    except GapNotClosedError:
        return "unanswered"


def _tabs(gaps: Sequence[Gap], why: str, reader: Reader) -> list[tuple[str, str, bool]]:
    """Return (label, address, is current) of all gaps and of each reason why searches failed."""
    counts = Counter(gap.why for gap in gaps)
    tabs = [(f"{reader('gaps.every')} {len(gaps)}", PAGE, not why)]
    return tabs + [(f"{reader(f'gaps.why_{one}')} {counts[one]}", f"{PAGE}?why={one}", why == one) for one in WHYS]


def _shown(gap: Gap, reader: Reader, library: Library, is_looked_up: bool) -> dict[str, Any]:
    found = library.search.answer(gap.wording, limit=SIMILAR).hits if is_looked_up else ()
    hits = [hit for hit in found if not hit.entry.is_meeting]  # a meeting closes no gap
    filters = filters_of(gap.filters)
    address = SearchAddress.searching(gap.wording, filters)
    kind = proposed_kind(gap.wording, reader)
    return {
        "gap": gap,
        "owner": reader.person(gap.decided.owner) if gap.decided else "",
        "owner_key": folded(gap.decided.owner) if gap.decided else "",
        "needed_by": reader.person(gap.decided.needed_by) if gap.decided else "",
        "why": reader(f"gaps.why_{gap.why}"),
        "whys": [(reader(f"gaps.why_{why}"), count) for why, count in gap.whys.items()],
        "asked": reader(reader.counting("gaps.asked"), people=len(gap.askers), times=gap.times),
        "amount": reader.sums(gap.amount, gap.currency, gap.apart),
        "wordings": [text for text in gap.wordings if text != gap.wording],
        "shown_wordings": MOST_WORDINGS,
        "search": str(address),
        "filters": [one.text for one in active_filters(address, reader)],
        "unfiltered": str(address.unfiltered()),
        "advice": reader(f"gaps.advice_{gap.why}"),
        "write": gap_address(kind, gap.query, gap.wording),
        "kind": reader(f"new.{kind}"),
        "similar": [card_of(hit.entry, reader) for hit in hits],
    }
