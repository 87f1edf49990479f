"""What was understood of a live deal, as removable chips, and which of it was read from the text."""

from __future__ import annotations

from dataclasses import dataclass

from app.pages.similar.address import DealAddress
from app.words.reader import Reader
from kb.currencies import HOME
from kb.insight.asked import FACTS, SINGLE_FACTS, Asked
from kb.library import Library


@dataclass(frozen=True, slots=True)
class Chip:
    """One compared fact; `drop` is what the form sends to remove it."""

    drop: str
    text: str
    was_read: bool = False  # from the text, not stated


def chips(address: DealAddress, asked: Asked, reader: Reader, library: Library) -> list[Chip]:
    """Return everything that was compared, the entry first."""
    found = [_entry(address.deal, reader, library)] if address.deal else []
    for name in FACTS:
        for value in getattr(asked, name):
            text = f"{reader.field(name)}: {reader.label(name, value)}"
            found.append(Chip(f"{name}:{value}", text, name in asked.read_from_text))
    if asked.size:
        found.append(
            Chip(
                f"size:{asked.size}",
                reader("similar.people", count=reader.number(asked.size)),
                "size" in asked.read_from_text,
            )
        )
    if asked.amount:
        money = reader.money(asked.amount, asked.currency or HOME)
        found.append(Chip(f"amount:{asked.amount_text}", money, "amount" in asked.read_from_text))
    if asked.stage:
        found.append(Chip(f"stage:{asked.stage}", f"{reader.field('stage')}: {asked.stage}"))
    if asked.lead_source:
        source = reader.label("lead_source", asked.lead_source)
        found.append(Chip(f"lead_source:{asked.lead_source}", f"{reader.field('lead_source')}: {source}"))
    if asked.notes:
        found.append(Chip("text:", reader("similar.told", count=reader.number(len(asked.text)))))
    return found


def derived(asked: Asked) -> list[str]:
    """Return the facts of an understood deal as `name:value`."""
    found = [f"{name}:{value}" for name in FACTS for value in getattr(asked, name)]
    single = {name: getattr(asked, name) for name in SINGLE_FACTS} | {"amount": asked.amount_text}
    return found + [f"{name}:{value}" for name, value in single.items() if value]


def _entry(deal: str, reader: Reader, library: Library) -> Chip:
    known = library.entries.summaries([deal]).get(deal)
    return Chip("deal:", reader("similar.deal_chip", title=known.title if known else deal))
