"""The shapes of an answer in quotes."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from app.shapes.derived import Rounded
from app.shapes.search import BoundsParams
from app.summarising import State, Summarised
from app.words.addresses import entry_address
from app.words.rendering import heading_id
from kb.search.answer import Answer
from kb.search.query import MAX_QUERY_CHARS
from kb.search.quoted import Quote
from kb.search.summary import Join, Part


class AskParams(BoundsParams):
    """A question within filters."""

    q: str = Field(
        description="A question or words.",
        json_schema_extra={"maxLength": MAX_QUERY_CHARS, "pattern": r"^[^\x00-\x08\x0e-\x1f\x7f-\x9f]*$"},
    )
    as_typed: bool = Field(False, description="Neither correct nor complete words that stand in no entry.")
    summary: bool = Field(False, description="Ask the configured language model for a summary made of quotations.")


class QuoteOut(BaseModel):
    """One or two sentences of an entry."""

    id: str
    title: str
    kind: str
    outcome: str | None = Field(description="Of a deal.")
    date: date | None
    language: str
    url: str = Field(description="Of the entry, at the heading.")
    heading: str
    text: str = Field(description="Part of the body of the entry, exactly as written.")
    plain: str = Field(description="The same to read: without Markdown; a row of a table as `head: cell / head: cell`.")
    start: int = Field(description="Where it starts in `body`, in characters.")
    end: int
    line: int = Field(description="The line of the file on which it starts.")
    sureness: Rounded = Field(description="Comparable between questions; below .55 nothing is quoted.")

    @classmethod
    def of(cls, quote: Quote) -> QuoteOut:
        """Shape a quote."""
        entry, last = quote.entry, quote.heading.split(" › ")[-1]
        return cls(
            id=entry.id,
            title=entry.title,
            kind=entry.kind,
            outcome=entry.outcome,
            date=date.fromisoformat(entry.sort_date) if entry.sort_date else None,
            language=entry.language,
            url=entry_address(entry.id) + ("#" + heading_id(last) if last else ""),
            heading=quote.heading,
            text=quote.text,
            plain=quote.words,
            start=quote.start,
            end=quote.end,
            line=quote.line,
            sureness=quote.sureness,
        )


class SummaryPartOut(BaseModel):
    """A sentence of a summary."""

    join: Join = Field(description="How it is joined to the sentence before.")
    quote: QuoteOut

    @classmethod
    def of(cls, part: Part) -> SummaryPartOut:
        """Shape a part."""
        return cls(join=part.join, quote=QuoteOut.of(part.quote))


class SummaryOut(BaseModel):
    """Sentences of entries that a language model chose; it wrote none of them."""

    state: State = Field(
        description="`made`; `silent` where nothing answers; `off` without a model; `away`, `busy` if it cannot answer."
    )
    parts: list[SummaryPartOut]
    dropped: int = Field(description="How much else the model returned: what is no quotation is not shown.")

    @classmethod
    def of(cls, made: Summarised) -> SummaryOut:
        """Shape a summary."""
        parts = [SummaryPartOut.of(part) for part in made.summary.parts]
        return cls(state=made.state, parts=parts, dropped=made.summary.dropped)


class AskOut(BaseModel):
    """What the entries say in answer; no quotes where none answers."""

    query: str
    confidence: Literal["strong", "partial", "none"] = Field(description="Of the search it was found with.")
    corrected: str = Field("", description="The text searched for, where words of the query were corrected.")
    took_ms: float
    quotes: list[QuoteOut]
    summary: SummaryOut | None = Field(None, description="Where one was asked for.")

    @classmethod
    def of(cls, answer: Answer, made: Summarised | None = None) -> AskOut:
        """Shape an answer."""
        return cls(
            query=answer.query.text,
            confidence=answer.confidence,
            corrected=answer.query.corrected,
            took_ms=round(answer.took_ms, 1),
            quotes=[QuoteOut.of(quote) for quote in answer.quotes],
            summary=SummaryOut.of(made) if made else None,
        )
