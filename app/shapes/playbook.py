"""The shape of the playbook over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel

from kb.playbook import Playbook, Vocabulary


class TermOut(BaseModel):
    """An agreed value."""

    key: str
    ja: str
    en: str
    aliases: list[str]


class ClosedDealsOut(BaseModel):
    """How many deals were closed, noted or not."""

    outcome: str
    count: int
    industry: str
    date_from: str
    date_to: str


class PlaybookOut(BaseModel):
    """What both teams have agreed on."""

    company: str
    kgi: dict[str, Any]
    kpis: list[dict[str, Any]]
    lead_stages: list[dict[str, Any]]
    sla: list[dict[str, Any]]
    angles: list[TermOut]
    industries: list[TermOut]
    products: list[TermOut]
    competitors: list[TermOut]
    lead_sources: list[TermOut]
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
            angles=_terms(playbook.vocabulary("angle")),
            industries=_terms(playbook.vocabulary("industry")),
            products=_terms(playbook.vocabulary("product")),
            competitors=_terms(playbook.vocabulary("competitor")),
            lead_sources=_terms(playbook.vocabulary("lead_source")),
            reasons={outcome: _terms(words) for outcome, words in playbook.reasons.items()},
            closed_deals=[ClosedDealsOut(**asdict(total)) for total in playbook.closed_deals],
        )


def _terms(words: Vocabulary) -> list[TermOut]:
    return [TermOut(key=t.key, ja=t.ja, en=t.en, aliases=list(t.aliases)) for t in words.terms]
