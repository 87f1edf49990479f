"""The shapes of requests and responses over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.shapes.derived import CHOSEN, FOUND, WHOLE, Day, Rounded, Shape, found_under, holding
from app.words.addresses import entry_address
from app.words.reader import Reader
from kb.entry import Entry
from kb.fields import FILTERS
from kb.loop.review import STATES, TrustState
from kb.search.answer import Answer, Hit, IndexState
from kb.search.query import MAX_LIMIT, MAX_QUERY_CHARS, Filters

MAX_OFFSET = 10_000
MAX_SIMILAR = 50
# Old plural names; both are returned until the next version.
FORMER = {
    "tags": "tag",
    "industries": "industry",
    "products": "product",
    "competitors": "competitor",
    "angles": "angle",
}
DEPRECATED: JsonDict = {"deprecated": True}


@holding(CHOSEN)
class ChosenParams(BaseModel):
    """The filters of the register."""

    model_config = ConfigDict(extra="forbid")


class BoundsParams(ChosenParams):
    """Filters; a repeated one matches any of its values."""

    date_from: Day = Field(None, description="First day, inclusive: 2026-04-01.")
    date_to: Day = Field(None, description="Last day, inclusive.")

    def filters(self) -> Filters:
        """Return the filters for the library."""
        values = tuple((f, tuple(v for v in getattr(self, f) if v)) for f in FILTERS if any(getattr(self, f)))
        return Filters(values, str(self.date_from or ""), str(self.date_to or ""))


class FilterParams(BoundsParams):
    """Filters and paging."""

    trust: list[TrustState] = Field(default_factory=list, max_length=len(STATES), description="Verification state.")
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT), WHOLE] = 10
    offset: Annotated[int, Field(ge=0, le=MAX_OFFSET), WHOLE] = 0

    def filters(self) -> Filters:
        """Return the filters for the library."""
        return replace(super().filters(), trust=tuple(self.trust))


class SearchParams(FilterParams):
    """A search."""

    q: str = Field(
        "",
        description='Words, a question, "an exact phrase", -excluded. Empty: list entries.',
        json_schema_extra={"maxLength": MAX_QUERY_CHARS, "pattern": r"^[^\x00-\x08\x0e-\x1f\x7f-\x9f]*$"},
    )
    sort: Literal["relevance", "newest"] = "relevance"
    explain: bool = Field(False, description="Explain the rank of each hit.")
    as_typed: bool = Field(False, description="Neither correct nor complete words that stand in no entry.")


class NoParams(BaseModel):
    """A request without parameters: any is refused, so that a typo never goes unnoticed."""

    model_config = ConfigDict(extra="forbid")


class EntryParams(NoParams):
    """Which part of an entry to return."""

    part: Literal["", "entry", "similar", "lineage", "source"] = Field(
        "", description="Empty: taken from the path. Needed only when an id ends with the name of a part."
    )
    limit: Annotated[int, Field(ge=1, le=MAX_SIMILAR, description="Number of similar entries."), WHOLE] = 5


class AdjustmentOut(Shape):
    """A factor applied to a score."""

    name: str
    factor: float


class WhyOut(Shape):
    """Why a hit has its rank."""

    keyword_rank: int | None
    keyword_score: Rounded
    keyword_terms: list[str]
    other_spellings: list[str] = Field(description="Those of them that count as a word of the question.")
    meaning_rank: int | None
    similarity: Rounded
    title_similarity: Rounded
    sentence_similarity: Rounded | None = Field(
        description="Of the best sentence; null where the passage has only one."
    )
    language_balance: Rounded = Field(description="Added to the similarities, so that no language is favoured.")
    exact_name: bool
    adjustments: list[AdjustmentOut]


@holding(FOUND)
class HitOut(BaseModel):
    """One entry of an answer."""

    id: str
    title: str
    kind: str
    date: date | None
    competitors: list[str] = Field(json_schema_extra=DEPRECATED, description="Now `competitor`.")
    angles: list[str] = Field(json_schema_extra=DEPRECATED, description="Now `angle`.")
    language: str
    url: str
    trust: str | None = Field(None, description="verified, needs-review, overdue or unverified; none for most deals.")
    heading: str
    snippet: str
    highlights: list[tuple[int, int]] = Field(description="Character ranges of the snippet: start, end (exclusive).")
    band: Literal["strong", "good", "weak"]
    score: float = Field(description="Comparable within one response only.")
    why: WhyOut | None = None
    copies: list[str] = Field([], description="Ids of copies of its file that were found as well.")

    @classmethod
    def of(cls, hit: Hit, trust: str = "") -> HitOut:
        """Shape a hit."""
        entry = hit.entry
        return cls(
            id=entry.id,
            title=entry.title,
            **found_under(entry),
            date=_listed(entry),
            competitors=list(entry.competitor),
            angles=list(entry.angle),
            url=entry_address(entry.id),
            trust=trust or None,
            heading=hit.heading,
            snippet=hit.snippet.text,
            highlights=list(hit.snippet.highlights),
            band=hit.band,
            score=round(hit.score, 6),
            why=WhyOut.model_validate(hit.why) if hit.why else None,
            copies=[copy.id for copy in hit.copies],
        )


class FacetOut(BaseModel):
    """A value of a facet and how many hits have it."""

    value: str
    label: str
    count: int


class AnswerOut(BaseModel):
    """A page of hits."""

    query: str
    total: int
    took_ms: float
    confidence: Literal["strong", "partial", "none"]
    hidden_by_filters: int
    corrected: str = Field("", description="The text searched for, where words of the query were corrected.")
    compared: str = Field("", description="The beginning that was compared by meaning, where the query is long.")
    half_typed: str = Field("", description="The last word, where words that contain it were searched for.")
    by_words: bool = Field(False, description="Whether only words were compared, since the model cannot be reached.")
    hits: list[HitOut]
    facets: dict[str, list[FacetOut]]

    @classmethod
    def of(cls, answer: Answer, reader: Reader, trust_of: Callable[[Entry], str]) -> AnswerOut:
        """Shape an answer with labels for a reader; `trust_of` returns the state of an entry."""
        facets = {
            name: [FacetOut(value=c.value, label=reader.label(name, c.value), count=c.count) for c in counts]
            for name, counts in answer.facets.items()
        }
        return cls(
            query=answer.query.text,
            total=answer.total,
            took_ms=round(answer.took_ms, 1),
            confidence=answer.confidence,
            hidden_by_filters=answer.hidden_by_filters,
            corrected=answer.query.corrected,
            compared=answer.query.compared,
            half_typed=answer.query.half_typed,
            by_words=answer.by_words,
            hits=[HitOut.of(hit, trust_of(hit.entry)) for hit in answer.hits],
            facets=facets,
        )


class EntryOut(BaseModel):
    """A whole entry: common fields and those of its kind."""

    model_config = ConfigDict(extra="allow")

    id: str
    path: str
    title: str
    kind: str
    language: str
    body: str
    url: str

    @classmethod
    def of(cls, entry: Entry) -> EntryOut:
        """Shape an entry."""
        from dataclasses import asdict

        fields: dict[str, Any] = asdict(entry)
        details = fields.pop("deal") or fields.pop("talk_track") or fields.pop("campaign") or {}
        for name in ("deal", "talk_track", "campaign"):
            fields.pop(name, None)
        fields["extra"] = dict(entry.extra)
        fields |= {former: fields[name] for former, name in FORMER.items()}
        return cls(**{**fields, **details}, url=entry_address(entry.id))


class ProblemOut(Shape):
    """Something an author should fix."""

    path: str
    line: int
    message: str


class StateOut(BaseModel):
    """The state of the index."""

    ready: bool
    fingerprint: str
    model: str
    generation: str
    entries: int
    chunks: int
    problems: int
    activity: str = Field("", description="Why searches and use cannot be logged; empty when they can.")

    @classmethod
    def of(cls, state: IndexState, activity: str = "") -> StateOut:
        """Shape a state."""
        known = {name: getattr(state, name) for name in cls.model_fields if name != "activity"}
        return cls(**known, activity=activity)


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: str
    message: str
    fields: list[dict[str, str]] = Field(default_factory=list, description="The parameters, and what was expected.")


class ErrorOut(BaseModel):
    """The one shape of every error."""

    error: ErrorDetail


def _listed(entry: Entry) -> date | None:
    return date.fromisoformat(entry.sort_date) if entry.sort_date else None
