"""What routes ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from app.charts.gallery import Gallery
from app.gap_board import GapBoard
from app.logbook import Logbook
from app.settings import Settings
from ingest.store import EntryStore
from kb.library import Library
from kb.loop.activity import Activity


def get_library(request: Request) -> Library:
    """Return the library of this application."""
    library: Library = request.app.state.library
    return library


def get_settings(request: Request) -> Settings:
    """Return the settings of this application."""
    settings: Settings = request.app.state.settings
    return settings


def get_store(request: Request) -> EntryStore:
    """Return what saves entries for this application."""
    store: EntryStore = request.app.state.store
    return store


def get_activity(request: Request) -> Activity:
    """Return what people did with this application."""
    activity: Activity = request.app.state.activity
    return activity


def get_logbook(request: Request) -> Logbook:
    """Return what takes down searches for this application."""
    logbook: Logbook = request.app.state.logbook
    return logbook


def get_gap_board(request: Request) -> GapBoard:
    """Return the board of gaps of this application."""
    board: GapBoard = request.app.state.gap_board
    return board


def get_gallery(request: Request) -> Gallery:
    """Return the pictures this application has drawn."""
    gallery: Gallery = request.app.state.gallery
    return gallery


GalleryDep = Annotated[Gallery, Depends(get_gallery)]
GapBoardDep = Annotated[GapBoard, Depends(get_gap_board)]
ActivityDep = Annotated[Activity, Depends(get_activity)]
LogbookDep = Annotated[Logbook, Depends(get_logbook)]
StoreDep = Annotated[EntryStore, Depends(get_store)]
LibraryDep = Annotated[Library, Depends(get_library)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
