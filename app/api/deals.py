"""Similar deals over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from app.http.body import described, posted
from app.http.dependencies import LibraryDep, ReaderDep, SettingsDep
from app.http.errors import API_ERRORS, BODY_ERRORS, declared
from app.settings import Settings
from app.shapes.asked import asked_from
from app.shapes.by_crm import deal_of
from app.shapes.scoreboard import CorrectedOut
from app.shapes.similar import CrmDealParams, SimilarDealsIn, SimilarDealsOut
from app.words.deals import ValueNames
from app.words.reader import Reader
from kb.library import Library

router = APIRouter(prefix="/api/v1", tags=["insight"], responses=API_ERRORS)
ERRORS = BODY_ERRORS | declared(
    _404="No deal has this id.", _413="The text is longer than 20,000 characters, or the request too large."
)


async def _asked(request: Request) -> SimilarDealsIn:
    return await posted(request, SimilarDealsIn, is_text=False)


Sent = Annotated[SimilarDealsIn, Depends(_asked)]


@router.post("/deals/similar", responses=ERRORS, openapi_extra=described(SimilarDealsIn, is_text=False))
def similar_deals(library: LibraryDep, settings: SettingsDep, reader: ReaderDep, asked: Sent) -> SimilarDealsOut:
    """Return what happened in deals like this one, balanced by outcome, and what made the difference."""
    return _similar(library, settings, reader, asked)


@router.get("/deals/similar", responses=declared(_404="No deal has this number."))
def similar_to_record(
    library: LibraryDep, settings: SettingsDep, reader: ReaderDep, params: Annotated[CrmDealParams, Query()]
) -> SimilarDealsOut:
    """Return the same for a deal that is known, by its number in the CRM."""
    asked = SimilarDealsIn.model_validate({"deal_id": deal_of(library, params.crm_id).id, "k": params.k})
    return _similar(library, settings, reader, asked)


def _similar(library: Library, settings: Settings, reader: Reader, asked: SimilarDealsIn) -> SimilarDealsOut:
    deal = asked_from(library, asked.text, asked.deal_id, asked.facts())
    filters = asked.filters.filters()
    found = library.deals.similar(deal, filters=filters, count=asked.k, strength=settings.strength)
    note = "" if any(found.by_outcome.values()) else reader("similar.none_inside" if filters else "similar.no_deals")
    foretelling = library.deals.foretelling()
    answer = SimilarDealsOut.of(found, foretelling, ValueNames.for_similar(reader, library, found), note)
    corrected = library.deals.corrected(filters=filters)
    return answer.model_copy(update={"corrected": CorrectedOut.model_validate(corrected)}) if corrected else answer
