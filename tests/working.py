"""Services over a small folder, and a server's background work over them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from app.background import Background
from app.services import Services, open_services
from app.settings import Settings
from ingest.sync import sync
from tests.words import WordEmbedder


@contextmanager
def opened(place: Path, embedder: WordEmbedder, *, watch: bool = True) -> Iterator[Services]:
    """Open services over a folder whose files are indexed."""
    services = open_services(Settings(entries=place / "entries", data=place / "var", watch=watch), embedder)
    try:
        services.library.with_index(partial(sync, folder=place / "entries"))
        services.library.refresh()
        yield services
    finally:
        services.close()


@contextmanager
def working(services: Services) -> Iterator[Background]:
    """Run the background work; a job that fails starts again at once."""
    background = Background(services, first_retry=0.0)
    background.start()
    try:
        yield background
    finally:
        background.stop()
