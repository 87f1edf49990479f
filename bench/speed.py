"""Search time over HTTP, as a multiple of embedding the question alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sentence_transformers import SentenceTransformer

from bench import sets
from bench.indexes import Bench
from bench.report import Figure, publish
from bench.server import Served, serving
from bench.synthetic import synthetic_index
from bench.timing import settled_seconds
from kb.index.embedding import Vectors
from kb.index.neighbours import largest
from kb.model.package import bundled_file
from kb.model.unpacking import unpack
from kb.search.lookup import DEPTH

QUESTIONS = 120  # distinct, since the product caches embedded questions
WARM_UP = 10
RECALL_AT = 20
FILTERS: Mapping[str, Mapping[str, str]] = {
    "no filter": {},
    "filter keeps 1/2": {"kind": "deal"},
    "filter keeps 1/10": {"industry": "industry-03"},
    "filter keeps 1/120": {"tag": "tag-007"},
    "filters of 3 facets and dates": {
        "kind": "deal",
        "outcome": "won",
        "industry": "industry-04",
        "date_from": "2021-01-01",
    },
}


@dataclass(frozen=True, slots=True)
class Size:
    """An index size and its targets, as multiples of the bare embedding's median."""

    chunks: int
    median: float  # with any filter or none
    p95: float
    memory: float  # GB


SMALL = Size(10_000, median=1.25, p95=2.0, memory=0.8)
LARGE = Size(100_000, median=1.6, p95=2.0, memory=1.2)


def measure_speed(bench: Bench, size: Size = SMALL) -> None:
    """Measure the speed of the search at one size."""
    name = synthetic_index(bench, size.chunks)
    model = bare_model(bench)
    asked = questions()
    recalls = _recalls(bench, name, model, asked)
    with serving(bench, name) as served:
        times = _times(served, model, asked)
        resident = served.resident_gb
    figures = [*_ratios(times, size), *recalls]
    figures.append(Figure("resident memory of the server", resident, "GB", "<=", size.memory))
    details = {way: [round(1000 * second, 3) for second in seconds] for way, seconds in times.items()}
    publish(bench.console, bench.folder, f"speed at {size.chunks} chunks", figures, {"milliseconds": details})


def measure_large(bench: Bench) -> None:
    """Measure the speed of the search at the large size."""
    measure_speed(bench, LARGE)


def bare_model(bench: Bench) -> SentenceTransformer:
    """Return the bundled model, loaded the standard way."""
    source = bundled_file()
    folder = unpack(source, bench.models) if source else bench.embedder.name
    return SentenceTransformer(str(folder), device="cpu")


def questions() -> list[str]:
    """Return distinct questions of the judgement file and the shared sets, sampled evenly."""
    texts = [question.text for question in sets.judgements()]
    for name in sets.SETS:
        if (sets.SHARED / name).is_dir():
            texts += [question.text for question in sets.questions(name)[: len(sets.judgements())]]
    distinct = list(dict.fromkeys(texts))
    step = max(1, len(distinct) // (QUESTIONS + WARM_UP))
    return distinct[::step][: QUESTIONS + WARM_UP]


def _times(served: Served, model: SentenceTransformer, questions: Sequence[str]) -> dict[str, list[float]]:
    """Return seconds by way, interleaved so that a busy moment affects all ways."""
    times: dict[str, list[float]] = {"bare embedding": [], **{name: [] for name in FILTERS}}
    for at, question in enumerate(questions):
        taken = {"bare embedding": settled_seconds(lambda q=question: model.encode_query(q))}  # type: ignore[misc]
        for turn, (name, filters) in enumerate(FILTERS.items()):
            asked = question + "。" * turn  # a distinct text per way, so that none is cached
            taken[name] = settled_seconds(lambda q=asked, f=filters: _search(served, q, f))  # type: ignore[misc]
        if at >= WARM_UP:
            for name, seconds in taken.items():
                times[name].append(seconds)
    return times


def _search(served: Served, question: str, filters: Mapping[str, str]) -> None:
    served.client.get("/api/v1/search", params={"q": question, **filters}).raise_for_status()


def _ratios(times: Mapping[str, Sequence[float]], size: Size) -> list[Figure]:
    bare = float(np.median(times["bare embedding"]))
    figures = [Figure("bare embedding of a question, median", 1000 * bare, "ms")]
    for name in FILTERS:
        median, p95 = float(np.median(times[name])), float(np.percentile(times[name], 95))
        note = f"{1000 * median:.1f} ms"
        figures.append(Figure(f"search, {name}, median / bare", median / bare, "x", "<=", size.median, note))
        note = f"{1000 * p95:.1f} ms; bare p95 {1000 * np.percentile(times['bare embedding'], 95):.1f} ms"
        figures.append(Figure(f"search, {name}, p95 / bare median", p95 / bare, "x", "<=", size.p95, note))
    return figures


def _recalls(bench: Bench, name: str, model: SentenceTransformer, questions: Sequence[str]) -> list[Figure]:
    """Return the recall of HNSW against exact search."""
    index = bench.index(name)
    vectors: Vectors = np.asarray(model.encode_query(list(questions)), np.float32)
    figures = []
    for view in ("bodies", "heads"):
        keys, matrix = index.vectors.rows(view, sorted(index.catalog.vector_keys()[view]))
        shares = []
        for vector in vectors:
            exact = {keys[row] for row in largest(matrix @ vector, RECALL_AT)}
            near = [key for key, _ in index.vectors.nearest(view, vector, DEPTH)[:RECALL_AT]]
            shares.append(len(exact & set(near)) / len(exact))
        figures.append(Figure(f"recall@{RECALL_AT} of HNSW, {view}", float(np.mean(shares)), "", ">=", 0.98))
    index.close()
    return figures
