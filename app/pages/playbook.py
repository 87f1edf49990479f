"""The playbook page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from app.http.dependencies import PlaybookStoreDep, ReaderDep
from app.pages.view import render
from app.words.reader import Reader
from kb.choices import CHOICES
from kb.masking import ROLE_NAMES, WHAT
from kb.playbook import MaskingRule
from kb.viewer import ROLES

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
        "masking": [_rule(rule, reader) for rule in playbook.masking],
        "saved": request.query_params.get("saved") == "1",
        "lacks_file": store.is_missing,
        "empty": not any((*named.values(), reasons, playbook.vocabulary("angle"), playbook.synonyms, playbook.masking)),
    }
    return render(request, "playbook.html", context)


def _rule(rule: MaskingRule, reader: Reader) -> tuple[str, str, str]:
    """Return what a rule hides, from whom and until when."""
    comma, days = reader("comma"), rule.until_days_after_end
    what = comma.join(term.label(reader.locale) for term in WHAT.terms if term.key in rule.what)
    teams = [CHOICES["team"].label(team, reader.locale) for team in sorted(rule.teams)]
    roles = [ROLE_NAMES.label(role, reader.locale) for role in ROLES if role in rule.roles]
    until = reader("playbook.masking_always") if days is None else reader("playbook.masking_until", days=days)
    return what, comma.join((*teams, *roles)) or reader("playbook.masking_everybody"), until


class _Named:
    """Choose the wording of an item in the reader's language."""

    def __init__(self, reader: Reader) -> None:
        self._locale = reader.locale

    def __call__(self, item: Mapping[str, Any], key: str = "name") -> str:
        wording = item.get("en") if self._locale == "en" else None
        return str(wording or item.get(key) or item.get("key") or "")
