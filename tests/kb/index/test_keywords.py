"""A phrase is looked for in all that names an entry and in its passages, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.sync import sync
from kb.index.index import Index
from kb.index.keywords import entries_with_text
from tests.words import note, write


@pytest.mark.parametrize(
    "phrase", ["Ａ社の記録", "notes/asked", "競合比較", "Aoba-Seiko", "d-0108", "要点", "値引きを求められた"]
)
def test_a_phrase_is_found_in_title_id_labels_customer_headings_and_text(
    index: Index, entries: Path, phrase: str
) -> None:
    labels = {"kind": "deal", "outcome": "won", "tags": "[競合比較]", "customer": "Aoba-Seiko", "crm_id": "D-0108"}
    write(entries, "notes/asked.md", note("A社の記録", "値引きを求められた。", **labels))
    write(entries, "notes/other.md", note("ほかの話", "別の本文。", tags="[効果]").replace("要点", "背景"))
    sync(index, entries)
    number = dict(_numbers(index))["notes/asked"]
    assert entries_with_text(index.catalog, phrase, ()) == {number}


def test_a_phrase_stands_in_no_other_field(index: Index, entries: Path) -> None:
    write(entries, "notes/asked.md", note("A社の記録", owner="三浦"))
    sync(index, entries)
    assert entries_with_text(index.catalog, "三浦", ()) == set()
    assert entries_with_text(index.catalog, "published", ()) == set()


def _numbers(index: Index) -> list[tuple[str, int]]:
    with index.catalog.engine.connect() as connection:
        return [(row[0], row[1]) for row in connection.exec_driver_sql("SELECT id, number FROM entries")]
