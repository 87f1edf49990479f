"""The JSON API."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from app.api import deals, entries, figures, gaps, health, loop, meeting, mine, scoreboard, search, writing
from app.http.dependencies import each_once

router = APIRouter(dependencies=[Depends(each_once)])
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
