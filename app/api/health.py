"""Liveness and readiness of the server."""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.http.dependencies import ReaderDep, ServicesDep, SupervisorDep, seen
from app.http.errors import API_ERRORS
from app.http.who import ViewerDep
from app.services import Services
from app.shapes.health import ReadyOut
from app.shapes.search import NoParams
from kb.errors import IndexNotReadyError, PlaybookUnknownError
from kb.library import Library
from kb.search.answer import IndexState
from kb.viewer import NOBODY
from kb.wording import say

RETRY_SECONDS = 5
log = logging.getLogger(__name__)

router = APIRouter(tags=["health"], responses={status: API_ERRORS[status] for status in (403, 422)})
Nothing = Annotated[NoParams, Query()]


async def _shown(request: Request, services: ServicesDep) -> Library | PlaybookUnknownError:
    """Return what the viewer sees, or why nobody sees anything."""
    try:
        return (await seen(request, services)).library
    except PlaybookUnknownError as error:
        return error


ShownDep = Annotated[Library | PlaybookUnknownError, Depends(_shown)]


@router.get("/healthz")
async def healthz(request: Request, _params: Nothing) -> dict[str, str]:
    """Return that the process lives, and which knowledge base it serves; needs no thread, which may all be busy."""
    return {"status": "ok", "base": request.app.state.base_id}


@router.get("/readyz", responses={503: {"model": ReadyOut, "description": "Questions cannot be answered yet."}})
def readyz(
    services: ServicesDep,
    library: ShownDep,
    supervisor: SupervisorDep,
    reader: ReaderDep,
    viewer: ViewerDep,
    response: Response,
    _params: Nothing,
) -> ReadyOut:
    """Return whether questions are answered in the usual time, and how the background jobs are doing.

    A failing job does not make the server unready: it still answers, and it may be the only one.
    """
    state, reason = _readiness(services, library)
    if reason:
        response.status_code = 503
        response.headers["retry-after"] = str(RETRY_SECONDS)
    if viewer == NOBODY:  # a load balancer need not know how much there is
        return ReadyOut.health(IndexState(state.ready, "", "", "", 0, 0, 0), "", reason, (), reader, 0)
    waiting = services.intake.waiting
    troubles = {"vectors": services.vectors_trouble, "meaning": services.meaning_trouble}
    return ReadyOut.health(state, services.activity.trouble, reason, supervisor.states(), reader, waiting, **troubles)


def _readiness(services: Services, library: Library | PlaybookUnknownError) -> tuple[IndexState, str]:
    """Return the state of the index, and why questions cannot be answered as usual."""
    if isinstance(library, PlaybookUnknownError):
        return IndexState(False, "", "", "", 0, 0, 0), library.sentence
    preparation = services.intake.preparation_for(library)
    if services.database and services.database.trouble():
        why = say("The database cannot be reached; the log of the server says why.")
        return IndexState(False, "", "", "", 0, 0, 0), why
    try:
        state = library.state()
    except Exception:  # whatever a damaged index raises: who asks needs an answer
        log.exception("The index cannot be read.")
        return IndexState(False, "", "", "", 0, 0, 0), say("The index cannot be read; the log of the server says why.")
    if preparation:
        return state, preparation.sentence
    if not state.ready:
        return state, IndexNotReadyError().sentence
    if not services.has_answered:
        return state, say("The server is still starting: the model has not answered a question yet.")
    return state, ""
