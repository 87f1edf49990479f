"""The start page without a question: a first day in an empty base, later example questions."""

from __future__ import annotations

from dataclasses import dataclass

from app.pages.search.address import SearchAddress
from app.seen import Seen
from app.services import Services
from app.words.reader import Reader
from ingest.sample import holds_entries, holds_sample


@dataclass(frozen=True, slots=True)
class Start:
    """What the start page shows besides the newest entries."""

    examples: tuple[tuple[str, str], ...]  # (question, address)
    is_first_day: bool  # no entries yet
    has_sample: bool
    lacks_playbook: bool


def start_of(services: Services, seen: Seen, reader: Reader) -> Start:
    """Return what the start page shows."""
    library, folder = seen.library, services.settings.entries
    is_empty = not library.state().entries and library.shows_everything and not holds_entries(folder)
    return Start(
        examples=tuple((text, str(SearchAddress(text=text))) for text in seen.examples.of(reader)),
        is_first_day=is_empty,
        has_sample=library.shows_everything and holds_sample(folder),
        lacks_playbook=services.playbook_store.is_missing,
    )
