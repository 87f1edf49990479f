"""What the worst Markdown costs: parsing, cutting into passages and rendering 1 MB of each hostile text."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from app.words.rendering import render_document
from bench.hostile import TEXTS
from bench.indexes import Bench
from bench.report import Figure, publish
from ingest.chunk import CountTokens, chunk_entry
from ingest.document import Document
from ingest.parse import entry_of
from kb.playbook import Playbook

SIZE = 1_000_000  # bytes; half of the largest entry
PATH = "notes/hostile.md"
T = TypeVar("T")


def measure_limits(bench: Bench) -> None:
    """Measure the CPU time and the output of each text."""
    count = bench.embedder.count_tokens
    count("a")  # loads the tokenizer
    figures = []
    for name, text in TEXTS.items():
        figures += _measured(name, text(SIZE), count)
    publish(bench.console, bench.folder, "hostile", figures)


def _measured(name: str, text: str, count: CountTokens) -> list[Figure]:
    parsing, document = _timed(lambda: Document.of(text))
    reading, entry = _timed(lambda: entry_of(document, PATH, Playbook()).entry)
    cutting, chunks = _timed(lambda: chunk_entry(entry, document.tokens, count))
    rendering, shown = _timed(lambda: render_document(document, PATH, entry.title))
    growth = len(shown.html.encode()) / len(text.encode())
    note = f"fields {reading:.2f}, passages {cutting:.2f}, render {rendering:.2f} s; {len(chunks):,} passages"
    return [
        Figure(f"{name}, parse", parsing, "s", "<=", 1.0, note),
        Figure(f"{name}, output", growth, "x", "<=", 10.0),
    ]


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    started = time.process_time()
    result = work()
    return time.process_time() - started, result
