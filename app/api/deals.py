"""Similar deals over HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from app.api.search import Language
from app.http.dependencies import LibraryDep, SettingsDep
from app.http.errors import API_ERRORS
from app.shapes.asked import asked_from
from app.shapes.search import ErrorOut
from app.shapes.similar import SimilarDealsIn, SimilarDealsOut
from app.words.catalogue import choose_locale, texts_for
from app.words.deals import ValueNames

router = APIRouter(prefix="/api/v1", tags=["insight"], responses=API_ERRORS)
ERRORS: dict[int | str, dict[str, object]] = {
    404: {"model": ErrorOut, "description": "No deal has this id."},
    413: {"model": ErrorOut, "description": "The text is longer than 20,000 characters."},
}


@router.post("/deals/similar", responses=ERRORS)
def similar_deals(
    library: LibraryDep, settings: SettingsDep, asked: SimilarDealsIn, language: Language = "ja"
) -> SimilarDealsOut:
    """Return what happened in deals like this one, balanced by outcome, and what made the difference."""
    deal = asked_from(library, asked.text, asked.deal_id, asked.facts())
    filters = asked.filters.filters()
    found = library.deals.similar(deal, filters=filters, count=asked.k, strength=settings.strength)
    texts = texts_for(choose_locale(None, None, language))
    note = "" if any(found.by_outcome.values()) else texts("similar.none_inside" if filters else "similar.no_deals")
    return SimilarDealsOut.of(found, ValueNames.for_similar(texts, library, found), note)
