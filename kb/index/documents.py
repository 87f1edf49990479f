"""An entry without its body as JSON text in the catalogue, and back."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from kb.entry import Campaign, Deal, Entry, Reason, TalkTrack, Variant

_DATES = ("date", "verified_on", "review_by")
_LISTS = ("tags", "industries", "products", "competitors", "angles", "related", "supersedes", "derived_from")


def to_document(entry: Entry) -> str:
    """Write an entry without its body as JSON."""
    return json.dumps(asdict(replace(entry, body="")), ensure_ascii=False, default=str)


def from_document(document: str, body: str = "") -> Entry:
    """Read an entry written by `to_document`, with the body kept beside it where it is wanted."""
    fields: dict[str, Any] = json.loads(document) | {"body": body}
    for name in _DATES:
        fields[name] = _day(fields[name])
    for name in _LISTS:
        fields[name] = tuple(fields[name])
    fields["extra"] = tuple((key, value) for key, value in fields["extra"])
    if deal := fields["deal"]:
        reasons = tuple(Reason(**reason) for reason in deal.pop("reasons"))
        closed_on, used = _day(deal.pop("closed_on")), tuple(deal.pop("used"))
        fields["deal"] = Deal(**deal, reasons=reasons, closed_on=closed_on, used=used)
    if track := fields["talk_track"]:
        fields["talk_track"] = TalkTrack(**track)
    if campaign := fields["campaign"]:
        variants = tuple(Variant(**variant) for variant in campaign.pop("variants"))
        fields["campaign"] = Campaign(**campaign, variants=variants)
    return Entry(**fields)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
