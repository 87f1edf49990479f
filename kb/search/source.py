"""The source of a search."""

from __future__ import annotations

from dataclasses import dataclass

from kb.index.catalog import Catalog
from kb.index.embedding_cache import EmbeddingCache
from kb.index.snapshot import Snapshot
from kb.index.vectors import VectorStore
from kb.search.calibration import Calibration


@dataclass(frozen=True, slots=True)
class Source:
    """One state of the index."""

    catalog: Catalog
    snapshot: Snapshot
    store: VectorStore | None  # None while being reopened: then all comparisons are exact
    calibration: Calibration
    today: str  # ISO day, for review dates
    cache: EmbeddingCache | None = None  # of sentences
    doubted: frozenset[int] = frozenset()  # numbers of entries that need review
