"""Many readers for long, without errors or growing memory: `python -m bench.soak [SECONDS] [--workers N]`.

Several workers serve from a PostgreSQL that is made for it. The readers use the same cores; what they take is said.
"""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from contextlib import AbstractContextManager
from statistics import median
from typing import Any

from bench.indexes import Bench, prepare, sample_library
from bench.report import Figure, publish
from bench.server import Served, serving, serving_together

FEW, MANY = 20, 200  # readers
WARM_SECONDS = 300.0  # until the model is loaded, on a busy machine
PAUSE = 5.0  # seconds a reader reads, on average
SHORT_SHARE = 0.1  # of the time, for the few and for those without pauses, but no less than 20 seconds
GROWTH_GB = 0.1  # caches that fill
WARMING = 5  # questions to each process: which one answers is up to the system
SERVER, DATABASE, CLIENTS = "of the server", "of the database", "of the readers"
SHED = "503"  # sent away with Retry-After; with ordinary readers there are none


def main() -> None:
    """Measure few readers, many, and many without pauses."""
    parser = ArgumentParser()
    parser.add_argument("seconds", type=float, nargs="?", default=600.0)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    bench = prepare()
    with _served(bench, asked.workers) as served:
        for _ in range(WARMING * asked.workers):
            served.client.get("/", params={"q": "価格"}, timeout=WARM_SECONDS)  # loads the model
        figures, answers = _measured(served, asked.seconds)
    part = "soak" if asked.workers == 1 else f"soak with {asked.workers} workers"
    publish(bench.console, bench.folder, part, figures, answers)
    sys.exit(any(figure.passed is False for figure in figures))


def _served(bench: Bench, workers: int) -> AbstractContextManager[Served]:
    if workers > 1:
        return serving_together(bench, workers)
    sample_library(bench).close()
    return serving(bench, "sample")


def _measured(served: Served, seconds: float) -> tuple[list[Figure], Any]:
    """Return the figures, and how often there was which answer."""
    short = max(seconds * SHORT_SHARE, 20.0)
    few = _loaded(served, FEW, short, PAUSE)
    before = served.resident_gb
    many = _loaded(served, MANY, seconds, PAUSE)
    grown = served.resident_gb - before
    flood = _loaded(served, MANY, short, 0.0)
    flooded = served.resident_gb - before
    few_p50, many_p95 = median(few["seconds"]), _p95(many)
    pauses = f"search, read {PAUSE:.0f} s, open a hit, read {PAUSE:.0f} s"
    figures = [
        Figure(f"p50 of {FEW} readers", few_p50 * 1_000, "ms", note=pauses),
        Figure(f"p95 of {MANY} readers", many_p95 * 1_000, "ms", "<=", 3_000 * few_p50, f"3 times p50 of {FEW}"),
        Figure(f"answers to {MANY} readers", len(many["seconds"]) / seconds, "/s"),
        *_costs(many),
        Figure("errors", _errors(few) + _errors(many) + _errors(flood), "", "<=", 0),
        Figure("sent away", few["answers"].get(SHED, 0) + many["answers"].get(SHED, 0), "", "<=", 0, "503"),
        Figure("memory", served.resident_gb, "GB"),
        Figure("memory grown", grown, "GB", "<=", GROWTH_GB),
        Figure(f"answers to {MANY} without pauses", len(flood["seconds"]) / short, "/s"),
        Figure(f"p95 of {MANY} without pauses", _p95(flood) * 1_000, "ms"),
        Figure("sent away without pauses", flood["answers"].get(SHED, 0), "", note="503"),
        Figure("memory grown without pauses", flooded, "GB", "<=", 2 * GROWTH_GB),
    ]
    answers = {"few": few["answers"], "many": many["answers"], "without pauses": flood["answers"]}
    return figures, answers


def _costs(load: Mapping[str, Any]) -> list[Figure]:
    """Return the processor time of an answer: what serves, what asks and the database share the cores."""
    count = max(len(load["seconds"]), 1)
    return [
        Figure(f"an answer takes {who}", load[who] * 1_000 / count, "ms of a core")
        for who in (SERVER, DATABASE, CLIENTS)
    ]


def _loaded(served: Served, readers: int, seconds: float, pause: float) -> Mapping[str, Any]:
    """Return what readers met with, and how much of the processor it took."""
    url, before = served.client.base_url, (served.processor_seconds, served.database_seconds)
    arguments = map(str, (url.host, url.port, readers, seconds, pause))
    asking = subprocess.run([sys.executable, "-m", "bench.clients", *arguments], check=True, stdout=subprocess.PIPE)
    load: dict[str, Any] = json.loads(asking.stdout)
    return load | {
        SERVER: served.processor_seconds - before[0],
        DATABASE: served.database_seconds - before[1],
        CLIENTS: load["processor"],
    }


def _p95(load: Mapping[str, Any]) -> float:
    return sorted(load["seconds"])[int(len(load["seconds"]) * 0.95)] if load["seconds"] else float("inf")


def _errors(load: Mapping[str, Any]) -> int:
    return sum(count for status, count in load["answers"].items() if status not in ("200", SHED))


if __name__ == "__main__":
    main()
