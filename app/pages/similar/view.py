"""Similar deals as the page shows them: words and numbers ready for the template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.pages.search.address import facet_address
from app.words.addresses import entry_address
from app.words.deals import ValueNames, dimension_name
from app.words.reader import Reader
from kb.entry import Entry
from kb.insight.contrast import Contrast
from kb.insight.pairs import Difference, OppositePair, Suggestion
from kb.insight.rates import LEAST_DECIDED
from kb.insight.similar import Part, SimilarDeal, SimilarDeals
from kb.library import Library

FAR = 0.25  # likeness below which a deal is collapsed
STEPS = 4  # steps of a part's likeness


@dataclass(frozen=True, slots=True)
class PartView:
    """One respect in which two deals are alike."""

    label: str
    marks: int | None  # of STEPS; None if the deal has no value
    words: str


@dataclass(frozen=True, slots=True)
class DealView:
    """A similar deal."""

    entry: Entry
    address: str
    outcome: str
    outcome_label: str
    meta: tuple[str, ...]
    percent: str
    parts: tuple[PartView, ...]
    reasons: tuple[str, ...]
    is_far: bool


@dataclass(frozen=True, slots=True)
class ContrastView:
    """A difference in words."""

    factor: str
    label: str
    counts: str
    deals: tuple[DealLink, ...]  # with the value


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


class SimilarView:
    """Makes the views of one answer."""

    def __init__(self, found: SimilarDeals, names: ValueNames, reader: Reader, library: Library) -> None:
        self._names = names
        self._reader = reader
        self._table = library.deals.table
        self.found = found
        self.by_outcome = {name: [self._deal(deal) for deal in deals] for name, deals in found.by_outcome.items()}
        self.contrasts = {
            group: [self._contrast(c) for c in found.contrasts if c.verdict in verdicts]
            for group, verdicts in (
                ("won", ("won",)),
                ("lost", ("lost",)),
                ("unclear", ("unclear",)),
                ("one-sided", ("one-sided",)),
                ("too-few", ("too-few",)),
            )
        }
        self.pairs = [self._pair(pair) for pair in found.pairs]
        self.suggestions = [self._suggestion(suggestion) for suggestion in found.suggestions]

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
            percent=self._reader.percent(round(found.likeness * 100), 100),
            parts=tuple(self._part(part) for part in found.parts),
            reasons=tuple(self._names.of("reason", r.code) for r in deal.reasons) if deal else (),
            is_far=found.likeness < FAR,
        )

    def _part(self, part: Part) -> PartView:
        name = dimension_name(part.name, self._reader)
        if part.likeness is None:
            return PartView(name, None, self._reader("part.unknown"))
        return PartView(name, round(part.likeness * STEPS), self._reader.percent(round(part.likeness * 100), 100))

    def _contrast(self, contrast: Contrast) -> ContrastView:
        numbers = {name: getattr(contrast, name) for name in ("won", "won_of", "lost", "lost_of")}
        name = self._names.of(contrast.factor, contrast.value)
        deals = tuple(map(self._link_to, contrast.evidence))
        return ContrastView(
            dimension_name(contrast.factor, self._reader), name, self._reader("contrast.counts", **numbers), deals
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
        return SuggestionView(
            title=self._names.of(suggestion.factor, suggestion.value),
            address=facet_address("angle", suggestion.value) if is_angle else entry_address(suggestion.value),
            kind=self._reader.field("angle") if is_angle else self._reader.label("kind", kind),
            because=self._names.because(suggestion, self.found),
            evidence=tuple(map(self._link_to, suggestion.evidence)),
        )

    def _link(self, entry: Entry) -> DealLink:
        return DealLink(entry.title, entry_address(entry.id), entry.language, entry.outcome or "")

    def _link_to(self, deal: str) -> DealLink:
        return self._link(self._table.deals[self._table.places[deal]])


def headline(found: SimilarDeals, reader: Reader) -> str:
    """Return how the nearest deals ended, as one sentence with its uncertainty."""
    rate = found.rate
    closed = rate.won + rate.lost + rate.no_decision
    if not closed:
        return reader("similar.no_deals")
    numbers = {name: round(getattr(rate, name) * 100) for name in ("mean", "low", "high", "base")}
    if rate.won + rate.lost < LEAST_DECIDED:
        return reader("similar.headline_few", closed=closed, won=rate.won, lost=rate.lost, none=rate.no_decision,
                      least=LEAST_DECIDED)  # fmt: skip
    counts = {"closed": closed, "won": rate.won, "lost": rate.lost, "none": rate.no_decision}
    return reader("similar.headline", **counts, **numbers)


def near_and_far(deals: Sequence[DealView]) -> tuple[list[DealView], list[DealView]]:
    """Return the deals to show and those to collapse."""
    return [deal for deal in deals if not deal.is_far], [deal for deal in deals if deal.is_far]
