"""What routes ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from app.settings import Settings
from ingest.store import EntryStore
from kb.library import Library


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


StoreDep = Annotated[EntryStore, Depends(get_store)]
LibraryDep = Annotated[Library, Depends(get_library)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
