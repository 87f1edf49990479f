"""What vectors cost in memory and time: a snapshot of many passages, one comparison, one save.

The passages are written straight into the tables, without words: nothing but their vectors is measured. Times are those
of the processor, so that other work on the machine counts little.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import psutil
from sqlalchemy import Table, insert

from bench.indexes import Bench
from bench.report import Figure, publish
from bench.speed import questions
from bench.synthetic import CHUNKS_IN_ENTRY, ENTRIES_AT_ONCE, INDUSTRIES, TAGS, perturbed, real_vectors
from kb.entry import VISIBILITIES
from kb.index.embedding import Vectors
from kb.index.embedding_cache import text_key
from kb.index.index import Index
from kb.index.neighbours import Neighbours, largest
from kb.index.schema import CHUNKS, ENTRIES, FACET_VALUES, NAMES
from kb.index.snapshot import Snapshot, take_snapshot
from kb.index.vectors import SEARCHED
from kb.search.lookup import DEPTH

PASSAGES = 1_000_000
AT_ONCE = 20_000
KEYS = 2 * CHUNKS_IN_ENTRY  # of an entry
ASKED = 30
SAVES = 5
TEXT = "A passage of a base that is only compared."


def measure_vectors(bench: Bench, passages: int = PASSAGES) -> None:
    """Measure a snapshot of a large base."""
    index = bench.index(f"vectors-{passages}")
    if index.catalog.counts()["chunks"] < passages:
        bench.console.print(f"building {passages:,} passages …")
        _build(bench, index, passages)
    asked = np.asarray(bench.embedder.embed_queries(questions()[:ASKED]), np.float32)
    before, taken = _resident(), list[Snapshot]()
    took = _seconds(lambda: taken.append(_snapshot(index)))
    gc.collect()
    snapshot, held = taken[0], _resident() - before
    figures = [
        Figure("memory of the snapshot", held, "GB", "<=", passages / 1e6),
        Figure("loading it from the embedding cache", took, "s"),
        *_comparing(snapshot, asked),
        Figure(f"recall@{DEPTH} of the candidates", _recall(index, snapshot, asked), "", ">=", 0.995),
        Figure("following a save, median", 1000 * float(np.median(list(_saving(index, snapshot)))), "ms"),
    ]
    index.close()
    publish(bench.console, bench.folder, f"vectors of {passages} passages", figures, {})


def _comparing(snapshot: Snapshot, asked: Vectors) -> list[Figure]:
    narrow = np.arange(len(snapshot.numbers)) % len(INDUSTRIES) == 0
    figures = []
    for name, allowed in (("all", None), ("a tenth of the", narrow)):
        times = [
            1000 * _seconds(lambda q=query, a=allowed: _nearest(snapshot, q, a))  # type: ignore[misc]
            for query in asked
        ]
        median, p95 = np.median(times), np.percentile(times, 95)
        figures.append(Figure(f"comparing {name} texts and titles, median", float(median), "ms", note=f"p95 {p95:.1f}"))
    return figures


def _nearest(snapshot: Snapshot, query: Vectors, allowed: np.ndarray | None) -> None:
    neighbours = Neighbours(snapshot, None, query)
    for view in SEARCHED:
        neighbours.nearest(view, DEPTH, allowed)


def _recall(index: Index, snapshot: Snapshot, asked: Vectors) -> float:
    """Return the share of the exactly nearest texts that are among the candidates."""
    keys, cosines = snapshot.keys["bodies"], np.zeros((len(asked), 0), np.float32)
    for start in range(0, len(keys), AT_ONCE):
        some = [keys.key(row) for row in range(start, min(start + AT_ONCE, len(keys)))]
        found = dict(zip(*index.vectors.rows("bodies", some), strict=True))
        cosines = np.concatenate([cosines, asked @ np.stack([found[key] for key in some]).T], axis=1)
    shares = []
    for query, exact in zip(asked, cosines, strict=True):
        near = Neighbours(snapshot, None, query).nearest("bodies", DEPTH, None)
        shares.append(len({*largest(exact, DEPTH)} & {*snapshot.rows["bodies"][near].tolist()}) / DEPTH)
    return float(np.mean(shares))


def _saving(index: Index, snapshot: Snapshot) -> Iterator[float]:
    for _ in range(SAVES):
        number = int(snapshot.entries.max()) + 1
        _write(index, range(number, number + 1))
        index.cache.write(dict(zip(_keys(number), snapshot.matrices["bodies"].at(np.arange(KEYS)), strict=True)))
        index.catalog.touch()
        taken: list[Snapshot] = []
        yield _seconds(lambda s=snapshot, t=taken: t.append(_snapshot(index, s)))  # type: ignore[misc]
        snapshot = taken[0]


def _snapshot(index: Index, before: Snapshot | None = None) -> Snapshot:
    return take_snapshot(index.catalog, index.vectors, VISIBILITIES, before)


def _build(bench: Bench, index: Index, passages: int) -> None:
    entries, real = range(1, passages // CHUNKS_IN_ENTRY + 1), real_vectors(bench)[0]
    keys = sorted(key for number in entries for key in _keys(number))  # in order, since a million at random take hours
    random = np.random.default_rng(1)
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        index.cache.write(dict(zip(some, perturbed(real, len(some), random), strict=True)))
    for start in range(0, len(entries), ENTRIES_AT_ONCE):
        _write(index, entries[start : start + ENTRIES_AT_ONCE])
    index.catalog.touch()


def _keys(entry: int) -> list[str]:
    """Return the keys of an entry's texts, then of its titles."""
    return [text_key("bench", f"{entry} {at}") for at in range(KEYS)]


def _write(index: Index, numbers: Sequence[int]) -> None:
    """Write entries with a passage for every pair of keys, four facets and four names."""
    rows: dict[Table, list[dict[str, object]]] = {ENTRIES: [], CHUNKS: [], FACET_VALUES: [], NAMES: []}
    for number in numbers:
        name = f"synthetic/{number:07}"
        texts = dict.fromkeys(("state", "sort_date", "review_by", "verified_on", "named", "document", "body"), "")
        rows[ENTRIES].append({**texts, "number": number, "id": name, "path": name, "title": "", "status": "published"})
        facets = {
            "language": ("ja", "en")[number % 2],
            "kind": ("deal", "talk-track")[number % 2],
            "industry": INDUSTRIES[number % len(INDUSTRIES)],
            "tag": TAGS[number % len(TAGS)],
        }
        rows[FACET_VALUES] += [{"entry": number, "field": field, "value": value} for field, value in facets.items()]
        rows[NAMES] += [{"entry": number, "name": f"{kind} {number}"} for kind in ("顧客", "導入事例の標題", "s", "s-")]
        rows[CHUNKS] += [_passage(number, pair) for pair in zip(*np.split(np.array(_keys(number)), 2), strict=True)]
    with index.catalog.engine.begin() as connection:
        for table, some in rows.items():
            connection.execute(insert(table), some)


def _passage(entry: int, keys: tuple[str, str]) -> dict[str, object]:
    texts = dict.fromkeys(("headings", "text", "plain", "flat", "words"), TEXT)
    lines = {"id": str(entry), "entry": entry, "line_start": 1, "line_end": 1}
    return {**texts, **lines, "body_key": str(keys[0]), "head_key": str(keys[1])}


def _seconds(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started


def _resident() -> float:
    return psutil.Process().memory_info().rss / 1e9
