"""The JSON API."""

from __future__ import annotations

from fastapi import APIRouter

from app.api import entries, health, search

router = APIRouter()
router.include_router(search.router)
router.include_router(entries.router)
health_router = health.router
