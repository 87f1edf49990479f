"""What PostgreSQL costs: searches of a base in it against those of the same base in files, the same questions in turn.

Up to 300,000 passages no search asks Chroma, so there is none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial

import httpx2
import numpy as np

from app.library import make_index, make_library
from app.settings import Settings
from bench.engines import Postgres
from bench.indexes import ENTRIES_AT_ONCE, Bench
from bench.report import Figure, publish
from bench.server import serving
from bench.speed import FILTERS, WARM_UP, questions
from bench.synthetic import synthetic_index, write_again
from bench.timing import settled_seconds
from kb.library import Library
from kb.search.query import Filters

CHUNKS = 100_000
MOST = 1.5  # times as long as in files
ASKED = tuple((name, filters) for name, filters in FILTERS.items() if len(filters) < 2)
Asked = tuple[str, Mapping[str, str]]  # a question, with filters
Ask = Callable[[Asked], list[str]]  # the ids found


def measure_database(bench: Bench, chunks: int = CHUNKS) -> None:
    """Measure searches in this process, with questions embedded before, and over HTTP."""
    name = synthetic_index(bench, chunks)
    other = f"{name}-postgresql"
    postgres = Postgres(bench.folder / other)
    postgres.start()
    try:
        settings = Settings(entries=bench.entries, data=bench.folder / other / "var", database_url=postgres.address)
        figures = _filled(bench, settings, name, chunks)
        with closing(bench.library(name)) as files, closing(make_library(settings, bench.embedder)) as database:
            inside = _times(*(partial(_inside, _knowing_questions(library)) for library in (files, database)))
        with serving(bench, name) as files, serving(bench, f"{other}/var", postgres.address) as database:
            over_http = _times(partial(_over_http, files.client), partial(_over_http, database.client))
    finally:
        postgres.stop()
    figures += [*_ratios("in the process", inside), *_ratios("over HTTP", over_http)]
    details = {"in the process": inside, "over HTTP": over_http}
    publish(bench.console, bench.folder, f"PostgreSQL at {chunks} chunks", figures, details)


def _filled(bench: Bench, settings: Settings, name: str, chunks: int) -> list[Figure]:
    """Fill the database if it is empty; return what that takes."""
    index = make_index(settings, bench.embedder)
    with closing(index):
        if index.is_current:
            return []
        bench.console.print(f"copying vectors, and writing {chunks:,} chunks …")
        with closing(bench.index(name)) as files:
            index.cache.take_over(files.cache)
        started = time.perf_counter(), time.process_time()
        write_again(bench, index, chunks, ENTRIES_AT_ONCE)
        took, own = time.perf_counter() - started[0], time.process_time() - started[1]
    return [Figure("writing entries whose vectors are known", took, "s", note=f"{own:.0f} s of this process")]


def _times(files: Ask, database: Ask) -> dict[str, list[tuple[float, float]]]:
    """Return seconds in files and in the database by filter; each question comes with each filter once."""
    asked, times = questions(), {name: list[tuple[float, float]]() for name, _ in ASKED}
    for at in range(len(asked)):
        for turn, (name, filters) in enumerate(ASKED):
            one = asked[(at + turn * len(asked) // len(ASKED)) % len(asked)], filters
            took, found = _both([files, database], one, is_turned=bool((at + turn) % 2))
            if found[0] != found[1]:
                raise AssertionError(f"{one} finds {found[0]} and {found[1]}")
            if at >= WARM_UP:
                times[name].append((took[0], took[1]))
    return times


def _both(ways: Sequence[Ask], asked: Asked, *, is_turned: bool) -> tuple[list[float], list[list[str]]]:
    """Ask both ways, the second one first if it is its turn; return what they take and find."""
    took, found = [0.0, 0.0], [list[str](), list[str]()]
    for place in (1, 0) if is_turned else (0, 1):
        took[place] = settled_seconds(lambda p=place: found[p].extend(ways[p](asked)))  # type: ignore[misc]
    return took, found


def _knowing_questions(library: Library) -> Library:
    """Return a library that has embedded all questions."""
    library.search.embed([library.search.understood(text).meaning for text in questions()])
    return library


def _inside(library: Library, asked: Asked) -> list[str]:
    text, filters = asked
    chosen = Filters(tuple((field, (value,)) for field, value in filters.items()))
    return [hit.entry.id for hit in library.search.answer(text, filters=chosen).hits]


def _over_http(client: httpx2.Client, asked: Asked) -> list[str]:
    answer = client.get("/api/v1/search", params={"q": asked[0], **asked[1]}).raise_for_status()
    return [hit["id"] for hit in answer.json()["hits"]]


def _ratios(where: str, times: Mapping[str, Sequence[tuple[float, float]]]) -> list[Figure]:
    figures = []
    for name, pairs in times.items():
        files, database = (1000 * np.array(some) for some in zip(*pairs, strict=True))
        for of, how in (("median", 50), ("p95", 95)):
            one, other = float(np.percentile(files, how)), float(np.percentile(database, how))
            note = f"{other:.1f} / {one:.1f} ms"
            figures.append(Figure(f"{where}, {name}: PostgreSQL / files, {of}", other / one, "×", "<=", MOST, note))
        each = float(np.median(database / files))
        figures.append(Figure(f"{where}, {name}: median of the questions' ratios", each, "×"))
    return figures
