"""The pages people read: one small module a page, joined into one router."""

from __future__ import annotations

from fastapi import APIRouter

from app.pages import (
    editor,
    entry,
    files,
    gaps,
    lineage,
    loop,
    making,
    meeting,
    playbook,
    problems,
    review,
    scoreboard,
    search,
    similar,
    versions,
)

router = APIRouter(include_in_schema=False)
for page in (
    search,
    similar,
    scoreboard,
    meeting,
    gaps,
    files,
    editor,
    versions,
    lineage,
    loop,
    making,
    review,
    entry,
    problems,
    playbook,
):
    router.include_router(page.router)
