"""What a hit and a link to an entry show, ready for the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from app.pages.record import Record, against, better_than, record_of
from app.pages.search.address import facet_address
from app.pages.why import words_of
from app.words.addresses import entry_address, section_address
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
    audience: str  # who sees it; empty if everybody does
    outcome: str  # key; empty if none
    outcome_label: str
    day: str


@dataclass(frozen=True, slots=True)
class Better:
    """A talk track for the same objection with a better record."""

    card: Card
    record: Record
    spoken: str


@dataclass(frozen=True, slots=True)
class HitCard:
    """A hit in the result list."""

    card: Card
    heading: str
    passage_address: str  # the entry's page at the heading of the passage
    section_address: str  # that part of the entry, to be read within the list
    snippet: Markup
    band: str
    chips: tuple[Chip, ...]
    spoken: str
    spoken_is_snippet: bool
    record: Record | None  # of what deals use
    is_losing: bool  # whether the record speaks against it
    better: Better | None  # what to use instead
    why: Why | None
    why_words: str
    trust: str  # state; empty for what needs no check, such as a deal
    copies: tuple[Card, ...]  # of its file, which it stands for


def card_of(entry: Entry, reader: Reader) -> Card:
    """Return an entry as lists show it."""
    outcome = entry.outcome or ""
    return Card(
        entry=entry,
        address=entry_address(entry.id),
        kind=reader.label("kind", entry.kind),
        team=reader.label("team", entry.team) if entry.team else "",
        audience=reader.label("visibility", entry.visibility) if entry.visibility != "all" else "",
        outcome=outcome,
        outcome_label=reader.label("outcome", outcome) if outcome else "",
        day=reader.date(date.fromisoformat(entry.sort_date)) if entry.sort_date else "",
    )


def hit_card(
    hit: Hit, reader: Reader, library: Library, used: Mapping[str, Sequence[Entry]], others: Sequence[Hit] = ()
) -> HitCard:
    """Return a hit as the result list shows it.

    `used` are the deals that used each entry, `others` the hits of the same question.
    """
    entry = hit.entry
    last = hit.heading.split(" › ")[-1]
    is_track = entry.kind == "talk-track"
    is_losing = against(entry, library) is not None
    found = [other.entry for other in others if other.band != "weak"]
    return HitCard(
        card=card_of(entry, reader),
        heading=hit.heading,
        passage_address=entry_address(entry.id) + ("#" + heading_id(last) if last else ""),
        section_address=section_address(entry.id, last),
        snippet=marked(hit.snippet.text, hit.snippet.highlights),
        band=hit.band,
        chips=chips_of(entry, reader),
        spoken=spoken_line(entry.body) if is_track else "",
        spoken_is_snippet=is_spoken_heading(last),
        record=None if entry.kind == "deal" else record_of(used[entry.id], reader),
        is_losing=is_losing,
        better=better_card(entry, found, reader, library) if is_losing else None,
        why=hit.why,
        why_words=words_of(hit.why, hit.band, reader) if hit.why else "",
        trust=library.loop.trust_of(entry),
        copies=tuple(card_of(copy, reader) for copy in hit.copies),
    )


def better_card(entry: Entry, found: Sequence[Entry], reader: Reader, library: Library) -> Better | None:
    """Return what to say instead of a talk track that loses; `found` are other answers to the same question."""
    better = better_than(entry, found, library, reader) if entry.kind == "talk-track" else None
    return Better(card_of(better[0], reader), better[1], spoken_line(better[0].body)) if better else None


def chips_of(entry: Entry, reader: Reader) -> tuple[Chip, ...]:
    """Return the labels of an entry that link to similar ones."""
    return tuple(
        Chip(facet, reader.label(facet, value), facet_address(facet, value))
        for facet in PROMINENT_LISTS
        for value in entry.values(facet)
    )
