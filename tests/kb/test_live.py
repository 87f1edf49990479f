"""The index that is served is replaced by one built beside it, but never by one of another model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from app.library import make_index, make_library
from app.settings import Settings
from ingest.sync import sync
from kb.errors import IndexNotReadyError
from kb.library import Library
from kb.search.query import Filters
from tests.engines import Engines
from tests.words import WordEmbedder, note, write


@pytest.fixture
def settings(tmp_path: Path, engines: Engines) -> Settings:
    write(tmp_path / "entries", "notes/first.md", note("青葉精工", "最初の話。"))
    return Settings(entries=tmp_path / "entries", data=tmp_path / "var", **engines.settings())


@pytest.fixture
def library(settings: Settings) -> Iterator[Library]:
    library = make_library(settings, WordEmbedder())
    yield library
    library.close()


def _indexed(library: Library, settings: Settings) -> str:
    library.with_index(partial(sync, folder=settings.entries))
    library.refresh()
    return library.with_index(lambda index: index.build.name)


def test_nothing_can_be_searched_before_anything_is_indexed(library: Library, settings: Settings) -> None:
    with pytest.raises(IndexNotReadyError):
        library.search.answer("青葉精工")
    _indexed(library, settings)
    assert library.search.answer("青葉精工").total == 1


def test_an_index_built_beside_takes_over_with_what_it_holds(library: Library, settings: Settings) -> None:
    before = _indexed(library, settings)
    beside = make_index(settings, WordEmbedder(), fresh=True)
    write(settings.entries, "notes/second.md", note("すみれ工業", "次の話。"))
    assert not library.reload_if_changed()
    sync(beside, settings.entries)
    beside.close()
    assert library.reload_if_changed() and library.with_index(lambda index: index.build.name) != before
    assert library.search.answer("すみれ工業").hits[0].entry.id == "notes/second"
    assert not library.reload_if_changed()


def test_an_index_of_another_model_is_left_to_processes_that_have_it(library: Library, settings: Settings) -> None:
    before = _indexed(library, settings)
    other = make_index(settings, WordEmbedder("words-2"))
    sync(other, settings.entries)
    other.close()
    assert not library.reload_if_changed()
    assert library.with_index(lambda index: index.build.name) == before and library.search.answer("青葉精工").total == 1


def test_what_is_remembered_of_an_entry_is_never_older_than_the_index(library: Library, settings: Settings) -> None:
    _indexed(library, settings)
    assert library.search.answer("青葉精工").hits[0].snippet.text == "最初の話。"
    assert [title.title for title in library.entries.titles(Filters(), 9)] == ["青葉精工"]
    assert (library.search.count(Filters()), library.search.count(Filters((("kind", ("deal",)),)))) == (1, 0)
    write(settings.entries, "notes/first.md", note("青葉精工の後日談", "その後の話。"))
    _indexed(library, settings)
    assert library.search.answer("青葉精工").hits[0].snippet.text == "その後の話。"
    assert [title.title for title in library.entries.titles(Filters(), 9)] == ["青葉精工の後日談"]
    write(settings.entries, "notes/second.md", note("すみれ工業", "次の話。"))
    _indexed(library, settings)
    assert library.search.count(Filters()) == 2
    (settings.entries / "notes/first.md").unlink()
    _indexed(library, settings)
    assert [hit.snippet.text for hit in library.search.answer("話").hits] == ["次の話。"]
    assert [title.title for title in library.entries.titles(Filters(), 9)] == ["すみれ工業"]
    assert library.has_entries


def test_a_base_has_entries_once_one_is_indexed(library: Library, settings: Settings) -> None:
    assert not library.has_entries
    _indexed(library, settings)
    assert library.has_entries
    (settings.entries / "notes/first.md").unlink()
    _indexed(library, settings)
    assert not library.has_entries
