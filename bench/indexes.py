"""The indexes to measure: built with the product's own code, kept in `var/bench` for the next run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rich.console import Console

from app.library import make_library
from app.settings import Settings
from bench import sets
from ingest.chunk import CHUNKING
from ingest.sync import sync
from kb.entry import Entry
from kb.index.embedding import DEFAULT_MODEL, ModelEmbedder, Vectors
from kb.index.index import Index, open_index
from kb.index.vectors import View
from kb.library import Library

ENTRIES_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Bench:
    """The context of every benchmark."""

    console: Console
    folder: Path  # results and indexes
    entries: Path  # the sample entries
    embedder: ModelEmbedder
    models: Path  # the unpacked model

    def settings(self, name: str, entries: Path | None = None) -> Settings:
        """Return settings for a server or library over one of the indexes."""
        return Settings(entries=entries or self.entries, data=self.folder / name, watch=False)

    def index(self, name: str) -> Index:
        """Open one of the indexes."""
        return open_index(self.settings(name).index_folder, self.embedder, CHUNKING)

    def library(self, name: str, entries: Path | None = None) -> Library:
        """Return a library over one of the indexes."""
        return make_library(self.settings(name, entries), self.embedder)


def prepare() -> Bench:
    """Return the bench with the bundled model, in the folder of the product's settings."""
    settings = Settings()
    embedder = ModelEmbedder(DEFAULT_MODEL, settings.models_folder)
    return Bench(Console(), settings.data / "bench", settings.entries, embedder, settings.models_folder)


def all_vectors(index: Index, view: View) -> Vectors:
    """Return the vectors of a view as rows."""
    return index.vectors.rows(view, sorted(index.catalog.vector_keys()[view]))[1]


def sample_library(bench: Bench) -> Library:
    """Return a library over the sample entries."""
    index = bench.index("sample")
    sync(index, bench.entries)
    index.close()
    return bench.library("sample")


def set_library(bench: Bench, name: str) -> Library:
    """Return a library over the documents of a shared set."""
    index = bench.index(f"index-{name}")
    if not index.is_current:
        bench.console.print(f"{name}: indexing (minutes the first time) …")
        write(index, sets.documents(name))
    embed_sentences(index)
    index.close()
    return bench.library(f"index-{name}", entries=Path("no-entries-folder"))


def write(index: Index, entries: Iterable[Entry]) -> tuple[int, int]:
    """Write entries and make the index current; return how many texts were embedded and reused."""
    embedded = reused = 0
    with index.writing():
        rest = iter(entries)
        while group := list(islice(rest, ENTRIES_AT_ONCE)):
            counts = index.write([sets.draft(entry, index.embedder) for entry in group])
            embedded, reused = embedded + counts[0], reused + counts[1]
        index.finish()
    embed_sentences(index)
    return embedded, reused


def embed_sentences(index: Index) -> None:
    """Embed the sentences of passages that have none yet."""
    for portion in index.sentences.portions():
        index.sentences.embed(portion)
