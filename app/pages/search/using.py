"""How hits are used on the result page itself: copied, or read in place."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import ImmutableMultiDict

from app.http.asker import asker_of
from app.http.body import posted_form
from app.http.dependencies import LibraryDep, LogbookDep
from app.pages.view import render
from app.words.rendering import render_section
from kb.loop.logbook import HOWS

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.post("/uses/{entry_id:path}", status_code=204)
def use_hit(request: Request, library: LibraryDep, logbook: LogbookDep, form: Form, entry_id: str) -> Response:
    """Log that a hit was copied, so that its search counts as answered."""
    how = form.get("how", "")
    logbook.opened(asker_of(request), library.entries.get(entry_id).id, how if how in HOWS else "copied")
    return Response(status_code=204)


@router.get("/passages/{entry_id:path}")
def passage(request: Request, library: LibraryDep, logbook: LogbookDep, entry_id: str, heading: str = "") -> Response:
    """Show the section of an entry in which something was found, within the list of hits."""
    entry = library.entries.get(entry_id)
    logbook.opened(asker_of(request), entry.id, "passage")
    return render(request, "_passage.html", {"entry": entry, "html": render_section(entry.body, entry.path, heading)})
