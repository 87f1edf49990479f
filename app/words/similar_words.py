"""Sentences about similar deals: how they ended, and what that foretells."""

from __future__ import annotations

from app.words.reader import Reader
from kb.insight.foretelling import LEAST_FORETOLD, Foretelling, Foretells
from kb.insight.rates import LEAST_DECIDED
from kb.insight.similar import SimilarDeals


def headline(found: SimilarDeals, verdict: Foretells, reader: Reader) -> str:
    """Return how the nearest deals ended, as one sentence with its uncertainty, and what that foretells."""
    rate = found.rate
    closed = rate.won + rate.lost + rate.no_decision
    if not closed:
        return reader("similar.no_deals")
    numbers = {name: round(getattr(rate, name) * 100) for name in ("mean", "low", "high", "base")}
    if rate.won + rate.lost < LEAST_DECIDED:
        return reader("similar.headline_few", closed=closed, won=rate.won, lost=rate.lost, none=rate.no_decision,
                      least=LEAST_DECIDED)  # fmt: skip
    counts = {"closed": closed, "won": rate.won, "lost": rate.lost, "none": rate.no_decision}
    key = verdict if verdict in ("foretells", "does-not") else "unknown"
    return reader(f"similar.headline_{key}", **counts, **numbers)


def foretelling_words(found: Foretelling, reader: Reader) -> str:
    """Return whether similar deals foretell outcomes in this base, and how well."""
    gain, low, high = (round(share * 100) for share in found.shares())
    numbers = {"gain": abs(gain), "low": low, "high": high, "asked": found.asked, "decided": found.decided}
    side = "" if found.verdict != "does-not" else "_worse" if gain < 0 else "_same"
    return reader(f"similar.{found.verdict}{side}", **numbers, least=LEAST_FORETOLD)
