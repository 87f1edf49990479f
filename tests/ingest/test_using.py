"""What was used in a deal, and who checked an entry, is noted in its file and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from app.library import make_library
from app.settings import Settings
from ingest.document import Document
from ingest.intake import Intake
from ingest.store import EntryStore
from ingest.sync import sync
from ingest.using import note_use, with_fields
from ingest.verifying import months_later, verify
from kb.errors import EntryNotFoundError, RefusedTextError
from kb.library import Library
from kb.playbook import Playbook
from tests.engines import Engines
from tests.words import WordEmbedder, note, write

TODAY = date(2026, 8, 31)
DEAL = note("青葉精工", "試行で決まった。", kind="deal", outcome="won", used="[talk-tracks/old]")
TRACK = note("価格の話", "何と比べて高いか。", kind="talk-track", review_by="2026-08-01")


@pytest.fixture
def library(tmp_path: Path, engines: Engines) -> Iterator[Library]:
    folder = tmp_path / "entries"
    write(folder, "deals/aoba.md", DEAL)
    write(folder, "talk-tracks/price.md", TRACK)
    library = make_library(Settings(entries=folder, data=tmp_path / "var", **engines.settings()), WordEmbedder())
    library.with_index(partial(sync, folder=folder))
    library.refresh()
    yield library
    library.close()


@pytest.fixture
def store(library: Library, tmp_path: Path) -> EntryStore:
    folder = tmp_path / "entries"
    return EntryStore(library, Intake(library, folder), folder, tmp_path / "var/saving.lock")


def test_what_was_used_is_added_once_after_what_was_there(store: EntryStore) -> None:
    assert note_use(store, Playbook(), "deals/aoba", "talk-tracks/price")
    text = store.source("deals/aoba").text
    assert text == DEAL.replace("[talk-tracks/old]", "[talk-tracks/old, talk-tracks/price]")
    assert not note_use(store, Playbook(), "deals/aoba", "talk-tracks/price")
    assert store.source("deals/aoba").text == text


def test_nothing_is_noted_in_a_deal_that_is_not_there(store: EntryStore) -> None:
    with pytest.raises(EntryNotFoundError):
        note_use(store, Playbook(), "deals/none", "talk-tracks/price")


def test_a_file_whose_front_matter_is_no_yaml_is_left_as_it_is(store: EntryStore, tmp_path: Path) -> None:
    place = write(tmp_path / "entries", "deals/aoba.md", "---\n- a: b: c\n---\n本文。\n")
    before = place.read_bytes()
    with pytest.raises(RefusedTextError):
        note_use(store, Playbook(), "deals/aoba", "talk-tracks/price")
    with pytest.raises(RefusedTextError):
        with_fields(Document.of(before.decode()), {"used": ["x"]})
    assert place.read_bytes() == before


def test_who_checked_is_written_and_a_review_that_is_past_moves_ahead(store: EntryStore) -> None:
    verify(store, "talk-tracks/price", "三浦", TODAY)
    entry = store.source("talk-tracks/price").entry
    assert (entry.verified_by, entry.verified_on, entry.review_by) == ("三浦", TODAY, date(2027, 2, 28))


def test_a_review_that_is_to_come_stays(store: EntryStore) -> None:
    verify(store, "talk-tracks/price", "三浦", date(2026, 7, 1))
    assert store.source("talk-tracks/price").entry.review_by == date(2026, 8, 1)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 6, 1), 6, date(2026, 12, 1)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_the_month(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later
