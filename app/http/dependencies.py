"""What routes ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from app.http.asker import is_led_here
from app.services import Services
from app.settings import Settings
from ingest.store import EntryStore
from kb.library import Library
from kb.loop.activity import Activity
from kb.loop.board import GapBoard
from kb.loop.logbook import ClosedLogbook, Logbook


def services_of(request: Request) -> Services:
    """Return what the application of a request works with."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(services_of)]


def _library(services: ServicesDep) -> Library:
    return services.library


def _settings(services: ServicesDep) -> Settings:
    return services.settings


def _store(services: ServicesDep) -> EntryStore:
    return services.store


def _activity(services: ServicesDep) -> Activity:
    return services.activity


def _gap_board(services: ServicesDep) -> GapBoard:
    return services.gap_board


def _logbook(request: Request, services: ServicesDep) -> Logbook:
    """Return the log; a closed one where a page of others led to the address."""
    return ClosedLogbook(services.activity) if is_led_here(request) else services.logbook


LibraryDep = Annotated[Library, Depends(_library)]
SettingsDep = Annotated[Settings, Depends(_settings)]
StoreDep = Annotated[EntryStore, Depends(_store)]
ActivityDep = Annotated[Activity, Depends(_activity)]
GapBoardDep = Annotated[GapBoard, Depends(_gap_board)]
LogbookDep = Annotated[Logbook, Depends(_logbook)]
