"""The dependencies of routes."""

from __future__ import annotations

from asyncio import wait, wrap_future
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError

from app.charts.gallery import Gallery
from app.http.asker import is_led_here
from app.http.who import viewer_of
from app.seen import Seen
from app.services import Services
from app.settings import Settings
from app.supervisor import Supervisor
from app.words.catalogue import choose_locale
from app.words.reader import Reader
from ingest.playbook_store import PlaybookStore
from ingest.store import EntryStore
from kb.errors import PartNotReadyError, PlaybookUnknownError
from kb.fields import FILTERS
from kb.library import Library
from kb.loop.activity import Activity
from kb.loop.board import GapBoard
from kb.loop.judging import Judging
from kb.loop.logbook import ClosedLogbook, Logbook
from kb.masking import rules_for
from kb.playbook import Playbook
from kb.viewer import Viewer

LANGUAGE_COOKIE = "lang"
READING = ("GET", "HEAD")
PATIENCE = 1.0  # seconds a page waits for what its viewer works with, before it says that this is being made
REPEATED = {*FILTERS, "trust"}  # parameters with several values


def services_of(request: Request) -> Services:
    """Return the services of the application."""
    services: Services = request.app.state.services
    return services


# Dependencies are `async`: they only look something up, and as plain functions each would take a turn in a thread.
async def _services(request: Request) -> Services:
    return services_of(request)


ServicesDep = Annotated[Services, Depends(_services)]


async def seen(request: Request, services: ServicesDep) -> Seen:
    """Return what the viewer works with; kept for the page around the answer."""
    viewer = viewer_of(request)
    shown = services.ready_for(viewer)
    if shown is None:
        await _prepared(request, services, viewer)
        shown = await run_in_threadpool(services.seen_by, viewer)  # which takes no time now
    request.state.seen = shown
    return shown


def _opens_page(request: Request) -> bool:
    """Whether a browser opens a page: programs, forms and scripts wait instead of trying again."""
    is_page = "text/html" in request.headers.get("accept", "") and "x-fragment" not in request.headers
    return is_page and request.method == "GET" and not request.url.path.startswith("/api/")


async def _prepared(request: Request, services: Services, viewer: Viewer) -> None:
    """Wait until what a viewer works with is made; a page not for long. Raises PartNotReadyError."""
    key = viewer.audiences, viewer.role
    making = wrap_future(services.preparing.begin(key, partial(services.seen_by, viewer)))
    patience = getattr(request.app.state, "patience", PATIENCE)
    done, _ = await wait([making], timeout=patience if _opens_page(request) else None)
    if not done:
        raise PartNotReadyError
    await making


SeenDep = Annotated[Seen, Depends(seen)]


def seen_of(request: Request) -> Seen | None:
    """Return what the viewer of a request works with; None if nothing asked for it and it would take a moment."""
    known: Seen | None = getattr(request.state, "seen", None)
    with suppress(PlaybookUnknownError):
        return services_of(request).ready_for(viewer_of(request)) if known is None else known
    return None


async def _library(seen: SeenDep) -> Library:
    return seen.library


async def _settings(services: ServicesDep) -> Settings:
    return services.settings


async def _store(request: Request, services: ServicesDep, seen: SeenDep) -> EntryStore:
    """Return the store; who saves for the first time gets the name that stands under it."""
    viewer = viewer_of(request)
    if request.method in READING or not viewer.is_at_least("author"):
        return seen.store
    saving = await run_in_threadpool(services.saving_as, viewer)
    return seen.store if saving == viewer else (await run_in_threadpool(services.seen_by, saving)).store


async def _playbook_store(services: ServicesDep) -> PlaybookStore:
    return services.playbook_store


async def _activity(services: ServicesDep) -> Activity:
    return services.activity


async def _gap_board(seen: SeenDep) -> GapBoard:
    return seen.gap_board


async def _judging(seen: SeenDep) -> Judging:
    return seen.judging


async def _logbook(request: Request, services: ServicesDep, seen: SeenDep) -> Logbook:
    """Return the logbook; a closed one if another site led here, or if there is nothing to find yet."""
    is_closed = is_led_here(request) or not seen.library.has_entries
    return ClosedLogbook(services.activity) if is_closed else seen.logbook


async def _supervisor(request: Request) -> Supervisor:
    supervisor: Supervisor = request.app.state.supervisor
    return supervisor


async def _gallery(services: ServicesDep) -> Gallery:
    return services.gallery


def each_once(request: Request) -> None:
    """Refuse a repeated parameter that has one value: which of them is meant?"""
    names = Counter(name for name, _ in request.query_params.multi_items() if name not in REPEATED)
    twice = [name for name, times in names.items() if times > 1]
    if twice:
        raise RequestValidationError(
            [{"type": "repeated", "loc": ("query", name), "msg": "Given more than once."} for name in twice]
        )


def _playbook_for(request: Request, services: Services) -> Playbook:
    """Return the playbook a viewer reads: where something is masked for them, without synonyms that may name it."""
    if not rules_for(services.playbook, viewer_of(request)):
        return services.playbook
    seen = seen_of(request)
    return seen.library.playbook if seen else replace(services.playbook, synonyms=())


def locale_of(request: Request) -> str:
    """Return the language of a request."""
    asked, remembered = request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)
    return choose_locale(asked, remembered, request.headers.get("Accept-Language"))


def reader_of(request: Request) -> Reader:
    """Return the reader of a request, created once."""
    known: Reader | None = getattr(request.state, "reader", None)
    if known is None:
        services = services_of(request)
        known = Reader.of(locale_of(request), _playbook_for(request, services), services.clock)
        if services.settings.auth != "none":
            known = replace(known, is_former=services.people.names.recogniser(), counts_people=True)
        request.state.reader = known
    return known


async def _reader(
    request: Request,
    _language: Annotated[str, Header(alias="accept-language", description="Language of labels: ja or en.")] = "ja",
) -> Reader:
    """Return the reader, and document the language header."""
    return reader_of(request)


LibraryDep = Annotated[Library, Depends(_library)]
SettingsDep = Annotated[Settings, Depends(_settings)]
StoreDep = Annotated[EntryStore, Depends(_store)]
PlaybookStoreDep = Annotated[PlaybookStore, Depends(_playbook_store)]
ActivityDep = Annotated[Activity, Depends(_activity)]
GapBoardDep = Annotated[GapBoard, Depends(_gap_board)]
JudgingDep = Annotated[Judging, Depends(_judging)]
LogbookDep = Annotated[Logbook, Depends(_logbook)]
SupervisorDep = Annotated[Supervisor, Depends(_supervisor)]
GalleryDep = Annotated[Gallery, Depends(_gallery)]
ReaderDep = Annotated[Reader, Depends(_reader)]
