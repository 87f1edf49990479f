"""The part of the index being served that some may see; it follows the whole."""

from __future__ import annotations

import threading

import numpy as np

from kb.index.index import Index
from kb.index.part import PartialIndex
from kb.index.snapshot import Snapshot
from kb.index.vectors import SEARCHED, VectorStore
from kb.live import LiveIndex, State
from kb.playbook import Playbook
from kb.search.thesaurus import Thesaurus


class LivePart(LiveIndex):
    """Holds the state of a part; the whole holds the vectors and the model. Thread-safe."""

    def __init__(self, whole: LiveIndex, index: PartialIndex) -> None:
        """Copy what may be seen, or take over what changed since it was last copied."""
        self._whole = whole
        self._following = threading.Lock()
        self._shown = whole.state  # of the whole, as the part shows it
        index.follow()
        super().__init__(
            lambda: index, lambda: self._shown.playbook, whole.bundled_checksum, whole.clock, whole.embedding
        )
        self._part = index

    @property
    def is_fresh(self) -> bool:
        """Whether the whole has not changed since the part was last compared with it."""
        return self._shown is self._whole.state

    def refresh(self) -> bool:
        """Take over what changed in the whole; return whether anything did that may be seen."""
        if self.is_fresh:
            return False
        with self._following:
            shown, before = self._whole.state, self._shown
            if shown is before:
                return False
            has_changed = self._part.follow()
            if self._lacks_vectors():
                self._part.catalog.touch()
                has_changed = True
            self._shown = shown
            has_changed = has_changed or self.state.playbook != shown.playbook
            if has_changed or _snapshot(shown) is None or not self._shares_rows(shown):
                self.state = self._loaded(self._part, self.state, is_complete=shown.source is not None)
            return has_changed

    def reload_if_changed(self) -> bool:
        """Take over what changed in the whole; return whether anything did that may be seen."""
        return self.refresh()

    def reopen(self) -> None:
        """Take over what changed in the whole, whose vectors are reopened."""
        self.refresh()

    def close(self) -> None:
        """Close the catalogue of the part."""
        self.vocabulary.close()
        self._part.close()

    def _thesaurus_of(self, playbook: Playbook, before: State | None) -> Thesaurus:
        return self._shown.thesaurus

    def _vectors_of(self, index: Index) -> VectorStore | Snapshot:
        return _snapshot(self._shown) or index.vectors

    def _store_of(self, index: Index) -> VectorStore | None:
        return None  # the nearest of the whole may all be hidden

    def _lacks_vectors(self) -> bool:
        own = _snapshot(self.state)
        return own is not None and any(bool(np.any(own.rows[view] < 0)) for view in SEARCHED)

    def _shares_rows(self, shown: State) -> bool:
        """Whether its passages have their vectors where the whole has them now."""
        own, whole = _snapshot(self.state), _snapshot(shown)
        return own is not None and whole is not None and own.lineage is whole.lineage


def _snapshot(state: State) -> Snapshot | None:
    return state.source.snapshot if state.source else None
