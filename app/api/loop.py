"""The loop over HTTP: where the chain from deals to content and back breaks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from app.api.search import Language
from app.http.dependencies import ActivityDep, LibraryDep
from app.http.errors import API_ERRORS
from app.shapes.loop import BrokenOut
from app.shapes.search import NoParams
from app.words.catalogue import choose_locale
from app.words.labels import label

router = APIRouter(prefix="/api/v1", tags=["loop"], responses=API_ERRORS)
Nothing = Annotated[NoParams, Query()]


@router.get("/loop")
def loop(library: LibraryDep, activity: ActivityDep, _params: Nothing, language: Language = "ja") -> BrokenOut:
    """Return where the chain from deals to content and back breaks."""
    locale = choose_locale(None, None, language)
    return BrokenOut.of(
        library.loop.broken(activity.days_opened()), lambda facet, value: label(facet, value, locale, library.playbook)
    )
