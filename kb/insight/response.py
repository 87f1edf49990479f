"""Campaign response by angle: impressions, responses, and the rate with its interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from kb.entry import Entry
from kb.insight.rates import counted_rate


@dataclass(frozen=True, slots=True)
class Response:
    """The response to one angle over all campaigns that measured it."""

    shown: int
    responded: int
    rate: float
    low: float  # 90 % credible
    high: float
    source: Literal["variants", "metrics"]
    campaigns: tuple[str, ...]  # entry ids


def responses(campaigns: Iterable[Entry]) -> dict[str, Response]:
    """Return the response by angle: from test variants, else from campaigns with that angle only.

    Without variants, leads are counted against impressions, and only if the campaign had a single angle: otherwise
    the response cannot be attributed.
    """
    tested: dict[str, list[tuple[str, int, int]]] = {}
    alone: dict[str, list[tuple[str, int, int]]] = {}
    for entry in campaigns:
        if entry.campaign is None:
            continue
        for arm in (arm for arm in entry.campaign.variants if arm.shown):
            tested.setdefault(arm.angle, []).append((entry.id, arm.shown, arm.responded))
        shown, leads = entry.campaign.metrics.get("impressions", 0), entry.campaign.metrics.get("leads", 0)
        if not entry.campaign.variants and len(entry.angle) == 1 and shown >= leads and shown:
            alone.setdefault(entry.angle[0], []).append((entry.id, shown, leads))
    found = {angle: _response(counts, "metrics") for angle, counts in alone.items()}
    return found | {angle: _response(counts, "variants") for angle, counts in tested.items()}


def _response(counts: list[tuple[str, int, int]], source: Literal["variants", "metrics"]) -> Response:
    shown, responded = sum(row[1] for row in counts), sum(row[2] for row in counts)
    rate = counted_rate(responded, shown - responded)
    campaigns = tuple(dict.fromkeys(row[0] for row in counts))
    return Response(shown, responded, float(rate.mean), float(rate.low), float(rate.high), source, campaigns)
