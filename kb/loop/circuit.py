"""The loop in numbers: how much went from deals to talk tracks, content, campaigns, leads and back to deals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb.entry import Entry

NODES = ("deals", "talk", "content", "campaigns", "leads")


@dataclass(frozen=True, slots=True)
class Circuit:
    """Both by the names of NODES: how many there are, and how many of them lead on from the one before."""

    counts: dict[str, int]
    arrows: dict[str, int]  # by the node an arrow ends at; "deals": deals that a campaign brought


def circuit(content: Sequence[Entry], deals: Sequence[Entry]) -> Circuit:
    """Count published content and deals.

    A talk track is tied to deals if it was made from one or used in one; content and campaigns are if they were made
    from another entry. Leads are those of campaigns, else their MQLs; all of them came from one.
    """
    talk = [entry for entry in content if entry.kind == "talk-track"]
    campaigns = [entry for entry in content if entry.kind == "campaign"]
    written = [entry for entry in content if entry.kind == "content"]
    ids = {deal.id for deal in deals}
    used = {named for deal in deals if deal.deal for named in deal.deal.used}
    leads = sum(_leads(entry) for entry in campaigns)
    return Circuit(
        {"deals": len(deals), "talk": len(talk), "content": len(written), "campaigns": len(campaigns), "leads": leads},
        {
            "talk": sum(entry.id in used or not ids.isdisjoint(entry.derived_from) for entry in talk),
            "content": sum(bool(entry.derived_from) for entry in written),
            "campaigns": sum(bool(entry.derived_from) for entry in campaigns),
            "leads": leads,
            "deals": sum(bool(deal.deal and deal.deal.campaign) for deal in deals),
        },
    )


def _leads(entry: Entry) -> int:
    metrics = entry.campaign.metrics if entry.campaign else {}
    return round(metrics.get("leads", metrics.get("mql", 0)))
