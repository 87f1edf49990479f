"""What a hit and a link to an entry show, ready for the templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from app.pages.search.address import facet_address
from app.words.addresses import entry_address
from app.words.reader import Reader
from app.words.rendering import heading_id, is_spoken_heading, marked, spoken_line
from kb.entry import Entry
from kb.fields import PROMINENT_LISTS
from kb.library import Library
from kb.search.answer import Hit, Why


@dataclass(frozen=True, slots=True)
class Chip:
    """A label that links to everything with the same value."""

    facet: str
    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Card:
    """An entry in a list."""

    entry: Entry
    address: str
    kind: str
    team: str
    outcome: str  # key; empty if none
    outcome_label: str
    day: str


@dataclass(frozen=True, slots=True)
class HitCard:
    """A hit in the result list."""

    card: Card
    heading: str
    passage_address: str  # the entry's page at the heading of the passage
    snippet: Markup
    band: str
    chips: tuple[Chip, ...]
    spoken: str
    spoken_is_snippet: bool
    record: str  # 7勝3敗 (10件); only for talk tracks in use
    why: Why | None
    trust: str  # state; empty for what needs no check, such as a deal


def card_of(entry: Entry, reader: Reader) -> Card:
    """Return an entry as lists show it."""
    outcome = entry.outcome or ""
    return Card(
        entry=entry,
        address=entry_address(entry.id),
        kind=reader.label("kind", entry.kind),
        team=reader.label("team", entry.team) if entry.team else "",
        outcome=outcome,
        outcome_label=reader.label("outcome", outcome) if outcome else "",
        day=reader.date(date.fromisoformat(entry.sort_date)) if entry.sort_date else "",
    )


def hit_card(hit: Hit, reader: Reader, library: Library) -> HitCard:
    """Return a hit as the result list shows it."""
    entry = hit.entry
    last = hit.heading.split(" › ")[-1]
    is_track = entry.kind == "talk-track"
    return HitCard(
        card=card_of(entry, reader),
        heading=hit.heading,
        passage_address=entry_address(entry.id) + ("#" + heading_id(last) if last else ""),
        snippet=marked(hit.snippet.text, hit.snippet.highlights),
        band=hit.band,
        chips=chips_of(entry, reader),
        spoken=spoken_line(entry.body) if is_track else "",
        spoken_is_snippet=is_spoken_heading(last),
        record=record_of([e for r, e in library.entries.linked(entry.id).incoming if r == "used"], reader)
        if is_track
        else "",
        why=hit.why,
        trust=library.loop.trust_of(entry),
    )


def chips_of(entry: Entry, reader: Reader) -> tuple[Chip, ...]:
    """Return the labels of an entry that link to similar ones."""
    return tuple(
        Chip(facet, reader.label(facet, value), facet_address(facet, value))
        for facet in PROMINENT_LISTS
        for value in entry.facet_values()[facet]
    )


def record_of(deals: Sequence[Entry], reader: Reader) -> str:
    """Return wins and losses of deals with their total; empty if there are none."""
    known = [deal for deal in deals if deal.outcome]
    if not known:
        return ""
    counts = Counter(deal.outcome for deal in known)
    return reader.counted(
        "record", len(known), won=counts["won"], lost=counts["lost"], other=len(known) - counts["won"] - counts["lost"]
    )
