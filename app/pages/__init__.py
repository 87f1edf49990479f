"""The pages, joined into one router; each package holds one page.

Pages ask the library, take words from `app.words` and may import each other's addresses and cards, never `app.api`.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends

from app.http.body import need_own_form
from app.pages import judging, meeting, playbook, problems, reference
from app.pages.board import page as board
from app.pages.entry import page as entry
from app.pages.entry import versions
from app.pages.loop import gaps, lineage, review
from app.pages.loop import page as loop
from app.pages.mine import kept
from app.pages.mine import page as mine
from app.pages.people import auditing, tokens
from app.pages.people import page as people
from app.pages.search import page as search
from app.pages.search import summarising, using
from app.pages.similar import page as similar
from app.pages.writing import beginning, files, making, undoing
from app.pages.writing import page as writing
from app.pages.writing import playbook as playbook_editor

router = APIRouter(include_in_schema=False, dependencies=[Depends(need_own_form)])
for module in (
    search,
    using,
    summarising,
    similar,
    board,
    meeting,
    gaps,
    judging,
    beginning,
    undoing,
    playbook_editor,
    files,
    writing,
    versions,  # before `entry`: an id may hold slashes, so its route matches everything below
    lineage,
    loop,
    making,
    review,
    mine,
    kept,
    entry,
    problems,
    playbook,
    reference,
    tokens,  # before `people`, whose addresses end with an id
    auditing,
    people,
):
    router.include_router(module.router)
