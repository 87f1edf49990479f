"""A sync slow enough to be killed in its middle; run in a process of its own by `test_crash`."""

from __future__ import annotations

from multiprocessing.synchronize import Event
from pathlib import Path

import chromadb  # noqa: F401  loaded once, before the processes that are killed are forked

from ingest.chunk import CHUNKING
from ingest.sync import sync
from kb.index import analysis
from kb.index.index import open_index
from tests.words import WordEmbedder

analysis.terms("辞書を先に読む")

SECONDS_PER_TEXT = 0.002


def run(root: Path, entries: Path, started: Event) -> None:
    """Sync once, saying when it starts."""
    index = open_index(root, WordEmbedder(seconds_per_text=SECONDS_PER_TEXT), CHUNKING)
    started.set()
    sync(index, entries)
