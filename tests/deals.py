"""Deals without files, for tests of what is counted over them."""

from __future__ import annotations

from typing import Any

import numpy as np

from kb.entry import Deal, Entry
from kb.index.snapshot import SituationTable
from kb.insight.deals import DealTable, deal_table
from kb.insight.situations import Situations
from kb.playbook import Playbook
from tests.words import WordEmbedder

_OF_ENTRY = ("industry", "product", "competitor", "angle", "tag", "date", "language")


def deal(name: str, outcome: str | None = None, **fields: Any) -> Entry:
    """Return a published deal; fields of the entry and of its deal alike."""
    common = {key: fields.pop(key) for key in _OF_ENTRY if key in fields}
    return Entry(
        id=f"deals/{name}",
        path=f"deals/{name}.md",
        title=name,
        kind="deal",
        body="",
        body_line=1,
        content_hash="",
        **{"language": "ja", **common},
        deal=Deal(outcome=outcome, **fields),  # type: ignore[arg-type]
    )


def table_of(*deals: Entry, playbook: Playbook | None = None, kinds: dict[str, str] | None = None) -> DealTable:
    """Return the table of some deals."""
    return deal_table(list(enumerate(deals, start=1)), playbook or Playbook(), kinds or {})


def told(table: DealTable, *texts: str) -> Situations:
    """Return what is told of each deal of a table, a part a line; empty and missing texts tell nothing."""
    pairs = zip(table.numbers, texts, strict=False)
    parts = [(number, part) for number, text in pairs for part in text.splitlines()]
    vectors = WordEmbedder().embed_passages([part for _, part in parts])
    numbers = np.array([number for number, _ in parts], np.int64)
    return Situations.of(table, SituationTable(numbers, (), vectors, tuple(tuple(part.split()) for _, part in parts)))
