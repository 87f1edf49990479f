"""A question asked again is answered from memory, as long as the answer would be the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from app.services import make_library
from app.settings import Settings
from ingest.sync import sync
from kb.clock import Clock
from kb.library import Library
from kb.search import recipe
from kb.search.bounds import NO_FILTERS
from kb.search.query import Filters
from kb.search.remembered import Asked, Basis, RememberedAnswers
from tests.counting import counting
from tests.words import WordEmbedder, note, write

DEALS = Filters((("kind", ("deal",)),))


@dataclass
class Hands:
    """What a clock shows."""

    now: datetime = datetime(2026, 9, 1, 9, tzinfo=UTC)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def library(tmp_path: Path, entries: Path, hands: Hands) -> Iterator[Library]:
    write(entries, "deals/aoba.md", note("価格で負けた話", kind="deal", outcome="lost"))
    opened = make_library(Settings(entries=entries, data=tmp_path / "var"), WordEmbedder(), Clock(lambda: hands.now))
    _sync(opened, entries)
    yield opened
    opened.close()


def _sync(library: Library, folder: Path) -> None:
    library.with_index(partial(sync, folder=folder))
    library.refresh()


def _is_known(library: Library, text: str = "価格", **asked: object) -> bool:
    with counting(searched=recipe.answer) as calls:
        library.search.answer(text, **asked)  # type: ignore[arg-type]
    return calls["searched"] == 0


def _asked(text: str) -> Asked:
    return Asked(text, NO_FILTERS, "relevance", 10, 0, explain=False, as_typed=False, quote=False)


def test_the_same_question_is_answered_from_memory_and_no_other(library: Library) -> None:
    first = library.search.answer("価格")
    with counting(searched=recipe.answer) as calls:
        again = library.search.answer("価格")
    assert calls["searched"] == 0 and again.hits is first.hits and again.total == first.total
    others: list[dict[str, object]] = [
        {"filters": DEALS}, {"sort": "newest"}, {"limit": 1}, {"offset": 1}, {"explain": True}, {"as_typed": True},
        {"quote": True},
    ]  # fmt: skip
    assert [_is_known(library, **other) for other in others] == [False] * len(others)
    assert not _is_known(library, "値段") and _is_known(library, filters=DEALS)


def test_what_is_saved_is_found_at_once_and_what_is_deleted_is_not(library: Library, entries: Path) -> None:
    assert [hit.entry.id for hit in library.search.answer("価格").hits] == ["deals/aoba"]
    write(entries, "deals/midori.md", note("価格で勝った話", kind="deal", outcome="won"))
    _sync(library, entries)
    assert {hit.entry.id for hit in library.search.answer("価格").hits} == {"deals/aoba", "deals/midori"}
    (entries / "deals/aoba.md").unlink()
    _sync(library, entries)
    assert [hit.entry.id for hit in library.search.answer("価格").hits] == ["deals/midori"]


def test_new_sentences_and_a_new_day_may_change_an_answer(library: Library, hands: Hands) -> None:
    library.search.answer("価格")
    library.with_index(lambda index: index.cache.write_sentences({"x": []}))
    assert not _is_known(library) and _is_known(library)
    hands.now += timedelta(days=1)
    assert not _is_known(library) and _is_known(library)


def test_few_answers_are_remembered_the_last_ones(library: Library) -> None:
    basis = Basis.of(library._live.source())
    answers, answer = RememberedAnswers(2), library.search.answer("価格")
    for one in map(_asked, "abc"):
        answers.add(basis, one, answer)
    assert [answers.get(basis, one) for one in map(_asked, "abc")] == [None, answer, answer]


def test_an_answer_during_which_sentences_were_written_is_not_taken_for_one_made_with_them(library: Library) -> None:
    answers, source = RememberedAnswers(), library._live.source()
    before = Basis.of(source)
    answer = library.search.answer("価格")
    library.with_index(lambda index: index.cache.write_sentences({"x": []}))
    answers.add(before, _asked("価格"), answer)
    assert answers.get(Basis.of(source), _asked("価格")) is None
