"""Indexing time: first run, nothing changed, and rebuild from the embedding cache."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench import sets
from bench.indexes import Bench, all_vectors
from bench.report import Figure, publish
from bench.speed import bare_model
from bench.synthetic import perturbed
from bench.timing import seconds
from ingest.chunk import CHUNKING
from ingest.indexing import SyncReport
from ingest.sync import sync
from kb.entry import Entry
from kb.index.embedding import Embedder, Vectors
from kb.index.index import open_index

FIRST_FILES = 54  # about 300 passages
MANY_FILES = 1_000
DOCUMENTS_IN_FILE = 5  # about as many passages as in the sample entries
TEXTS = ("jsquad", "gitlab_faq_ja", "sourcegraph_faq_en")  # prose in both languages
LEAST_CHARS = 100  # shorter documents are unrealistic
WARM_UP = 8
RUNS = 3  # of short measurements


class _FakeEmbedder:
    """Has the model's identity but makes up vectors, and records the texts."""

    def __init__(self, model: Embedder, real: Vectors) -> None:
        self.name = model.name
        self.checksum = model.checksum
        self.count_tokens = model.count_tokens
        self.embed_queries = model.embed_queries
        self.texts: list[str] = []
        self._real = real
        self._random = np.random.default_rng(1)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return a perturbed mixture of real vectors for each text."""
        self.texts += texts
        return perturbed(self._real, len(texts), self._random)


def measure_indexing(bench: Bench) -> None:
    """Measure the time of indexing."""
    documents = _documents()
    if not documents:
        bench.console.print(f"[yellow]{sets.SHARED} not found: skipping indexing.[/]")
        return
    bench.folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=bench.folder, prefix="indexing-") as folder:
        figures, real = _first(bench, Path(folder), documents)
    publish(bench.console, bench.folder, "indexing", [*figures, *_unchanged(bench, documents, real)])


def _documents() -> list[Entry]:
    present = [name for name in TEXTS if (sets.SHARED / name).is_dir()]
    return [document for name in present for document in sets.documents(name) if len(document.body) >= LEAST_CHARS]


def _first(bench: Bench, folder: Path, documents: Sequence[Entry]) -> tuple[list[Figure], Vectors]:
    """Measure first indexing and a rebuild; also return real vectors of passages."""
    entries, root = folder / "entries", folder / "index"
    _write_files(entries, documents, FIRST_FILES)
    texts = _texts(bench, folder / "fake", entries)
    model = bare_model(bench)
    for embed in (bench.embedder.embed_passages, model.encode_document):
        embed(texts[:WARM_UP])
    bench.console.print(f"embedding {len(texts)} texts, once bare and once in a first indexing …")
    bare = seconds(
        lambda: model.encode_document(texts[::2], show_progress_bar=False)
    )  # half before, half after: a busy moment affects both
    report, first = _timed_sync(bench.embedder, root, entries)
    bare += seconds(lambda: model.encode_document(texts[1::2], show_progress_bar=False))
    _expect(report.embedded, len(texts))
    rebuilds = []
    for _ in range(RUNS):
        report, taken = _timed_sync(bench.embedder, root, entries, fresh=True)
        _expect(report.embedded, 0)
        rebuilds.append(taken)
    index = open_index(root, bench.embedder, CHUNKING)
    real = all_vectors(index, "bodies")
    index.close()
    rebuild = float(np.median(rebuilds))
    figures = [
        Figure("passages", len(real), note=f"of {FIRST_FILES} files; {len(texts)} texts with their headings"),
        Figure("bare embedding", len(texts) / bare, "texts/s", note=f"{bare:.1f} s"),
        Figure("first indexing", len(texts) / first, "texts/s", note=f"{first:.1f} s"),
        Figure("first indexing / bare embedding, throughput", bare / first, "x", ">=", 0.9),
        Figure("first indexing / rebuild from the cache, time", first / rebuild, "x", ">=", 20, f"{rebuild:.2f} s"),
    ]
    return figures, np.asarray(real, np.float32)


def _texts(bench: Bench, root: Path, entries: Path) -> list[str]:
    """Return the texts a first indexing embeds; this also warms up everything but the model."""
    fake = _FakeEmbedder(bench.embedder, np.eye(2, dtype=np.float32))
    _timed_sync(fake, root, entries)
    return fake.texts


def _unchanged(bench: Bench, documents: Sequence[Entry], real: Vectors) -> list[Figure]:
    """Measure a sync without changes; the index is kept for the next run."""
    folder = bench.folder / "unchanged"
    entries, root = folder / "entries", folder / "index"
    shutil.rmtree(entries, ignore_errors=True)
    _write_files(entries, documents, MANY_FILES)
    bench.console.print(f"indexing {MANY_FILES:,} entries with made-up vectors …")
    _timed_sync(_FakeEmbedder(bench.embedder, real), root, entries)
    runs = [_timed_sync(bench.embedder, root, entries) for _ in range(RUNS)]
    for report, _ in runs:
        _expect(report.unchanged, MANY_FILES)
    slowest = max(taken for _, taken in runs)
    embedded = max(report.embedded for report, _ in runs)
    label = f"sync of {MANY_FILES:,} unchanged entries"
    return [
        Figure(f"{label}, texts embedded", embedded, "", "<=", 0),
        Figure(label, slowest, "s", "<=", 2, f"slowest of {RUNS}, opening included"),
    ]


def _write_files(folder: Path, documents: Sequence[Entry], files: int) -> None:
    """Write Markdown files of evenly sampled documents, each under its own heading."""
    folder.mkdir(parents=True)
    wanted = files * DOCUMENTS_IN_FILE
    chosen = [documents[at * len(documents) // wanted] for at in range(wanted)]
    for number in range(files):
        some = chosen[number * DOCUMENTS_IN_FILE : (number + 1) * DOCUMENTS_IN_FILE]
        sections = (f"## {document.title}\n\n{document.body}\n" for document in some)
        text = "\n".join((f"# {some[0].title} {number}\n", *sections))
        (folder / f"{number:04}.md").write_text(text, "utf-8")


def _timed_sync(embedder: Embedder, root: Path, entries: Path, *, fresh: bool = False) -> tuple[SyncReport, float]:
    """Sync; return the report and the seconds, including opening the index."""
    started = time.perf_counter()
    index = open_index(root, embedder, CHUNKING, fresh=fresh)
    report = sync(index, entries)
    taken = time.perf_counter() - started
    index.close()
    return report, taken


def _expect(found: int, wanted: int) -> None:
    if found != wanted:
        raise AssertionError(f"{found} instead of {wanted}: the measurement is invalid")
