"""How long indexing takes: first, with nothing changed, and again from the embedding cache."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sentence_transformers import SentenceTransformer

from bench import sets
from bench.indexes import Bench
from bench.report import Figure, publish
from bench.speed import bare_model
from bench.synthetic import perturbed
from ingest.chunk import CHUNKING
from ingest.sync import SyncReport, sync
from kb.entry import Entry
from kb.index.embedding import Embedder, Vectors
from kb.index.index import open_index

FIRST_FILES = 54  # about 300 passages
MANY_FILES = 1_000
DOCUMENTS_IN_FILE = 5  # about as many passages as the sample entries have
TEXTS = ("jsquad", "gitlab_faq_ja", "sourcegraph_faq_en")  # prose in both languages
LEAST_CHARS = 100  # a shorter document is no passage anybody would write
WARM_UP = 8
RUNS = 3  # of what takes little time


class _Standin:
    """Passes for the model but makes its vectors up, and remembers the texts it was given."""

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
    """Measure, show and keep how long indexing takes."""
    documents = _documents()
    if not documents:
        bench.console.print(f"[yellow]{sets.SHARED} is not there: indexing is not measured.[/]")
        return
    bench.folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=bench.folder, prefix="indexing-") as folder:
        figures, real = _first(bench, Path(folder), documents)
    publish(bench.console, bench.folder, "indexing", [*figures, *_unchanged(bench, documents, real)])


def _documents() -> list[Entry]:
    present = [name for name in TEXTS if (sets.SHARED / name).is_dir()]
    return [document for name in present for document in sets.documents(name) if len(document.body) >= LEAST_CHARS]


def _first(bench: Bench, folder: Path, documents: Sequence[Entry]) -> tuple[list[Figure], Vectors]:
    """Measure first indexing and a rebuild; return also real vectors of passages."""
    entries, root = folder / "entries", folder / "index"
    _write_files(entries, documents, FIRST_FILES)
    texts = _texts(bench, folder / "standin", entries)
    model = bare_model(bench)
    for embed in (bench.embedder.embed_passages, model.encode_document):
        embed(texts[:WARM_UP])
    bench.console.print(f"embedding {len(texts)} texts, once bare and once in a first indexing …")
    bare = _embedding_seconds(model, texts[::2])  # half before, half after: a busy moment hits both sides
    report, first = _timed_sync(bench.embedder, root, entries)
    bare += _embedding_seconds(model, texts[1::2])
    _expect(report.embedded, len(texts))
    rebuilds = []
    for _ in range(RUNS):
        report, seconds = _timed_sync(bench.embedder, root, entries, fresh=True)
        _expect(report.embedded, 0)
        rebuilds.append(seconds)
    index = open_index(root, bench.embedder, CHUNKING)
    real = index.vectors.read_all("bodies")[1]
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
    """Return the texts a first indexing embeds; this also loads all there is to load besides the model."""
    standin = _Standin(bench.embedder, np.eye(2, dtype=np.float32))
    _timed_sync(standin, root, entries)
    return standin.texts


def _unchanged(bench: Bench, documents: Sequence[Entry], real: Vectors) -> list[Figure]:
    """Measure a sync that finds nothing to do; the index is kept for the next run."""
    folder = bench.folder / "unchanged"
    entries, root = folder / "entries", folder / "index"
    shutil.rmtree(entries, ignore_errors=True)
    _write_files(entries, documents, MANY_FILES)
    bench.console.print(f"indexing {MANY_FILES:,} entries with vectors that are made up …")
    _timed_sync(_Standin(bench.embedder, real), root, entries)
    runs = [_timed_sync(bench.embedder, root, entries) for _ in range(RUNS)]
    for report, _ in runs:
        _expect(report.unchanged, MANY_FILES)
    slowest = max(seconds for _, seconds in runs)
    embedded = max(report.embedded for report, _ in runs)
    label = f"sync of {MANY_FILES:,} unchanged entries"
    return [
        Figure(f"{label}, texts embedded", embedded, "", "<=", 0),
        Figure(label, slowest, "s", "<=", 2, f"slowest of {RUNS}, opening included"),
    ]


def _write_files(folder: Path, documents: Sequence[Entry], files: int) -> None:
    """Write Markdown files of documents spread evenly over all there are, each under a heading of its own."""
    folder.mkdir(parents=True)
    wanted = files * DOCUMENTS_IN_FILE
    chosen = [documents[at * len(documents) // wanted] for at in range(wanted)]
    for number in range(files):
        some = chosen[number * DOCUMENTS_IN_FILE : (number + 1) * DOCUMENTS_IN_FILE]
        sections = (f"## {document.title}\n\n{document.body}\n" for document in some)
        text = "\n".join((f"# {some[0].title} {number}\n", *sections))
        (folder / f"{number:04}.md").write_text(text, "utf-8")


def _timed_sync(embedder: Embedder, root: Path, entries: Path, *, fresh: bool = False) -> tuple[SyncReport, float]:
    """Sync and return also the seconds with opening the index."""
    started = time.perf_counter()
    index = open_index(root, embedder, CHUNKING, fresh=fresh)
    report = sync(index, entries)
    seconds = time.perf_counter() - started
    index.close()
    return report, seconds


def _embedding_seconds(model: SentenceTransformer, texts: Sequence[str]) -> float:
    started = time.perf_counter()
    model.encode_document(list(texts), show_progress_bar=False)
    return time.perf_counter() - started


def _expect(found: int, wanted: int) -> None:
    if found != wanted:
        raise AssertionError(f"{found} instead of {wanted}: the measurement is not what it says")
