"""The JSON API."""

from __future__ import annotations

from fastapi import APIRouter

from app.api import deals, entries, gaps, health, loop, meeting, scoreboard, search, writing

router = APIRouter()
router.include_router(search.router)
router.include_router(deals.router)
router.include_router(writing.router)
router.include_router(loop.router)
router.include_router(entries.router)
router.include_router(scoreboard.router)
router.include_router(gaps.router)
router.include_router(meeting.router)
health_router = health.router
