"""A sync that is killed; run in a process of its own by `test_crash`."""

from __future__ import annotations

from multiprocessing.synchronize import Event
from pathlib import Path

import chromadb  # noqa: F401  loaded once, before the processes that are killed are forked

from ingest.chunk import CHUNKING
from ingest.sync import sync
from kb.index import analysis
from kb.index.index import open_index
from tests.killing import at_step, die
from tests.words import WordEmbedder

analysis.terms("辞書を先に読む")


def run(root: Path, entries: Path, step: int, reached: Event | None) -> None:
    """Sync once; at a step, die, or where there is somebody to kill this process, say so and go on."""
    index = open_index(root, WordEmbedder(), CHUNKING)
    at_step(step, reached.set if reached else die)
    sync(index, entries)
