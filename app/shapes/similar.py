"""The shapes of similar deals over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.shapes.derived import ONE, ONE_LINE, WHOLE, Rounded, Shape, found_under, holding
from app.shapes.scoreboard import CorrectedOut
from app.shapes.search import DEPRECATED, BoundsParams
from app.words.addresses import entry_address
from app.words.deals import ValueNames
from kb.currencies import HOME
from kb.fields import LISTS
from kb.insight.asked import FACTS, Asked
from kb.insight.contrast import Contrast
from kb.insight.foretelling import Foretelling, Foretells
from kb.insight.pairs import OppositePair, Suggestion
from kb.insight.similar import MOST_NEIGHBOURS, SimilarDeal, SimilarDeals

Some = Annotated[
    list[Annotated[str, Field(max_length=200, json_schema_extra=ONE), ONE_LINE]],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    Field(default_factory=list, max_length=20, description="One value or several, in any spelling of the playbook."),
]


class CrmDealParams(BaseModel):
    """A deal as its CRM calls it."""

    model_config = ConfigDict(extra="forbid")

    crm_id: Annotated[str, Field(min_length=1, max_length=2_000, json_schema_extra=ONE), ONE_LINE] = Field(
        description="Number of the deal in the CRM, or the address of its record there."
    )
    k: Annotated[int, Field(ge=1, le=MOST_NEIGHBOURS, description="Deals of each outcome."), WHOLE] = 5


@holding(dict.fromkeys(FACTS, Some))
class SimilarDealsIn(BaseModel):
    """A live deal: notes, an existing entry, facts, or any of them together."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field("", description="Notes, up to 20,000 characters; may be Markdown with front matter.")
    deal_id: Annotated[str, Field(max_length=500, json_schema_extra=ONE), ONE_LINE] = Field(
        "", description="An existing deal; other fields override it."
    )
    competitors: Some = Field(
        default_factory=list, max_length=20, json_schema_extra=DEPRECATED, description="Now `competitor`."
    )
    size: Annotated[int, Field(ge=1, le=10_000_000), WHOLE] | None = Field(None, description="Employees.")
    amount: Annotated[int, Field(ge=0, le=10**15), WHOLE] | None = Field(None, description="In `currency`.")
    currency: Annotated[str, Field(max_length=3, pattern="^([A-Za-z]{3})?$")] = Field(
        "", description="Three letters; by default JPY."
    )
    stage: Annotated[str, Field(max_length=200, json_schema_extra=ONE), ONE_LINE] = ""
    lead_source: Annotated[str, Field(max_length=200, json_schema_extra=ONE), ONE_LINE] = ""
    filters: BoundsParams = Field(default_factory=lambda: BoundsParams.model_validate({}))
    k: Annotated[int, Field(ge=1, le=MOST_NEIGHBOURS, description="Deals of each outcome."), WHOLE] = 5

    def facts(self) -> dict[str, Any]:
        """Return the stated facts by the library's names."""
        several = {name: list(getattr(self, name)) for name in FACTS}
        several["competitor"] += self.competitors
        return {
            **{name: tuple(value.strip() for value in values if value.strip()) for name, values in several.items()},
            "size": self.size,
            "amount": self.amount,
            "currency": self.currency.upper() or ("" if self.amount is None else HOME),
            "stage": self.stage.strip(),
            "lead_source": self.lead_source.strip(),
        }


@holding(dict.fromkeys(FACTS, list[str]))
class AskedOut(BaseModel):
    """What was understood, so that it can be corrected."""

    text: str = Field(description="The compared situation, without outcome and lessons.")
    deal_id: str | None
    competitors: list[str] = Field(json_schema_extra=DEPRECATED, description="Now `competitor`.")
    size: int | None
    amount: int | None
    currency: str = Field(description="Of the amount; empty without one.")
    stage: str
    lead_source: str
    read_from_text: list[str] = Field(description="Facts read from the text, not stated.")

    @classmethod
    def of(cls, asked: Asked) -> AskedOut:
        """Shape what was understood."""
        fields = asdict(asked) | {"text": asked.text, "deal_id": asked.deal_id or None}
        return cls(**fields, competitors=list(asked.competitor))


class PartOut(Shape):
    """How alike two deals are in one respect."""

    name: str
    likeness: Rounded | None = Field(description="0 to 1; null when the deal has no value.")
    weight: Rounded


@holding(dict.fromkeys(LISTS, list[str]))
class SimilarDealOut(BaseModel):
    """A past deal and why it is similar."""

    id: str
    title: str
    url: str
    outcome: str | None
    date: date | None
    customer: str
    products: list[str] = Field(json_schema_extra=DEPRECATED, description="Now `product`.")
    competitors: list[str] = Field(json_schema_extra=DEPRECATED, description="Now `competitor`.")
    angles: list[str] = Field(json_schema_extra=DEPRECATED, description="Now `angle`.")
    size: int | None
    amount: int | None
    currency: str
    stage: str
    lead_source: str
    reasons: list[str]
    likeness: Rounded
    parts: list[PartOut]

    @classmethod
    def of(cls, found: SimilarDeal) -> SimilarDealOut:
        """Shape a similar deal."""
        entry, deal = found.entry, found.entry.deal
        if deal is None:
            raise TypeError(f"{entry.id} is no deal")
        named = ("customer", "size", "amount", "currency", "stage", "lead_source")
        return cls(
            id=entry.id,
            title=entry.title,
            url=entry_address(entry.id),
            outcome=entry.outcome,
            date=date.fromisoformat(entry.sort_date) if entry.sort_date else None,
            products=list(entry.product),
            competitors=list(entry.competitor),
            angles=list(entry.angle),
            reasons=[reason.code for reason in deal.reasons],
            likeness=found.likeness,
            parts=[PartOut.model_validate(part) for part in found.parts],
            **{name: getattr(deal, name) for name in named},
            **found_under(entry, LISTS),
        )


