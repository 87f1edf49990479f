"""The playbook page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from app.http.dependencies import PlaybookStoreDep, ReaderDep
from app.pages.view import render
from app.words.reader import Reader

router = APIRouter()


@router.get("/playbook")
def playbook_page(request: Request, reader: ReaderDep, store: PlaybookStoreDep) -> Response:
    """Show goal, metrics, lead stages, SLA, angles and reason codes."""
    playbook = reader.playbook
    reasons = [(outcome, reader.label("outcome", outcome), words.terms) for outcome, words in playbook.reasons.items()]
    named = {"kgi": playbook.kgi, "kpis": playbook.kpis, "stages": playbook.lead_stages, "sla": playbook.sla}
    context = {
        **named,
        "playbook": playbook,
        "reasons": reasons,
        "named": _Named(reader),
        "saved": request.query_params.get("saved") == "1",
        "lacks_file": store.is_missing,
        "empty": not any((*named.values(), reasons, playbook.vocabulary("angle"), playbook.synonyms)),
    }
    return render(request, "playbook.html", context)


class _Named:
    """Choose the wording of an item in the reader's language."""

    def __init__(self, reader: Reader) -> None:
        self._locale = reader.locale

    def __call__(self, item: Mapping[str, Any], key: str = "name") -> str:
        wording = item.get("en") if self._locale == "en" else None
        return str(wording or item.get(key) or item.get("key") or "")
