"""Open the configured index and the library over it: all that a question asked on the command line needs."""

from __future__ import annotations

from functools import partial

from app.embedding import make_embedder
from app.engines import namespace, shared_database
from app.playbook import playbook_file
from app.settings import Settings
from ingest.chunk import CHUNKING
from ingest.sync import problems_of
from kb.clock import CLOCK, Clock
from kb.index.embedding import Embedder
from kb.index.index import Index, open_index
from kb.library import Library
from kb.model.package import bundled_checksum
from kb.shared.database import Database


def make_index(
    settings: Settings, embedder: Embedder | None = None, *, fresh: bool = False, database: Database | None = None
) -> Index:
    """Open the configured index; a `fresh` one is built beside it and replaces it when complete.

    Raises DatabaseAwayError.
    """
    shared = database or shared_database(settings)
    return open_index(
        settings.index_folder,
        embedder or make_embedder(settings),
        CHUNKING,
        visible=settings.shown,
        fresh=fresh,
        space=namespace(settings, shared),
        database=shared,
    )


def make_library(
    settings: Settings, embedder: Embedder | None = None, clock: Clock = CLOCK, database: Database | None = None
) -> Library:
    """Return the configured library. Raises DatabaseAwayError, PlaybookUnknownError."""
    shared = database or shared_database(settings)
    playbook = playbook_file(settings)
    playbook.in_force()  # before anything is opened
    return Library(
        partial(make_index, settings, embedder, database=shared),
        read_playbook=playbook.in_force,
        problems_of=problems_of,
        bundled_checksum=bundled_checksum(),
        clock=clock,
    )
