"""What the server does beside answering goes on, whatever happens to it."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from app.background import Background
from app.services import Services
from ingest.atomic import LEFT_SECONDS, TEMPORARY
from ingest.sync import sync
from kb.errors import ModelUnavailableError
from kb.index.embedding import Vectors
from tests.waiting import wait_until
from tests.words import WordEmbedder, note, write
from tests.working import opened, working

pytestmark = pytest.mark.slow  # starts processes, or waits for background work


class _Failing(WordEmbedder):
    """Embeds as others do, once the failures that are left have happened."""

    def __init__(self) -> None:
        super().__init__()
        self.failing_passages = 0
        self.failing_queries = 0

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text, or fail as a full disk does."""
        if self.failing_passages:
            self.failing_passages -= 1
            raise OSError(28, "No space left on device")
        return super().embed_passages(texts)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a question, or fail as a missing model does."""
        if self.failing_queries:
            self.failing_queries -= 1
            raise ModelUnavailableError("no such folder")
        return super().embed_queries(texts)


@contextmanager
def _opened(place: Path, embedder: WordEmbedder, *, watch: bool = True) -> Iterator[Services]:
    write(place, "entries/notes/first.md", note("最初の話"))
    with opened(place, embedder, watch=watch) as services:
        yield services


def _save_until_found(services: Services, name: str) -> None:
    """Save a new entry again and again until it is found: nobody can tell when the watching has begun."""
    before, numbers = services.library.state().entries, count()

    def found() -> bool:
        write(services.settings.entries, f"notes/{name}.md", note(name, f"版{next(numbers)}"))
        return services.library.state().entries > before

    wait_until(found, f"{name}.md to be found")


def _found(services: Services, words: str) -> list[str]:
    return [hit.entry.title for hit in services.library.search.answer(words).hits]


def _degraded(background: Background) -> list[str]:
    return [job.name for job in background.supervisor.states() if not job.is_well]


def _errors(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_change_that_cannot_be_embedded_is_found_by_words_logged_once_and_embedded_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    embedder = _Failing()
    with _opened(tmp_path, embedder) as services, working(services) as background:
        _save_until_found(services, "before")
        embedder.failing_passages = 10**6
        write(tmp_path, "entries/notes/once.md", note("一度だけ保存した話", "誰も触らない。"))
        wait_until(lambda: services.library.state().entries == 3, "the entry to be found")
        wait_until(lambda: "embed" in _degraded(background), "the failure to be seen")
        embedder.failing_passages = 0
        wait_until(lambda: not services.library.with_index(lambda index: index.waiting), "the vectors")
        wait_until(lambda: not _degraded(background), "the end of the failure to be seen")
        [state] = [job for job in background.supervisor.states() if job.name == "embed"]
        assert state.why == "the disk is full" and state.failed and state.succeeded
    assert [record.message for record in _errors(caplog)] == ["The background job 'embed' failed; it is tried again."]


def test_a_server_answers_one_question_before_it_is_ready(tmp_path: Path) -> None:
    with _opened(tmp_path, WordEmbedder()) as services:
        assert not services.library.search.has_answered
        with working(services):
            wait_until(lambda: services.library.search.has_answered, "a question to be answered")


def test_what_another_process_indexed_is_noticed(tmp_path: Path) -> None:
    with _opened(tmp_path, WordEmbedder(), watch=False) as services, working(services):
        with _opened(tmp_path, WordEmbedder(), watch=False) as other:
            write(tmp_path, "entries/notes/second.md", note("三毛猫の話"))
            other.library.with_index(partial(sync, folder=tmp_path / "entries"))
        wait_until(lambda: "三毛猫の話" in _found(services, "三毛猫"), "the entry of the other process")


def test_an_index_folder_that_somebody_deleted_is_built_again(tmp_path: Path) -> None:
    with _opened(tmp_path, WordEmbedder()) as services, working(services):
        services.views.of(services.library.visible)
        deleted = services.library.with_index(lambda served: served)
        shutil.rmtree(services.settings.index_folder)
        wait_until(lambda: services.library.with_index(lambda served: served) is not deleted, "another index")
        _save_until_found(services, "after")
        wait_until(lambda: services.library.generation is not None, "an index that is filled")
        wait_until(lambda: "最初の話" in _found(services, "最初の話"), "the entry that was there before")
        _save_until_found(services, "later")
        index = services.library.with_index(lambda served: served)
        assert index.is_current and not index.place.is_gone()
        wait_until(lambda: not index.waiting, "the texts to be embedded")


def test_a_model_that_cannot_be_loaded_is_logged_once_and_loaded_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    embedder = _Failing()
    with _opened(tmp_path, embedder) as services:
        embedder.failing_queries = 1
        with working(services):
            wait_until(lambda: bool(_errors(caplog)), "the failure to be logged")
            _save_until_found(services, "after")
            wait_until(lambda: services.library.search.has_answered, "the model to be loaded after all")
    [error] = _errors(caplog)
    assert error.name == "app.supervisor" and str(ModelUnavailableError("no such folder")) in error.message


def test_what_a_killed_process_left_is_cleared(tmp_path: Path) -> None:
    with _opened(tmp_path, WordEmbedder()) as services:
        left = write(tmp_path, f"entries/notes/{TEMPORARY}old", "half of")
        fresh = write(tmp_path, f"entries/notes/{TEMPORARY}new", "somebody saves")
        long_ago = fresh.stat().st_mtime - LEFT_SECONDS - 60
        os.utime(left, (long_ago, long_ago))
        with working(services):
            wait_until(lambda: not left.exists(), "the half file to be removed")
        assert fresh.exists()
