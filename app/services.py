"""Put the parts together: settings in, an index or a library out."""

from __future__ import annotations

from functools import partial

from kb.model.package import bundled_file, file_checksum

from app.settings import Settings
from ingest.check import read_playbook
from ingest.chunk import CHUNKING
from ingest.sync import problems_of
from kb.index.embedding import Embedder, ModelEmbedder
from kb.index.index import Index, open_index
from kb.library import Library


def make_embedder(settings: Settings) -> Embedder:
    """Return the model of the settings, not loaded yet."""
    return ModelEmbedder(settings.model, settings.models_folder)


def make_index(settings: Settings, embedder: Embedder | None = None, *, fresh: bool = False) -> Index:
    """Open the index of the settings; a `fresh` one is built beside it and takes its place when complete."""
    return open_index(settings.index_folder, embedder or make_embedder(settings), CHUNKING, fresh=fresh)


def make_library(settings: Settings, embedder: Embedder | None = None) -> Library:
    """Return the library of the settings."""
    bundled = bundled_file()
    return Library(
        partial(make_index, settings, embedder),
        read_playbook=lambda: read_playbook(settings.entries)[0],
        problems_of=problems_of,
        visible=settings.visibility,
        bundled_checksum=file_checksum(bundled) if bundled else "",
    )
