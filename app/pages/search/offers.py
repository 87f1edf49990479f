"""What a question names, offered as one click: filters from the playbook, or the table that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from app.pages.search.address import SearchAddress
from app.words.reader import Reader
from kb.library import Library
from kb.search.intent import intent_of
from kb.search.query import Filters


@dataclass(frozen=True, slots=True)
class Offer:
    """A chip over the results."""

    text: str
    address: str
    count: str = ""  # entries within the filters
    is_search: bool = True  # False: another page


def offers(asked: SearchAddress, library: Library, reader: Reader) -> list[Offer]:
    """Return what the question names and is not chosen yet; nothing without entries."""
    intent = intent_of(asked.text, reader.playbook)
    chosen = {facet for facet, _ in asked.values}
    values = [(facet, key) for facet, key in intent.values if facet not in chosen]
    found = _filters(asked, [values], library, reader) if values else []
    if not found and len(values) > 1:
        found = _filters(asked, [[value] for value in values], library, reader)
    if intent.board:
        within = [(facet, key) for facet, key in intent.values if facet != "outcome"]
        address = f"/scoreboard?{urlencode([('by', intent.board), *within])}"
        found.append(Offer(reader(f"intent.{intent.board}"), address, is_search=False))
    return found


def _filters(
    asked: SearchAddress, groups: Sequence[Sequence[tuple[str, str]]], library: Library, reader: Reader
) -> list[Offer]:
    found = []
    for group in groups:
        values = tuple((facet, tuple(key for name, key in group if name == facet)) for facet, _ in dict(group).items())
        narrowed = replace(asked, values=(*asked.values, *values), page=1)
        count = library.search.count(Filters(narrowed.values))
        if count:
            text = " × ".join(reader.label(facet, key) for facet, key in group)
            found.append(Offer(text, str(narrowed), reader.counted("hits.count", count)))
    return found
