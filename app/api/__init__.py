"""The JSON API."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.routing import Match
from starlette.types import Scope

from app.api import deals, entries, figures, gaps, health, loop, meeting, mine, scoreboard, search, writing
from app.http.dependencies import each_once

ROOT = "/api/"
# Only described here: app/signin/middleware.py checks them before any route.
TOKEN = HTTPBearer(scheme_name="token", description="Where people sign in: a token for programs.", auto_error=False)
SESSION = APIKeyCookie(name="session", scheme_name="session", description="Or a browser's session.", auto_error=False)

SIGNED = [Security(TOKEN), Security(SESSION)]  # where people sign in


class Below(APIRouter):
    """Routes that are all below one path: requests for other paths are not compared with each of them."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether a request is for one of the routes."""
        return super().matches(scope) if scope["path"].startswith(ROOT) else (Match.NONE, {})


router = Below(dependencies=[Depends(each_once)])
router.include_router(search.router)
router.include_router(deals.router)
router.include_router(writing.router)
router.include_router(loop.router)
router.include_router(entries.router)
router.include_router(scoreboard.router)
router.include_router(figures.router)
router.include_router(gaps.router)
router.include_router(meeting.router)
router.include_router(mine.router)
health_router = health.router
