"""What was understood of a live deal, as chips that can be taken away, and what of it nobody stated."""

from __future__ import annotations

from dataclasses import dataclass

from app.pages.similar.address import SEVERAL, DealAddress
from app.words.catalogue import Texts
from app.words.labels import label
from kb.insight.asked import Asked
from kb.library import Library


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that was compared; `drop` is what the form sends to leave it out."""

    drop: str
    text: str
    was_read: bool = False  # from the text: nobody stated it


def chips(address: DealAddress, asked: Asked, texts: Texts, library: Library) -> list[Chip]:
    """Return everything that was compared, the entry first."""
    found = [_entry(address.deal, texts, library)] if address.deal else []
    for name in SEVERAL:
        for value in getattr(asked, name):
            text = f"{texts('facet.' + name)}: {label(name, value, texts.locale, library.playbook)}"
            found.append(Chip(f"{name}:{value}", text, name in asked.read_from_text))
    if asked.size:
        found.append(Chip(f"size:{asked.size}", texts("similar.people", count=texts.number(asked.size))))
    if asked.amount:
        found.append(Chip(f"amount:{asked.amount}", texts.money(asked.amount)))
    if asked.stage:
        found.append(Chip(f"stage:{asked.stage}", f"{texts('fact.stage')}: {asked.stage}"))
    if asked.lead_source:
        source = label("lead_source", asked.lead_source, texts.locale, library.playbook)
        found.append(Chip(f"lead_source:{asked.lead_source}", f"{texts('factor.lead_source')}: {source}"))
    if asked.told:
        found.append(Chip("text:", texts("similar.told", count=texts.number(len(asked.text)))))
    return found


def derived(asked: Asked) -> list[str]:
    """Return the facts of an understood deal as `name:value`."""
    found = [f"{name}:{value}" for name in SEVERAL for value in getattr(asked, name)]
    single = {name: getattr(asked, name) for name in ("size", "amount", "stage", "lead_source")}
    return found + [f"{name}:{value}" for name, value in single.items() if value]


def _entry(deal: str, texts: Texts, library: Library) -> Chip:
    known = library.entries.summaries([deal]).get(deal)
    return Chip("deal:", texts("similar.deal_chip", title=known.title if known else deal))
