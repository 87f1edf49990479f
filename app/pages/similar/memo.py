"""The proposal note: one page of what similar deals teach, to copy or to download."""

from __future__ import annotations

from collections.abc import Sequence

from app.pages.similar.chips import Chip
from app.pages.similar.view import DealView, SimilarView
from app.words.reader import Reader
from app.words.sheet import Section, Sheet

MOST_TRIED, MOST_DEALS, MOST_DIFFERENCES = 4, 3, 3  # so that it stays one page


def memo_of(view: SimilarView, chips: Sequence[Chip], reader: Reader) -> Sheet:
    """Return the note on a deal."""
    title = next((chip.text for chip in chips if chip.drop == "deal:"), "")
    parts = [
        Section(reader("memo.deal"), tuple(chip.text for chip in chips if chip.drop not in ("deal:", "text:"))),
        Section(reader("memo.next"), _tried(view, reader)),
        *(Section(reader(f"memo.{end}"), _deals(view.by_outcome[end])) for end in ("won", "lost")),
        Section(reader("memo.differs"), _differences(view, reader)),
    ]
    heading = reader("memo.title", day=reader.date(reader.today))
    return Sheet(f"{heading} {title}".strip(), tuple(part for part in parts if part.lines))


def _tried(view: SimilarView, reader: Reader) -> tuple[str, ...]:
    found: list[str] = []
    for item in view.suggestions[:MOST_TRIED]:
        found.append(f"{item.title}: {item.because}")
        found += [reader("memo.line", line=" ".join(item.line.split()))] if item.line else []
    return tuple(found)


def _deals(deals: Sequence[DealView]) -> tuple[str, ...]:
    return tuple(f"{deal.entry.title}: {deal.shared}" for deal in deals if not deal.is_far)[:MOST_DEALS]


def _differences(view: SimilarView, reader: Reader) -> tuple[str, ...]:
    return tuple(
        f"{reader(f'similar.towards_{end}')}: {item.label} ({item.counts})"
        for end, items in view.towards.items()
        for item in items[:MOST_DIFFERENCES]
    )
