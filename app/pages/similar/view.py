"""Similar deals as the page shows them: words and numbers ready for the template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.pages.search.address import facet_address
from app.words.addresses import entry_address
from app.words.deals import ValueNames, dimension_name
from app.words.reader import Reader
from app.words.rendering import spoken_line
from kb.entry import Entry
from kb.insight.asked import FACTS
from kb.insight.contrast import Contrast
from kb.insight.pairs import Difference, OppositePair, Suggestion
from kb.insight.similar import LEAST_LIKE, SimilarDeal, SimilarDeals
from kb.library import Library

NEAR = 0.65  # likeness of numbers that are called close: at most one and a half times apart
ALIKE = 0.5  # likeness of situations that are called similar


@dataclass(frozen=True, slots=True)
class DealView:
    """A similar deal."""

    entry: Entry
    address: str
    outcome: str
    outcome_label: str
    meta: tuple[str, ...]
    shared: str  # what it shares with the deal asked about, as a sentence
    reasons: tuple[str, ...]
    is_far: bool


@dataclass(frozen=True, slots=True)
class ContrastView:
    """A difference in words."""

    factor: str
    label: str
    counts: str
    deals: tuple[DealLink, ...]  # with the value
    is_clear: bool
    log_odds: float  # above 0: towards won


@dataclass(frozen=True, slots=True)
class PairView:
    """Two deals with opposite outcomes."""

    won: DealLink
    lost: DealLink
    same: tuple[str, ...]
    differs: tuple[tuple[str, str, str], ...]  # factor, won, lost


@dataclass(frozen=True, slots=True)
class DealLink:
    """A deal to open."""

    title: str
    address: str
    language: str
    outcome: str


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """What to try next."""

    title: str
    address: str
    kind: str
    because: str
    evidence: tuple[DealLink, ...]
    line: str  # to say; empty without one
    source: DealLink | None  # the talk track the line is from


class SimilarView:
    """Makes the views of one answer."""

    def __init__(self, found: SimilarDeals, names: ValueNames, reader: Reader, library: Library) -> None:
        self._names = names
        self._reader = reader
        self._library = library
        self._table = library.deals.table
        self.found = found
        self.by_outcome = {name: [self._deal(deal) for deal in deals] for name, deals in found.by_outcome.items()}
        unclear = self._contrasts("unclear")
        self.towards = {
            "won": [*self._contrasts("won"), *(view for view in unclear if view.log_odds > 0)],
            "lost": [*self._contrasts("lost"), *(view for view in unclear if view.log_odds < 0)],
        }
        self.unjudged = {verdict: self._contrasts(verdict) for verdict in ("one-sided", "too-few")}
        self.pairs = [self._pair(pair) for pair in found.pairs]
        supported = [self._suggestion(suggestion) for suggestion in found.suggestions if suggestion.is_supported]
        self.suggestions = sorted(supported, key=lambda item: not item.line)  # what can be said first
        self.tried = [self._suggestion(suggestion) for suggestion in found.suggestions if not suggestion.is_supported]

    def _contrasts(self, verdict: str) -> list[ContrastView]:
        return [self._contrast(contrast) for contrast in self.found.contrasts if contrast.verdict == verdict]

    def _deal(self, found: SimilarDeal) -> DealView:
        entry, deal = found.entry, found.entry.deal
        meta = [deal.customer if deal else "", self._reader.date(deal.closed_on if deal else entry.date)]
        if deal and deal.size:
            meta.append(self._reader("similar.people", count=self._reader.number(deal.size)))
        if deal and deal.amount:
            meta.append(self._reader.money(deal.amount, deal.currency))
        return DealView(
            entry=entry,
            address=entry_address(entry.id),
            outcome=entry.outcome or "",
            outcome_label=self._reader.label("outcome", entry.outcome or ""),
            meta=tuple(part for part in meta if part),
            shared=self._shared(found),
            reasons=tuple(self._names.of("reason", r.code) for r in deal.reasons) if deal else (),
            is_far=found.likeness < LEAST_LIKE or self.found.confidence == "none",
        )

    def _shared(self, found: SimilarDeal) -> str:
        """Return what a deal shares with the one asked about, as a sentence."""
        asked, reader = self.found.asked, self._reader
        likeness = {part.name: part.likeness or 0.0 for part in found.parts}
        same = [self._names.of(f, v) for f in FACTS for v in getattr(asked, f) if v in found.entry.values(f)]
        same += [reader.label("lead_source", asked.lead_source)] if likeness.get("lead_source") == 1 else []
        near = [reader(f"similar.near_{name}") for name in ("size", "amount") if likeness.get(name, 0) >= NEAR]
        said = [reader("similar.same_facts", names=reader("comma").join(same))] if same else []
        said += [reader("similar.near_facts", names=reader("similar.and").join(near))] if near else []
        said += [reader("similar.alike")] if max(likeness.get("text", 0), likeness.get("words", 0)) >= ALIKE else []
        return reader("similar.shared", facts=reader("similar.joint").join(said)) if said else reader("similar.apart")

    def _contrast(self, contrast: Contrast) -> ContrastView:
        numbers = {name: getattr(contrast, name) for name in ("won", "won_of", "lost", "lost_of")}
        name = self._names.of(contrast.factor, contrast.value)
        deals = tuple(map(self._link_to, contrast.evidence))
        return ContrastView(
            dimension_name(contrast.factor, self._reader),
            name,
            self._reader("contrast.counts", **numbers),
            deals,
            contrast.verdict in ("won", "lost"),
            contrast.log_odds,
        )

    def _pair(self, pair: OppositePair) -> PairView:
        same = tuple(self._names.of(fact, value) for fact, values in pair.same for value in values)
        return PairView(self._link(pair.won), self._link(pair.lost), same, tuple(map(self._difference, pair.differs)))

    def _difference(self, difference: Difference) -> tuple[str, str, str]:
        sides = [
            self._reader("comma").join(self._names.of(difference.factor, value) for value in values) or "–"
            for values in (difference.won, difference.lost)
        ]
        return dimension_name(difference.factor, self._reader), sides[0], sides[1]

    def _suggestion(self, suggestion: Suggestion) -> SuggestionView:
        kind = self._names.kind(suggestion.factor, suggestion.value)
        is_angle = suggestion.factor == "angle"
        line, source = self._line(suggestion)
        return SuggestionView(
            title=self._names.of(suggestion.factor, suggestion.value),
            address=facet_address("angle", suggestion.value) if is_angle else entry_address(suggestion.value),
            kind=self._reader.field("angle") if is_angle else self._reader.label("kind", kind),
            because=self._names.because(suggestion, self.found),
            evidence=tuple(map(self._link_to, suggestion.evidence)),
            line=line,
            source=source if is_angle else None,
        )

    def _line(self, suggestion: Suggestion) -> tuple[str, DealLink | None]:
        """Return the line to say of a suggested talk track; of an angle that of one the won deals used."""
        ids = [suggestion.value] if suggestion.factor != "angle" else self._used_in(suggestion.evidence)
        suggested = {other.value for other in self.found.suggestions if other is not suggestion}
        for entry in self._library.entries.published(ids).values():
            fits = suggestion.factor != "angle" or suggestion.value in entry.angle
            if entry.kind == "talk-track" and fits and entry.id not in suggested and (line := spoken_line(entry.body)):
                return line, self._link(entry)
        return "", None

    def _used_in(self, deals: Sequence[str]) -> list[str]:
        entries = (self._table.deals[self._table.places[deal]] for deal in deals)
        return list(dict.fromkeys(used for entry in entries if entry.deal for used in entry.deal.used))

    def _link(self, entry: Entry) -> DealLink:
        return DealLink(entry.title, entry_address(entry.id), entry.language, entry.outcome or "")

    def _link_to(self, deal: str) -> DealLink:
        return self._link(self._table.deals[self._table.places[deal]])


def near_and_far(deals: Sequence[DealView]) -> tuple[list[DealView], list[DealView]]:
    """Return the deals to show and those to collapse."""
    return [deal for deal in deals if not deal.is_far], [deal for deal in deals if deal.is_far]
