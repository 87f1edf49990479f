"""The loop over HTTP: what came of an entry, and where the chain breaks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from app.api.entries import NOT_FOUND, EntryId
from app.api.search import Language
from app.http.dependencies import ActivityDep, LibraryDep
from app.http.errors import API_ERRORS
from app.shapes.loop import BrokenOut, LineageOut
from app.shapes.search import NoParams
from app.words.catalogue import choose_locale
from app.words.labels import label

router = APIRouter(prefix="/api/v1", tags=["loop"], responses=API_ERRORS)
Nothing = Annotated[NoParams, Query()]


@router.get("/entries/{entry_id:path}/lineage", responses=NOT_FOUND)
def lineage(library: LibraryDep, entry_id: EntryId, _params: Nothing) -> LineageOut:
    """Return where an entry comes from and what came of it, at most five generations each way."""
    return LineageOut.of(library.loop.lineage(entry_id))


@router.get("/loop")
def loop(library: LibraryDep, activity: ActivityDep, _params: Nothing, language: Language = "ja") -> BrokenOut:
    """Return where the chain from deals to content and back breaks."""
    locale = choose_locale(None, None, language)
    return BrokenOut.of(
        library.loop.broken(activity.days_opened()), lambda facet, value: label(facet, value, locale, library.playbook)
    )
