"""The board of what people searched for and did not find."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.deps import ActivityDep, GapBoardDep, LibraryDep
from app.i18n import Texts
from app.logbook import filters_of
from app.pages.address import SearchAddress, day_or_nothing
from app.pages.cards import card_of
from app.pages.view import render, texts_of
from app.posted import posted_form
from app.proposal import proposed_kind
from kb.library import Library
from kb.loop.gaps import Gap

PAGE = "/gaps"
SHOWN = 50
SIMILAR = 3
MOST_WORDINGS = 6

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.get(PAGE)
def gaps_page(request: Request, library: LibraryDep, board: GapBoardDep, activity: ActivityDep) -> Response:
    """Show the gaps, the most pressing first."""
    texts = texts_of(request)
    found = board.gaps()
    shown = [_shown(gap, texts, library) for gap in found[:SHOWN]]
    done = texts(f"gaps.done_{said}") if (said := request.query_params.get("done", "")) in ("open", "dismissed") else ""
    return render(request, "gaps.html", {"gaps": shown, "count": len(found), "done": done, "trouble": activity.trouble})


@router.post(PAGE)
def decide(board: GapBoardDep, form: Form) -> Response:
    """Assign a gap to somebody, or dismiss it."""
    state = "dismissed" if form.get("do") == "dismiss" else "open"
    owner, due = form.get("owner", "").strip()[:200], day_or_nothing(form.get("due", ""))
    board.decide(form.get("query", ""), state=state, owner=owner, due=due)
    return RedirectResponse(f"{PAGE}?{urlencode({'done': state})}", 303)


def _shown(gap: Gap, texts: Texts, library: Library) -> dict[str, Any]:
    hits = library.search(gap.wording, limit=SIMILAR).hits
    filters = filters_of(gap.filters)
    address = SearchAddress.searching(gap.wording, filters)
    kind = proposed_kind(gap.wording, library.playbook)
    return {
        "gap": gap,
        "why": texts(f"gaps.why_{gap.why}"),
        "whys": [(texts(f"gaps.why_{why}"), count) for why, count in gap.whys.items()],
        "asked": texts("gaps.asked", people=len(gap.askers), times=gap.times),
        "amount": texts.money(gap.amount) if gap.amount else "",
        "wordings": [text for text in gap.wordings if text != gap.wording][:MOST_WORDINGS],
        "search": str(address),
        "write": f"/new/{kind}?{urlencode({'gap': gap.query, 'title': gap.wording})}",
        "kind": texts(f"new.{kind}"),
        "similar": [card_of(hit.entry, texts, library.playbook) for hit in hits],
    }
