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
    playbook,
    problems,
    scoreboard,
    search,
    similar,
    versions,
)

router = APIRouter(include_in_schema=False)
PAGES = (search, similar, scoreboard, gaps, files, editor, versions, lineage, loop, making, entry, problems, playbook)
for page in PAGES:
    router.include_router(page.router)
