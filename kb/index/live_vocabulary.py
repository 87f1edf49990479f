"""The words of the index being served, read in the background."""

from __future__ import annotations

import logging
import threading

from kb.index.catalog import Catalog
from kb.index.vocabulary import NO_WORDS, Vocabulary, read_vocabulary

WAIT_SECONDS = 1.0  # 30,000 words are read in it; a question goes on with the words known before
log = logging.getLogger(__name__)


class LiveVocabulary:
    """Follows the index from generation to generation once its words were asked for. Thread-safe."""

    def __init__(self) -> None:
        self._known = NO_WORDS
        self._wanted: tuple[Catalog, str] | None = None  # with the generation
        self._reader: threading.Thread | None = None
        self._is_used = False
        self._lock = threading.Lock()

    def follow(self, catalog: Catalog, generation: str) -> None:
        """Use another generation from now on."""
        with self._lock:
            self._wanted = (catalog, generation)
            if self._is_used:
                self._start()

    def read(self) -> Vocabulary:
        """Return the words of the index; those of an earlier generation, or none, while many are being read."""
        with self._lock:
            self._is_used = True
            self._start()
            reader = self._reader
        if reader:
            reader.join(WAIT_SECONDS)
        return self._known

    def close(self) -> None:
        """Wait for the reader, whose catalogue is about to be closed."""
        with self._lock:
            self._wanted, reader = None, self._reader
        if reader:
            reader.join()

    def _start(self) -> None:
        if self._reader is None and self._wanted and self._wanted[1] != self._known.generation:
            self._reader = threading.Thread(target=self._run, name="vocabulary", daemon=True)
            self._reader.start()

    def _run(self) -> None:
        while True:
            with self._lock:
                wanted = self._wanted
                if wanted is None or wanted[1] == self._known.generation:
                    self._reader = None
                    return
            try:
                self._known = read_vocabulary(*wanted, self._known)
            except Exception as error:  # a catalogue closed meanwhile: the next question tries again
                log.warning("The words of the index cannot be read: %s", error)
                with self._lock:
                    self._reader = None
                return
