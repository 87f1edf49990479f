"""The pages, joined into one router; each package holds one page.

Pages ask the library, take words from `app.words` and may import each other's addresses and cards, never `app.api`.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends

from app.http.body import need_own_form
from app.pages import connections, feed, judging, meeting, playbook, problems, reference
from app.pages.board import page as board
from app.pages.entry import page as entry
from app.pages.entry import versions
from app.pages.loop import gaps, lineage, review
from app.pages.loop import page as loop
from app.pages.mail import own as own_mail
from app.pages.mail import sent as sent_mail
from app.pages.mine import kept
from app.pages.mine import page as mine
from app.pages.people import auditing, tokens, webhooks
from app.pages.people import page as people
from app.pages.search import page as search
from app.pages.search import summarising, using
from app.pages.similar import bookmarklet
from app.pages.similar import page as similar
from app.pages.writing import beginning, files, making, reasons, undoing
from app.pages.writing import page as writing
from app.pages.writing import playbook as playbook_editor

router = APIRouter(include_in_schema=False, dependencies=[Depends(need_own_form)])
for module in (
    search,
    versions,  # before `entry`: an id may hold slashes, so its route matches everything below
    entry,  # what most people open is found first
    using,
    summarising,
    similar,
    bookmarklet,
    board,
    meeting,
    gaps,
    judging,
    beginning,
    undoing,
    playbook_editor,
    files,
    writing,
    reasons,
    lineage,
    loop,
    making,
    review,
    mine,
    kept,
    problems,
    playbook,
    reference,
    feed,
    own_mail,
    sent_mail,
    tokens,  # before `people`, whose addresses end with an id
    auditing,
    webhooks,
    people,
    connections,
):
    router.include_router(module.router)
