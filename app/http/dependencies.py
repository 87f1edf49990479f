"""What routes ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from app.settings import Settings
from ingest.store import EntryStore
from kb.library import Library
from kb.loop.activity import Activity
from kb.loop.board import GapBoard
from kb.loop.logbook import Logbook


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


GapBoardDep = Annotated[GapBoard, Depends(get_gap_board)]
ActivityDep = Annotated[Activity, Depends(get_activity)]
LogbookDep = Annotated[Logbook, Depends(get_logbook)]
StoreDep = Annotated[EntryStore, Depends(get_store)]
LibraryDep = Annotated[Library, Depends(get_library)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
