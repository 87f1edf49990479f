"""The shape of the playbook over HTTP."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from app.shapes.derived import Shape, holding
from kb.fields import AGREED
from kb.playbook import Playbook, Vocabulary


class TermOut(Shape):
    """An agreed value."""

    key: str
    ja: str
    en: str
    aliases: list[str]


class ClosedDealsOut(Shape):
    """How many deals were closed, recorded or not."""

    outcome: str
    count: int
    industry: str
    date_from: str
    date_to: str


@holding(dict.fromkeys(AGREED.values(), list[TermOut]))
class PlaybookOut(BaseModel):
    """What both teams have agreed on."""

    company: str
    kgi: dict[str, Any]
    kpis: list[dict[str, Any]]
    lead_stages: list[dict[str, Any]]
    sla: list[dict[str, Any]]
    reasons: dict[str, list[TermOut]]
    closed_deals: list[ClosedDealsOut]

    @classmethod
    def of(cls, playbook: Playbook) -> PlaybookOut:
        """Shape a playbook."""
        return cls(
            company=playbook.company,
            kgi=dict(playbook.kgi),
            kpis=[dict(item) for item in playbook.kpis],
            lead_stages=[dict(item) for item in playbook.lead_stages],
            sla=[dict(item) for item in playbook.sla],
            **{name: _terms(playbook.vocabulary(field)) for field, name in AGREED.items()},
            reasons={outcome: _terms(words) for outcome, words in playbook.reasons.items()},
            closed_deals=[ClosedDealsOut.model_validate(total) for total in playbook.closed_deals],
        )


def _terms(words: Vocabulary) -> list[TermOut]:
    return [TermOut.model_validate(term) for term in words.terms]