class RateOut(Shape):
    """Outcomes of the nearest deals; their mean win rate, weighted and drawn towards the base, with its 90 % interval.

    The interval is of that mean: it is not the range of what may become of the deal asked about.
    """

    won: int
    lost: int
    no_decision: int
    mean: Rounded
    low: Rounded
    high: Rounded
    base: Rounded


class ForetellingOut(Shape):
    """Whether similar deals foretell outcomes better than the base rate does, measured on this base."""

    verdict: Foretells
    decided: int = Field(description="Decided deals of the base when it was measured.")
    asked: int = Field(description="Deals asked about as if they were open; 0 if not measured.")
    gain: Rounded = Field(description="Brier score of the base rate less that of similar deals.")
    low: Rounded
    high: Rounded
    base_score: Rounded = Field(description="Brier score of the base rate.")
    day: str


class ContrastOut(BaseModel):
    """One value among the won and the lost neighbours."""

    factor: str
    value: str
    label: str
    won: int
    won_of: int = Field(description="Won neighbours compared.")
    lost: int
    lost_of: int
    log_odds: Rounded
    low: Rounded
    high: Rounded
    verdict: Literal["won", "lost", "unclear", "too-few", "one-sided"]
    evidence: list[str] = Field(description="Ids of the deals with the value, the won ones first.")

    @classmethod
    def of(cls, contrast: Contrast, names: ValueNames) -> ContrastOut:
        """Shape a contrast."""
        return cls(**asdict(contrast), label=names.of(contrast.factor, contrast.value))


class SharedOut(BaseModel):
    """A fact two deals share."""

    factor: str
    values: list[str]


class DifferenceOut(BaseModel):
    """Values that only one of two deals has."""

    factor: str
    won: list[str]
    lost: list[str]


class PairOut(BaseModel):
    """Two nearly equal deals with opposite outcomes; values by their labels."""

    won: str
    lost: str
    likeness: Rounded
    same: list[SharedOut]
    differs: list[DifferenceOut]

    @classmethod
    def of(cls, pair: OppositePair, names: ValueNames) -> PairOut:
        """Shape a pair."""
        return cls(
            won=pair.won.id,
            lost=pair.lost.id,
            likeness=pair.likeness,
            same=[SharedOut(factor=f, values=[names.of(f, v) for v in values]) for f, values in pair.same],
            differs=[
                DifferenceOut(
                    factor=d.factor,
                    won=[names.of(d.factor, value) for value in d.won],
                    lost=[names.of(d.factor, value) for value in d.lost],
                )
                for d in pair.differs
            ],
        )


class SuggestionOut(BaseModel):
    """Something used in similar won deals and in none of the lost ones."""

    id: str
    title: str
    kind: str
    because: str
    evidence: list[str]
    is_supported: bool = Field(
        description="Used in two or more similar won deals, and not less often than in other won deals; else a case."
    )

    @classmethod
    def of(cls, suggestion: Suggestion, found: SimilarDeals, names: ValueNames) -> SuggestionOut:
        """Shape a suggestion."""
        return cls(
            id=suggestion.value,
            title=names.of(suggestion.factor, suggestion.value),
            kind=names.kind(suggestion.factor, suggestion.value),
            because=names.because(suggestion, found),
            evidence=list(suggestion.evidence),
            is_supported=suggestion.is_supported,
        )


class SimilarDealsOut(BaseModel):
    """What happened in deals like this one, and what made the difference."""

    query: AskedOut
    confidence: Literal["strong", "partial", "none"]
    won: list[SimilarDealOut]
    lost: list[SimilarDealOut]
    no_decision: list[SimilarDealOut]
    open: list[SimilarDealOut]
    rate: RateOut
    foretelling: ForetellingOut
    contrast: list[ContrastOut]
    pairs: list[PairOut]
    suggested: list[SuggestionOut]
    note: str = Field(description="Why there is nothing to compare with; else empty.")
    corrected: CorrectedOut | None = Field(None, description="All deals, with those nobody wrote down.")

    @classmethod
    def of(cls, found: SimilarDeals, foretelling: Foretelling, names: ValueNames, note: str = "") -> SimilarDealsOut:
        """Shape an answer with names in a language."""
        sides = {
            name.replace("-", "_"): [SimilarDealOut.of(deal) for deal in deals]
            for name, deals in found.by_outcome.items()
        }
        return cls(
            query=AskedOut.of(found.asked),
            confidence=found.confidence,
            rate=RateOut.model_validate(found.rate),
            foretelling=ForetellingOut.model_validate(foretelling),
            contrast=[ContrastOut.of(contrast, names) for contrast in found.contrasts],
            pairs=[PairOut.of(pair, names) for pair in found.pairs],
            suggested=[SuggestionOut.of(suggestion, found, names) for suggestion in found.suggestions],
            note=note,
            **sides,
        )
