"""The application: settings and a library in, a web service out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Thread

from fastapi import Depends, FastAPI

from app import api, pages
from app.background import Background
from app.data_folder import base_id
from app.engines import common_key
from app.http.allowed import need_role
from app.http.assets import Assets
from app.http.errors import install_error_handlers
from app.http.following import FollowingMiddleware
from app.http.limits import LimitsMiddleware
from app.http.methods import HeadMiddleware
from app.http.noting import NotingMiddleware
from app.http.rates import Rates, RatesMiddleware
from app.http.security import SecurityMiddleware
from app.http.target import TargetMiddleware
from app.http.turns import TurnsMiddleware
from app.mcp import http as assistants
from app.pages.mail import unsubscribing
from app.pages.reference import FILES, swagger_files
from app.services import Services, open_services
from app.settings import Settings
from app.signin import me, passkeys, provider
from app.signin import pages as signin
from app.signin.middleware import ViewerMiddleware
from app.slack import http as slack

FORM_KEY = "forms.key"
STATIC = Path(__file__).parent / "static"


def package_version() -> str:
    """Return the installed version; `0` when run from a source tree that is not installed."""
    try:
        return version("kachisuji")
    except PackageNotFoundError:
        return "0"


def create_app(
    settings: Settings,
    services: Services | None = None,
    *,
    is_prepared: bool = True,
    operator_secret: str = "",
    rates: Rates | None = None,
) -> FastAPI:
    """Return the web service. It owns the services and closes them at the end.

    Unless the index `is_prepared`, it is brought up to date while the service already answers. Who sends the
    `operator_secret` as a token is `kb` on this machine.
    """
    opened = services or open_services(settings)
    background = Background(opened, is_prepared=is_prepared)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        background.start()
        if settings.slack_over_http:
            Thread(target=slack.prepare, args=(app,), name="slack", daemon=True).start()
        yield
        background.stop()
        opened.close()

    app = FastAPI(
        title="Kachisuji 勝ち筋",
        summary="Search what won and what lost.",
        version=package_version(),
        lifespan=lifespan,
        docs_url=None,  # FastAPI's pages load scripts from other hosts; app/pages/reference.py has ours
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        dependencies=[Depends(need_role)],
    )
    app.state.services = opened
    app.state.supervisor = background.supervisor
    app.state.base_id = base_id(settings.data)
    app.state.form_key = common_key(settings, opened.database, FORM_KEY)
    app.mount(FILES, swagger_files(), name="swagger")  # files first: comparing with all routes takes a millisecond
    app.state.assets = Assets(STATIC, "/static")
    app.mount("/static", app.state.assets, name="static")
    app.include_router(api.router, dependencies=api.SIGNED if settings.auth != "none" else [])
    app.include_router(api.health_router)
    app.include_router(pages.router)
    for module in (assistants, signin, provider, me, passkeys, slack, unsubscribing):
        app.include_router(module.router, include_in_schema=False)
    install_error_handlers(app)
    _surround(app, opened, operator_secret, rates or Rates(settings))
    return app


def _surround(app: FastAPI, services: Services, operator_secret: str, rates: Rates) -> None:
    """Add what every request comes past, the innermost first."""
    app.add_middleware(TurnsMiddleware, waiting=services.settings.waiting)
    if services.database:  # else this process is the only one that shows what it writes
        key: bytes = app.state.form_key
        app.add_middleware(FollowingMiddleware, library=services.library, intake=services.intake, key=key)
    app.add_middleware(TargetMiddleware)
    app.add_middleware(LimitsMiddleware)
    app.add_middleware(RatesMiddleware, rates=rates)
    app.add_middleware(ViewerMiddleware, services=services, rates=rates, operator_secret=operator_secret)
    app.add_middleware(HeadMiddleware)
    app.add_middleware(SecurityMiddleware, settings=services.settings)
    app.add_middleware(NotingMiddleware, audit=services.people.audit)
