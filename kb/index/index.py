"""One index: catalogue, vectors and embedding cache, crash-safe at any moment.

Write order: vectors first (not visible yet), then the entries in one catalogue transaction (visible), then removal of
unreferenced vectors. In a served index keywords come first, so that entries are found while they are being embedded,
which locks nothing; vectors missing after a crash are added by the next sync. A build with another fingerprint grows in
its own place and becomes current by one step.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile

from kb.entry import VISIBILITIES, Chunk, Entry, Problem
from kb.fields import stored_shape
from kb.index import analysis
from kb.index.cached_vectors import CachedVectors
from kb.index.database_place import DatabasePlace
from kb.index.embedding import Embedder, Vectors
from kb.index.embedding_cache import text_key
from kb.index.folder_place import CACHE, FolderPlace
from kb.index.place import Place, beginning, index_root, label_of
from kb.index.records import StoredChunk, StoredEntry, StoredSituation
from kb.index.searched import text_to_embed
from kb.index.sentence_backlog import SentenceBacklog
from kb.index.served_vectors import Namespace, ServedVectors
from kb.index.vector_keys import own_key
from kb.index.vectors import SEARCHED, VIEWS, EmbeddedVectors, Files, VectorStore, View
from kb.shared.database import Database

FOR_SHARED = "shared"  # folder of what a process keeps beside an index in a database
FORMAT = "8"  # of the tables
MOST_AHEAD = 256  # texts embedded before they are written
MOST_REFILLED = 1_000  # vectors read at a time
PROBE_BYTES = 256_000  # an empty store needs about as much
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Draft:
    """One entry ready to be written."""

    entry: Entry
    chunks: tuple[Chunk, ...]
    labels: tuple[str, ...]  # other spellings of its labels, indexed as keywords
    problems: tuple[Problem, ...]
    state: str  # hash that tells whether it must be rewritten
    situation: tuple[str, ...] = ()  # of a deal: the parts compared with other deals
    keys: Mapping[str, str] = field(default_factory=dict)  # of vectors it has already, by text
    is_saved: bool = False  # by somebody who may not notice which of its other texts are embedded already


@dataclass(frozen=True, slots=True)
class Portion:
    """A few texts of the backlog with their vectors, ready to be stored."""

    texts: Mapping[View, Mapping[str, str]]  # by key
    vectors: Mapping[str, Vectors]
    embedded: int  # texts run through the model; the others were cached


class Index:
    """Everything a search needs, in one place. Open it with `open_index`.

    It holds the entries with a visibility in `visible` and nothing of the others, so that no answer depends on them.
    """

    def __init__(
        self,
        place: Place,
        fingerprint: str,
        embedder: Embedder,
        visible: frozenset[str] = VISIBILITIES,
        space: Namespace | None = None,
    ) -> None:
        """Take a build; its vectors are on a server if there is a `space` for them."""
        self.place = place
        self.root = place.root
        self.build = place.root / place.name
        self.visible = visible
        self.fingerprint = fingerprint
        self.embedder = embedder
        self.catalog = place.catalog
        self.cache = place.cache
        self.sentences = SentenceBacklog(self.catalog, self.cache, embedder)
        self.has_lost_vectors = False  # since the last `repair`
        self._space = space
        self._vectors: VectorStore | None = None
        self._is_writing = False
        self._waiting: dict[tuple[View, str], str] = {}  # embedding backlog: (view, key) → text, in order of arrival
        self._waiting_lock = threading.Lock()
        self._ahead: dict[str, Vectors] = {}  # by text: of what is about to be written
        self._adopted = ""  # the generation in which it was last compared with what lacks vectors

    @property
    def waiting(self) -> int:
        """The size of the embedding backlog, in texts."""
        return len(self._waiting)

    @property
    def vectors(self) -> VectorStore:
        """The vectors; a damaged store is emptied when it is opened, and `repair` refills it.

        Their use raises IndexBusyError if they cannot be opened while another process writes to them.
        """
        if self._vectors is None and self._space:
            self._vectors = ServedVectors(self._space, self.place.name, self.cache, self.catalog.vector_keys)
        elif self._vectors is None and not self.place.has_files:
            self._vectors = CachedVectors(self.cache, self.catalog.vector_keys)
        elif self._vectors is None:
            self._vectors = EmbeddedVectors(self._files, self.cache)
        return self._vectors

    def _files(self) -> Files:
        """Open the files of the vectors, emptied if they are damaged. Raises IndexBusyError, see `vectors`."""
        try:
            return Files(self.build / "vectors")
        except Exception as error:  # whatever a damaged store raises: the cache can refill it
            log.warning("The vector store cannot be opened: %s", error)
            with nullcontext() if self._is_writing else self.writing():
                return self._mended_files()

    @property
    def vectors_trouble(self) -> str:
        """Why a server of vectors cannot be reached; empty if it can, and where there is none."""
        return self._vectors.trouble if self._vectors else ""

    @property
    def shows_everything(self) -> bool:
        """Whether it holds entries of every visibility."""
        return self.visible >= VISIBILITIES

    @property
    def is_current(self) -> bool:
        """Whether this build is the one being served."""
        return self.place.current() == self.place.name

    @property
    def is_replaced(self) -> bool:
        """Whether another build for the same model and settings is served."""
        current = self.place.current()
        return current != self.place.name and current.startswith(beginning(self.fingerprint))

    def close(self) -> None:
        """Close all connections and files."""
        self.place.close()
        self.release_vectors()

    def release_vectors(self) -> None:
        """Close the vectors; the next use reopens them with what other processes wrote."""
        if self._vectors is not None:
            self._vectors.close()
            self._vectors = None

    @contextmanager
    def writing(self, wait: float = 0.0) -> Iterator[None]:
        """Hold the write lock. Raises IndexBusyError if another process has it for more than `wait` seconds."""
        with self.place.writing(wait):
            self._is_writing = True
            try:
                yield
            finally:
                self._is_writing = False
        if self._vectors is not None:
            self._vectors.flush()  # when others may write again

    def write(self, drafts: Sequence[Draft], *, at_once: int | None = None) -> tuple[int, int]:
        """Write entries; return the number of texts embedded and of vectors reused.

        With more than `at_once` texts nothing is embedded: those without a cached vector join the backlog.
        """
        texts: dict[View, dict[str, str]] = {view: {} for view in VIEWS}
        stored = [self._stored(draft, texts) for draft in drafts]
        embedded, reused = self._add_vectors(texts, at_once)
        if stored:
            self.catalog.replace(stored)
        return embedded, reused

    def embed_ahead(self, texts: Sequence[str]) -> None:
        """Embed texts that are about to be written, so that nobody waits for that. Needs no lock."""
        rows = self.embedder.embed_passages(texts)
        with self._waiting_lock:
            self._ahead |= zip(texts, rows, strict=True)
            for text in list(self._ahead)[:-MOST_AHEAD]:
                del self._ahead[text]

    def embed_some(self, most: int) -> Portion:
        """Embed up to `most` texts of the backlog, the newest first. Needs no lock: others write meanwhile."""
        with self._waiting_lock:
            chosen = list(islice(reversed(self._waiting.items()), most))
        texts: dict[View, dict[str, str]] = {}
        for (view, key), text in chosen:
            texts.setdefault(view, {})[key] = text
        wanted = {key: text for (_, key), text in chosen}
        known = self.cache.read(wanted)
        fresh = {key: text for key, text in wanted.items() if key not in known}
        return Portion(texts, known | self._embedded(fresh) if fresh else known, len(fresh))

    def store(self, portion: Portion) -> None:
        """Store an embedded portion of the backlog, while holding the write lock."""
        for view, some in portion.texts.items():
            self.vectors.add(view, {key: portion.vectors[key] for key in some})
        self.catalog.touch()
        with self._waiting_lock:
            for view, some in portion.texts.items():
                for key in some:
                    self._waiting.pop((view, key), None)

    def repair(self) -> None:
        """Restore vectors missing from the store; those not cached join the backlog."""
        needed = self.catalog.vector_keys()
        for view in VIEWS:
            if lost := needed[view] - self.vectors.keys(view):
                self._add_vectors({view: self._lost_texts(view, lost)}, 0)
                self.catalog.touch()
        self.has_lost_vectors = False

    def refill(self) -> None:
        """Use a server of vectors again, and send it what it lacks. Needs no lock: the catalogue stays as it is."""
        self.vectors.resume()
        needed = self.catalog.vector_keys()
        for view in VIEWS:
            lost = sorted(needed[view] - self.vectors.keys(view))
            for at in range(0, len(lost), MOST_REFILLED):
                self.vectors.add(view, self.cache.read(lost[at : at + MOST_REFILLED]))
        self.vectors.flush()
        self.vectors.caught_up()

    def adopt_waiting(self) -> None:
        """Take over what another server was to embed, and leave out what it has embedded meanwhile."""
        if (generation := self.catalog.meta("generation")) == self._adopted:
            return
        with self._waiting_lock:
            known = set(self._waiting)
        lacking = self.place.lacking()
        fresh = {view: {key for key in keys if (view, key) not in known} for view, keys in lacking.items()}
        texts = {view: self._lost_texts(view, keys) for view, keys in fresh.items()}
        wanted = {key for keys in lacking.values() for key in keys}
        with self._waiting_lock:
            for view, key in known:
                if view in lacking and key not in wanted:
                    self._waiting.pop((view, key), None)
            for view, keys in lacking.items():
                self._waiting.update({(view, key): texts[view][key] for key in keys if key in texts[view]})
        self._adopted = generation

    def forget_removed(self) -> None:
        """Take texts that no entry has any more out of the backlog."""
        if self._waiting:
            needed = self.catalog.vector_keys()
            with self._waiting_lock:
                self._waiting = {at: text for at, text in self._waiting.items() if at[1] in needed[at[0]]}

    def finish(self) -> None:
        """Remove unreferenced vectors, make this build current and delete builds older than the previous one."""
        needed = self.catalog.vector_keys()
        for view in VIEWS:
            self.vectors.remove(view, self.vectors.keys(view) - needed[view])
        self.forget_removed()
        if not self.is_current:
            self.place.make_current()
        self.vectors.keep_only(self.place.builds())

    def _mended_files(self) -> Files:
        """Open the vectors while nobody writes to them, or empty them if they are damaged."""
        folder = self.build / "vectors"
        try:
            return Files(folder)
        except Exception as error:
            if not _may_write(self.root):
                raise
            log.warning("The vector store is damaged (%s); rebuilding it from the cache.", error)
            shutil.rmtree(folder, ignore_errors=True)
            self.has_lost_vectors = True
            return Files(folder)

    def _lost_texts(self, view: View, keys: set[str]) -> dict[str, str]:
        if view == "situations":
            return self.catalog.situations_of(keys)
        return {key: text_to_embed(view, *parts) for key, parts in self.catalog.texts_of(view, keys).items()}

    def _stored(self, draft: Draft, texts: Mapping[View, dict[str, str]]) -> StoredEntry:
        keys = self._keys(draft)
        chunks = [self._keyed(draft.entry, chunk, keys, texts) for chunk in draft.chunks]
        situation = [StoredSituation(part, keys[part]) for part in draft.situation]
        texts["situations"].update((part.key, part.text) for part in situation)
        return StoredEntry(draft.entry, chunks, draft.labels, draft.problems, draft.state, situation)

    def _keys(self, draft: Draft) -> dict[str, str]:
        """Return the keys of the vectors of a draft by text."""
        of_chunks = {text_to_embed(v, draft.entry, c.headings, c.text) for c in draft.chunks for v in SEARCHED}
        fresh = {text: text_key(self.embedder.checksum, text) for text in of_chunks.union(draft.situation)}
        fresh = {text: key for text, key in fresh.items() if text not in draft.keys}
        if draft.is_saved:
            known = self.cache.read(fresh.values())
            fresh = {text: own_key(key) if key in known else key for text, key in fresh.items()}
        return {**draft.keys, **fresh}

    def _keyed(
        self, entry: Entry, chunk: Chunk, keys: Mapping[str, str], texts: Mapping[View, dict[str, str]]
    ) -> StoredChunk:
        own = {view: text_to_embed(view, entry, chunk.headings, chunk.text) for view in SEARCHED}
        for view, text in own.items():
            texts[view][keys[text]] = text
        return StoredChunk(chunk, keys[own["bodies"]], keys[own["heads"]])

    def _add_vectors(self, texts: Mapping[View, Mapping[str, str]], at_once: int | None) -> tuple[int, int]:
        wanted = {key: text for some in texts.values() for key, text in some.items()}
        known = self.cache.read(wanted)
        fresh = {key: text for key, text in wanted.items() if key not in known}
        has_to_wait = at_once is not None and len(fresh) > at_once
        if fresh and not has_to_wait:
            try:
                known |= self._embedded(fresh)
            except Exception as error:
                if at_once is None:
                    raise
                log.warning("Texts could not be embedded; until they are, they are found by their words: %s", error)
                has_to_wait = True
        for view, some in texts.items():
            if ready := {key: known[key] for key in some if key in known}:
                self.vectors.add(view, ready)
            with self._waiting_lock:
                self._waiting.update({(view, key): text for key, text in some.items() if key not in known})
        return (0 if has_to_wait else len(fresh)), len(wanted) - len(fresh)

    def _embedded(self, texts: Mapping[str, str]) -> dict[str, Vectors]:
        with self._waiting_lock:
            new = {key: self._ahead.pop(text) for key, text in texts.items() if text in self._ahead}
        order = sorted(texts.keys() - new.keys(), key=lambda key: len(texts[key]))
        if order:
            new |= zip(order, self.embedder.embed_passages([texts[key] for key in order]), strict=True)
        self.cache.write(new)
        return new


def fingerprint_of(embedder: Embedder, chunking: str) -> str:
    """Return the hash of everything the index depends on: format, fields, keywords, chunking, model."""
    parts = (FORMAT, stored_shape(), analysis.version(), chunking, embedder.checksum)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def root_of(folder: Path, visible: frozenset[str], *, is_shared: bool) -> Path:
    """Return the folder of an index; of one in a database, that of what a process keeps beside it."""
    root = index_root(folder, visible)
    return root / FOR_SHARED if is_shared else root


def open_index(
    folder: Path,
    embedder: Embedder,
    chunking: str,
    *,
    visible: frozenset[str] = VISIBILITIES,
    fresh: bool = False,
    space: Namespace | None = None,
    database: Database | None = None,
) -> Index:
    """Open the build for this model, chunking and visibility; create an empty one if there is none, or if `fresh`.

    All builds below a folder, or in a `database`, share the embedding cache. With a `space` on a server their vectors
    are kept there. Raises DatabaseAwayError.
    """
    root, fingerprint = root_of(folder, visible, is_shared=database is not None), fingerprint_of(embedder, chunking)
    label = label_of(folder, visible)
    place: Place
    if database:
        place = DatabasePlace(database, root, label, fingerprint, fresh=fresh)
        place.begin_with(folder / CACHE)
    else:
        place = FolderPlace.opened(folder, root, fingerprint, fresh=fresh)
    if space:
        space = replace(space, beginning=f"{space.beginning}-{label}")
    return Index(place, fingerprint, embedder, visible, space)


def _may_write(folder: Path) -> bool:
    """Whether a file can be written: on a full disk a store that cannot be opened is not damaged."""
    try:
        with TemporaryFile(dir=folder) as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
    except OSError:
        return False
    return True
