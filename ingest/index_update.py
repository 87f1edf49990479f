"""Update the index a library serves: one attempt after the other, shown to searches as it goes."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ingest.chunk import Chunked
from ingest.indexing import TEXTS_AT_ONCE, SyncReport, new_texts
from ingest.playbook_file import PLAYBOOK_NAME
from ingest.preparation import Preparation
from ingest.sync import keep, kept_playbook, stale, sync, sync_some
from kb.errors import IndexBusyError
from kb.index.index import Index
from kb.library import Library

TURN_SECONDS = 2.0  # servers that share an index write for an instant each
WAIT_SECONDS = 5.0  # a save waits for another process that is writing to the index
REFRESH_SECONDS = 2.0  # how often a long sync makes its progress searchable
MOST_SINGLE = 200  # up to so many files are always indexed one by one
MOST_SHARE = 0.5  # of all entries; above it a full sync costs no more
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Changed:
    """Files to index."""

    paths: Collection[str] | None  # None: all
    chunked: Mapping[str, Chunked]  # parsed documents by path
    saved: Collection[str]  # paths of those that people saved here


class IndexUpdate:
    """Writes changes of the entries folder to the index a library serves; the caller holds a lock."""

    def __init__(self, library: Library, folder: Path, patience: float = TURN_SECONDS) -> None:
        """`patience` is how many seconds everything waits for its turn where several servers share the index."""
        self._library = library
        self._patience = patience
        self._folder = folder
        self._playbook_file = library.with_index(lambda index: kept_playbook(index, folder))
        self._generation = ""  # of the index after the last write here
        self.preparation: Preparation | None = None  # of a server that has just started

    def differences(self) -> list[str]:
        """Return the paths where folder and index differ; all of them without an index."""
        index = self._library.with_index(lambda served: served)
        return stale(index, self._folder, self._playbook_file)

    def keep_playbook(self) -> None:
        """Keep a copy of a good playbook for times when it cannot be read, as a whole sync does."""
        keep(self._playbook_file)

    @property
    def is_joining(self) -> bool:
        """Whether the index is one that several servers may share, and some answer with it already."""
        return self._library.with_index(lambda index: not index.place.has_files and index.is_current)

    def stale(self, paths: Collection[str]) -> Collection[str]:
        """Return those of some changed paths that no server that shares the index has indexed yet."""
        if not self.is_joining or PLAYBOOK_NAME in paths:
            return paths
        return stale(self._library.with_index(lambda index: index), self._folder, self._playbook_file, paths)

    def embed_ahead(self, path: str, chunked: Chunked) -> None:
        """Embed what is new in a file before it is indexed, where other servers would wait for that.

        Never an error: what is not embedded here is found by its words at first.
        """
        try:
            if self.is_joining and chunked.chunks:
                index = self._library.with_index(lambda served: served)
                texts = new_texts(index, self._library.playbook, path, chunked)
                if 0 < len(texts) <= TEXTS_AT_ONCE:
                    index.embed_ahead(texts)
        except BaseException as error:  # also a panic of a library
            log.info("The texts of %s could not be embedded before it is indexed: %s", path, cause_of(error))

    def written(self) -> None:
        """Note that what the index holds now was written here."""
        self._generation = self._library.with_index(_generation)

    @property
    def shows_own(self) -> bool:
        """Whether what is served now was written here."""
        return self._library.with_index(self._is_mine)

    def by(self, deadline: float, changed: Changed) -> SyncReport | None:
        """Index changed files; None if that could not be done in time.

        Who never waits for a turn may never get one where several servers write.
        """
        is_shared = not self._library.with_index(lambda index: index.place.has_files)
        deadline = max(deadline, time.monotonic() + (self._patience if is_shared else 0.0))
        while True:
            try:
                return self._index(changed)
            except IndexBusyError:
                if time.monotonic() >= deadline:
                    return None
                time.sleep(0.05)

    def _index(self, changed: Changed) -> SyncReport:
        started = time.monotonic()
        if not self._library.with_index(self._is_mine):  # vectors another process wrote would be unknown here
            self._library.reload_if_changed()
        try:
            report = self._indexed(changed)
        except IndexBusyError:
            raise
        except BaseException as error:  # Chroma may panic
            if time.monotonic() - started > WAIT_SECONDS:
                raise
            log.warning("Indexing failed; it is tried once more with the index reopened: %s", cause_of(error))
            self._library.reopen()
            report = self._indexed(changed)
        self.written()
        return report

    def _indexed(self, changed: Changed) -> SyncReport:
        report = self._library.with_index(partial(self._sync, changed))
        self._library.refresh()
        return report

    def _is_mine(self, index: Index) -> bool:
        return index.is_current and _generation(index) == self._generation

    def _sync(self, changed: Changed, index: Index) -> SyncReport:
        if index.is_replaced:  # since it was reloaded: syncing it would undo what another process built
            raise IndexBusyError
        refreshed = time.monotonic()

        def show(done: int, total: int, _path: str) -> None:
            nonlocal refreshed
            if self.preparation and self.preparation.what == "files" and index.shows_everything:
                self.preparation = Preparation("files", done, total)
            refreshed = self.refresh(refreshed)

        paths = changed.paths
        if paths is not None and (len(paths) <= MOST_SINGLE or len(paths) <= MOST_SHARE * _entries(index)):
            report = sync_some(
                index,
                self._folder,
                paths,
                show,
                embed_later=True,
                chunked=changed.chunked,
                saved=changed.saved,
                playbook_file=self._playbook_file,
            )
            if index.has_lost_vectors:
                sync(index, self._folder, show, embed_later=True, playbook_file=self._playbook_file)
            return report
        return sync(index, self._folder, show, embed_later=True, playbook_file=self._playbook_file)

    def refresh(self, before: float, *, now: bool = False) -> float:
        """Make what was written so far searchable, `now` or every REFRESH_SECONDS; return when that was last done."""
        if not now and time.monotonic() - before < REFRESH_SECONDS:
            return before
        self._library.refresh()
        return time.monotonic()


def _generation(index: Index) -> str:
    return index.catalog.meta("generation")


def _entries(index: Index) -> int:
    return index.catalog.counts()["entries"]


def cause_of(error: BaseException) -> str:
    """Return the first line of an error: the others quote what was to be written."""
    return (str(error) or type(error).__name__).splitlines()[0]
