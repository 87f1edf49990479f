"""The page of what both teams have agreed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from app.http.dependencies import LibraryDep
from app.pages.view import render, texts_of
from app.words.labels import label
from kb.playbook import Playbook

router = APIRouter()


@router.get("/playbook")
def playbook_page(request: Request, library: LibraryDep) -> Response:
    """Show goal, figures, lead stages, hand-over promises, angles and reason codes."""
    playbook, locale = library.playbook, texts_of(request).locale
    reasons = [
        (outcome, label("outcome", outcome, locale, playbook), words.terms)
        for outcome, words in playbook.reasons.items()
    ]
    named = {"kgi": playbook.kgi, "kpis": playbook.kpis, "stages": playbook.lead_stages, "sla": playbook.sla}
    context = {
        **named,
        "playbook": playbook,
        "reasons": reasons,
        "named": _Named(locale),
        "empty": playbook == Playbook(),
    }
    return render(request, "playbook.html", context)


class _Named:
    """Choose the wording of an item in the reader's language."""

    def __init__(self, locale: str) -> None:
        self.locale = locale

    def __call__(self, item: Mapping[str, Any], key: str = "name") -> str:
        wording = item.get("en") if self.locale == "en" else None
        return str(wording or item.get(key) or item.get("key") or "")
