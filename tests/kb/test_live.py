"""The index that is served is replaced by one built beside it, but never by one of another model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from app.services import make_index, make_library
from app.settings import Settings
from ingest.sync import sync
from kb.errors import IndexNotReadyError
from kb.library import Library
from tests.words import WordEmbedder, note, write


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    write(tmp_path / "entries", "notes/first.md", note("青葉精工", "最初の話。"))
    return Settings(entries=tmp_path / "entries", data=tmp_path / "var")


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
