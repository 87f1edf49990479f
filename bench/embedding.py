"""Embedding with ONNX Runtime against PyTorch, the same texts in turn: time and likeness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from bench import sets
from bench.indexes import Bench
from bench.report import Figure, publish
from bench.speed import bare_model
from bench.timing import settled_seconds
from kb.index.embedding import PASSAGE, QUERY, Vectors
from kb.model.package import bundled_file, file_checksum
from kb.model.small import SmallModel

QUESTIONS = 100
PASSAGES = 64
WARM_UP = 10
Embed = Callable[[list[str]], Any]


def measure_embedding(bench: Bench) -> None:
    """Measure how one question and a batch of passages are embedded."""
    source = bundled_file()
    if source is None:
        bench.console.print("[yellow]There is no bundled model on this platform: skipping embedding.[/]")
        return
    small, bare = SmallModel(source, file_checksum(source), bench.models), bare_model(bench)
    questions = [question.text for question in sets.judgements()][: QUESTIONS + WARM_UP]
    bodies = [text for path in sorted(bench.entries.rglob("*.md")) if (text := path.read_text("utf-8")[:400])]
    asked = [[text] for text in questions]
    saved = [bodies[:PASSAGES]] * 3  # the first to warm up
    rows = [
        ("one question", WARM_UP, 0.4, _paired(asked, bare.encode_query, partial(_prefixed, small, QUERY))),
        (f"{PASSAGES} passages", 1, 0.8, _paired(saved, bare.encode_document, partial(_prefixed, small, PASSAGE))),
    ]
    figures = [_figure(what, target, paired[warm_up:]) for what, warm_up, target, paired in rows]
    least = min(cosine for *_, paired in rows for *_, cosine in paired)
    figures.append(Figure("least cosine between the two", least, "", ">=", 0.9995))
    publish(bench.console, bench.folder, "embedding", figures)


def _prefixed(small: SmallModel, prefix: str, texts: Sequence[str]) -> Vectors:
    return small.embed([prefix + text for text in texts])


def _paired(batches: Sequence[Sequence[str]], bare: Embed, small: Embed) -> list[tuple[float, float, float]]:
    """Return the seconds of both and their least cosine, batch by batch: a busy moment affects both."""
    found = []
    for batch in batches:
        (slow, theirs), (quick, ours) = _timed(bare, batch), _timed(small, batch)
        found.append((slow, quick, float(np.sum(theirs * ours, axis=1).min())))
    return found


def _timed(embed: Embed, batch: Sequence[str]) -> tuple[float, Vectors]:
    found: list[Vectors] = []
    taken = settled_seconds(lambda: found.append(embed(list(batch))))
    return taken, found[0]


def _figure(what: str, target: float, paired: Sequence[tuple[float, float, float]]) -> Figure:
    bare, small, _ = np.asarray(paired).T
    note = f"{1000 * np.median(small):.1f} ms, PyTorch {1000 * np.median(bare):.1f} ms"
    return Figure(f"{what}, ONNX Runtime / PyTorch", float(np.median(small / bare)), "x", "<=", target, note)
