"""The application: settings and a library in, a web service out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fastapi import FastAPI

from app import api, pages
from app.background import Background
from app.charts.gallery import Gallery
from app.gap_board import GapBoard
from app.http.assets import Assets
from app.http.errors import install_error_handlers
from app.http.security import SecurityMiddleware
from app.logbook import Logbook
from app.services import make_library
from app.settings import Settings
from ingest.intake import Intake
from ingest.store import EntryStore
from kb.library import Library
from kb.loop.activity import Activity

STATIC = Path(__file__).parent / "static"


def package_version() -> str:
    """Return the installed version; `0` when run from a source tree that is not installed."""
    try:
        return version("kachisuji")
    except PackageNotFoundError:
        return "0"


def create_app(settings: Settings, library: Library | None = None) -> FastAPI:
    """Return the service. It owns the library and closes it at the end."""
    known = library or make_library(settings)
    intake = Intake(known, settings.entries)
    gallery = Gallery()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        background = Background(known, intake, settings, app.state.activity, app.state.gap_board, gallery)
        background.start()
        yield
        background.stop()
        gallery.close()
        known.close()
        app.state.activity.close()

    app = FastAPI(
        title="Kachisuji 勝ち筋",
        summary="Search what won and what lost.",
        version=package_version(),
        lifespan=lifespan,
        docs_url=None,  # the usual pages load scripts from elsewhere; /openapi.json has it all
        redoc_url=None,
    )
    app.state.library = known
    app.state.settings = settings
    activity = Activity(settings.activity_file, is_kept=settings.activity, keep_days=settings.keep_searches)
    app.state.activity = activity
    app.state.logbook = Logbook(activity, settings.team)
    app.state.gallery = gallery
    app.state.gap_board = GapBoard(known, activity)
    lock = settings.data / "saving.lock"
    app.state.store = EntryStore(known, intake, settings.entries, lock, is_readonly=settings.readonly)
    app.include_router(api.router)
    app.include_router(api.health_router)
    app.include_router(pages.router)
    app.state.assets = Assets(STATIC, "/static")
    app.mount("/static", app.state.assets, name="static")
    install_error_handlers(app)
    app.add_middleware(SecurityMiddleware, settings=settings)
    return app
