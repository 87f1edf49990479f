"""Fixtures for all tests.

Policy: a fixture gives a place (a folder, an opened index) or something slow that tests only read; what a test is about
it writes itself, so that it can be understood alone. What varies is a protocol given from outside, such as
`WordEmbedder`; nothing is patched or mocked. Files are real files and stores are real stores in a temporary folder.
Tests that need the language model carry the mark `model`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ingest.chunk import CHUNKING
from kb.index.index import Index, open_index
from tests.words import WordEmbedder

settings.register_profile("kachisuji", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kachisuji")


@pytest.fixture
def entries(tmp_path: Path) -> Path:
    """An empty entries folder."""
    folder = tmp_path / "entries"
    folder.mkdir()
    return folder


@pytest.fixture
def embedder() -> WordEmbedder:
    """An embedder that needs no model and counts what it embeds."""
    return WordEmbedder()


@pytest.fixture
def index(tmp_path: Path, embedder: WordEmbedder) -> Iterator[Index]:
    """An empty index of its own."""
    opened = open_index(tmp_path / "index", embedder, CHUNKING)
    yield opened
    opened.close()
