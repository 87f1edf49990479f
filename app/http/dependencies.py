"""What routes ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request

from app.settings import Settings
from app.words.catalogue import choose_locale
from app.words.reader import Reader
from ingest.store import EntryStore
from kb.library import Library
from kb.loop.activity import Activity
from kb.loop.board import GapBoard
from kb.loop.logbook import Logbook

LANGUAGE_COOKIE = "lang"


def get_library(request: Request) -> Library:
    """Return the library of this application."""
    library: Library = request.app.state.library
    return library


def get_settings(request: Request) -> Settings:
    """Return the settings of this application."""
    settings: Settings = request.app.state.services.settings
    return settings


def get_store(request: Request) -> EntryStore:
    """Return what saves entries for this application."""
    store: EntryStore = request.app.state.store
    return store


def get_activity(request: Request) -> Activity:
    """Return what people did with this application."""
    activity: Activity = request.app.state.services.activity
    return activity


def get_logbook(request: Request) -> Logbook:
    """Return what takes down searches for this application."""
    logbook: Logbook = request.app.state.logbook
    return logbook


def get_gap_board(request: Request) -> GapBoard:
    """Return the board of gaps of this application."""
    board: GapBoard = request.app.state.gap_board
    return board


def reader_of(request: Request) -> Reader:
    """Return who reads the answer to a request; the same one however often it is asked."""
    known: Reader | None = getattr(request.state, "reader", None)
    if known is None:
        asked, remembered = request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)
        locale = choose_locale(asked, remembered, request.headers.get("Accept-Language"))
        known = Reader.of(locale, get_library(request).playbook, request.app.state.clock)
        request.state.reader = known
    return known


def get_reader(
    request: Request,
    _language: Annotated[str, Header(alias="accept-language", description="Language of labels: ja or en.")] = "ja",
) -> Reader:
    """Return who reads the answer, and document how programs name a language."""
    return reader_of(request)


GapBoardDep = Annotated[GapBoard, Depends(get_gap_board)]
ActivityDep = Annotated[Activity, Depends(get_activity)]
LogbookDep = Annotated[Logbook, Depends(get_logbook)]
StoreDep = Annotated[EntryStore, Depends(get_store)]
LibraryDep = Annotated[Library, Depends(get_library)]
ReaderDep = Annotated[Reader, Depends(get_reader)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
