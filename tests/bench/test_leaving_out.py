"""Leaving entries out of an answer changes nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from app.library import make_library
from app.settings import Settings
from bench.leaving_out import Asker
from ingest.sync import sync
from kb.library import Library
from kb.search.answer import Answer
from tests.words import WordEmbedder, note, write


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    settings = Settings(entries=tmp_path / "entries", data=tmp_path / "var")
    for name, body in (("price", "値引きの話。"), ("pilot", "試行と値引きの話。"), ("audit", "監査の話。")):
        write(settings.entries, f"notes/{name}.md", note(name, body))
    library = make_library(settings, WordEmbedder())
    library.with_index(partial(sync, folder=settings.entries))
    library.refresh()
    yield library
    library.close()


def _ids(answer: Answer) -> list[str]:
    return [hit.entry.id for hit in answer.hits]


@pytest.mark.parametrize("text", ["値引きの話", "price", "値引き -試行"])
def test_with_every_entry_the_answer_is_the_product_s_own(library: Library, text: str) -> None:
    asker = Asker(library)
    own = library.search.answer(text)
    assert _ids(asker.ask(text, asker.vector(text))) == _ids(own) != []


@pytest.mark.parametrize("text", ["値引きの話", "price", "値引き -試行"])
def test_an_entry_left_out_is_not_found_by_word_meaning_or_name(library: Library, text: str) -> None:
    asker = Asker(library)
    vector = asker.vector(text)
    whole = _ids(asker.ask(text, vector))
    assert "notes/price" in whole
    assert _ids(asker.ask(text, vector, ["notes/price"])) == [entry for entry in whole if entry != "notes/price"]


def test_without_any_entry_left_the_answer_is_none(library: Library) -> None:
    asker = Asker(library)
    text = "値引きの話"
    answer = asker.ask(text, asker.vector(text), ["notes/price", "notes/pilot", "notes/audit"])
    assert (answer.total, answer.confidence) == (0, "none")
