"""One index on disk: catalogue, vectors and embedding cache, written so that a kill at any moment does no harm.

Order of writing: vectors first (nobody sees them), then the entries in one catalogue transaction (now they count), then
the sweep of what nothing names any more. Where many entries come at once, their words come first, so that they are
found while they are embedded; a vector that is missing after a kill is added by the next sync. A build of another
fingerprint grows in a folder of its own and becomes current by one rename.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from kb.entry import Chunk, Entry, Problem
from kb.errors import IndexBusyError
from kb.fields import stored_shape
from kb.index import analysis
from kb.index.catalog import Catalog
from kb.index.embedding import Embedder, Vectors
from kb.index.embedding_cache import EmbeddingCache, text_key
from kb.index.records import StoredChunk, StoredEntry, StoredSituation
from kb.index.vectors import SEARCHED, VIEWS, VectorStore, View

FORMAT = "6"  # the tables and what they hold
CURRENT = "current"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Draft:
    """One entry ready to be written."""

    entry: Entry
    chunks: tuple[Chunk, ...]
    labels: tuple[str, ...]  # other spellings of what it is labelled with, found by keyword
    problems: tuple[Problem, ...]
    state: str  # hash that says whether it must be written again
    situation: tuple[str, ...] = ()  # of a deal: what is compared with other deals, part by part


class Index:
    """Everything a search needs, in one folder. Open it with `open_index`."""

    def __init__(self, build: Path, fingerprint: str, embedder: Embedder) -> None:
        self.root = root = build.parent
        self.fingerprint = fingerprint
        self.embedder = embedder
        self.build = build
        self.catalog = Catalog(self.build / "catalog.sqlite", analysis.words)
        self.cache = EmbeddingCache(root / "embeddings.sqlite")
        self._vectors: VectorStore | None = None
        self._waiting: dict[tuple[View, str], str] = {}  # texts to embed by view and key, in the order they came

    @property
    def waiting(self) -> int:
        """How many texts of entries that are found by their words are still to be embedded."""
        return len(self._waiting)

    @property
    def vectors(self) -> VectorStore:
        """The vectors, opened when first needed; a damaged store is emptied, `repair` fills it again."""
        if self._vectors is None:
            self._vectors = _open_vectors(self.build / "vectors")
        return self._vectors

    @property
    def is_current(self) -> bool:
        """Whether this is the build that is served."""
        return current_build(self.root) == self.build.name

    def close(self) -> None:
        """Let go of all files."""
        self.catalog.close()
        self.cache.close()
        self.release_vectors()

    def release_vectors(self) -> None:
        """Close the vectors; they are opened again, with what another process wrote, when next needed."""
        if self._vectors is not None:
            self._vectors.close()
            self._vectors = None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the right to write. Raises IndexBusyError when another process has it."""
        with (self.root / "writer.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise IndexBusyError from error
            yield

    def write(self, drafts: Sequence[Draft], *, words_first: bool = False) -> tuple[int, int]:
        """Write entries; return how many texts were embedded and how many vectors were reused.

        With `words_first` nothing is embedded: what no vector is known of waits for `embed_waiting`.
        """
        texts: dict[View, dict[str, str]] = {view: {} for view in VIEWS}
        stored = [self._stored(draft, texts) for draft in drafts]
        embedded, reused = self._add_vectors(texts, wait=words_first)
        if stored:
            self.catalog.replace(stored)
        return embedded, reused

    def embed_waiting(self, most: int) -> int:
        """Add the vectors of up to `most` texts that wait; return how many were embedded."""
        chosen = dict(islice(self._waiting.items(), most))
        texts: dict[View, dict[str, str]] = {}
        for (view, key), told in chosen.items():
            texts.setdefault(view, {})[key] = told
        embedded, _ = self._add_vectors(texts)
        for place in chosen:
            self._waiting.pop(place, None)
        self.catalog.touch()
        return embedded

    def repair(self) -> None:
        """Add the vectors the catalogue names and the store lost; those to be embedded again wait."""
        needed = self.catalog.vector_keys()
        for view in VIEWS:
            if lost := needed[view] - self.vectors.keys(view):
                self._add_vectors({view: self._lost_texts(view, lost)}, wait=True)
                self.catalog.touch()

    def finish(self) -> None:
        """Sweep vectors nothing names, then make this build the current one and drop builds before the last."""
        needed = self.catalog.vector_keys()
        for view in VIEWS:
            self.vectors.remove(view, self.vectors.keys(view) - needed[view])
        if not self.is_current:
            previous = current_build(self.root)
            pointer = self.root / f"{CURRENT}.new"
            pointer.write_text(self.build.name, "utf-8")
            pointer.replace(self.root / CURRENT)
            for folder in self.root.glob("build-*"):
                if folder.name not in (self.build.name, previous):
                    shutil.rmtree(folder, ignore_errors=True)

    def _lost_texts(self, view: View, keys: set[str]) -> dict[str, str]:
        if view == "situations":
            return self.catalog.situations_of(keys)
        return {key: _text(view, *parts) for key, parts in self.catalog.texts_of(view, keys).items()}

    def _stored(self, draft: Draft, texts: Mapping[View, dict[str, str]]) -> StoredEntry:
        chunks = [self._keyed(draft.entry.title, chunk, texts) for chunk in draft.chunks]
        situation = [StoredSituation(part, text_key(self.embedder.checksum, part)) for part in draft.situation]
        texts["situations"].update((part.key, part.text) for part in situation)
        return StoredEntry(draft.entry, chunks, draft.labels, draft.problems, draft.state, situation)

    def _keyed(self, title: str, chunk: Chunk, texts: Mapping[View, dict[str, str]]) -> StoredChunk:
        keys = {}
        for view in SEARCHED:
            text = _text(view, title, chunk.headings, chunk.text)
            keys[view] = text_key(self.embedder.checksum, text)
            texts[view][keys[view]] = text
        return StoredChunk(chunk, keys["bodies"], keys["heads"])

    def _add_vectors(self, texts: Mapping[View, Mapping[str, str]], *, wait: bool = False) -> tuple[int, int]:
        wanted = {key: told for some in texts.values() for key, told in some.items()}
        known = self.cache.read(wanted)
        fresh = {key: told for key, told in wanted.items() if key not in known}
        if fresh and not wait:
            known |= self._embedded(fresh)
        for view, some in texts.items():
            if ready := {key: known[key] for key in some if key in known}:
                self.vectors.add(view, ready)
            self._waiting.update({(view, key): told for key, told in some.items() if key not in known})
        return (0 if wait else len(fresh)), len(wanted) - len(fresh)

    def _embedded(self, texts: Mapping[str, str]) -> dict[str, Vectors]:
        order = sorted(texts, key=lambda key: len(texts[key]))
        rows = self.embedder.embed_passages([texts[key] for key in order])
        new: dict[str, Vectors] = dict(zip(order, rows, strict=True))
        self.cache.write(new)
        return new


def fingerprint_of(embedder: Embedder, chunking: str) -> str:
    """Return the hash of all that decides what an index holds: format, fields, keywords, chunking, model."""
    parts = (FORMAT, stored_shape(), analysis.version(), chunking, embedder.checksum)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def current_build(root: Path) -> str:
    """Return the folder name of the build that is served; empty when there is none."""
    pointer = root / CURRENT
    return pointer.read_text("utf-8").strip() if pointer.is_file() else ""


def open_index(root: Path, embedder: Embedder, chunking: str, *, fresh: bool = False) -> Index:
    """Open the build of this model and chunking, new and empty when there is none yet or a `fresh` one is wanted."""
    root.mkdir(parents=True, exist_ok=True)
    fingerprint = fingerprint_of(embedder, chunking)
    builds = sorted(root.glob(f"build-{fingerprint[:16]}-*"))
    served = root / (current_build(root) or "none")
    if served in builds and not fresh:
        return Index(served, fingerprint, embedder)
    if builds and not fresh:  # begun and interrupted: go on
        return Index(builds[-1], fingerprint, embedder)
    number = int(builds[-1].name.rsplit("-", 1)[1]) + 1 if builds else 1
    return Index(root / f"build-{fingerprint[:16]}-{number:04}", fingerprint, embedder)


def _text(view: View, title: str, headings: Sequence[str], body: str) -> str:
    head = " › ".join((title, *headings))
    return head if view == "heads" or not body.strip() else body


def _open_vectors(folder: Path) -> VectorStore:
    store = None
    try:
        store = VectorStore(folder)
        for view in VIEWS:
            store.count(view)
        return store
    except Exception as error:  # whatever a damaged store raises: it can be filled again from the cache
        log.warning("The vector store cannot be opened (%s); it is made anew from the cache.", error)
        if store is not None:
            store.close()
        shutil.rmtree(folder, ignore_errors=True)
        return VectorStore(folder)
