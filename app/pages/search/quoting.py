"""The quotes above the hits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.pages.cards import Card, HitCard, card_of
from app.words.addresses import entry_address
from app.words.reader import Reader
from app.words.rendering import heading_id
from kb.search.quoted import Quote


@dataclass(frozen=True, slots=True)
class QuoteCard:
    """A quote as the page shows it."""

    card: Card
    words: str  # without Markdown
    heading: str
    passage_address: str  # the entry's page at the heading


def quote_cards(quotes: Iterable[Quote], talk: Sequence[HitCard], reader: Reader) -> list[QuoteCard]:
    """Return the quotes to show: not those that stand above them as a sentence to say."""
    said = "".join(_letters(hit.spoken) for hit in talk)
    return [quote_card(quote, reader) for quote in quotes if _letters(quote.words) not in said]


def quote_card(quote: Quote, reader: Reader) -> QuoteCard:
    """Return a quote as a page shows it."""
    entry, last = quote.entry, quote.heading.split(" › ")[-1]
    return QuoteCard(
        card=card_of(entry, reader),
        words=quote.words,
        heading=quote.heading,
        passage_address=entry_address(entry.id) + ("#" + heading_id(last) if last else ""),
    )


def _letters(text: str) -> str:
    return "".join(text.split())
