"""Many readers for long, without errors or growing memory: `python -m bench.soak [SECONDS]`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from statistics import median
from typing import Any

from bench.indexes import prepare, sample_library
from bench.report import Figure, publish
from bench.server import Served, serving

FEW, MANY = 20, 200  # readers
WARM_SECONDS = 300.0  # until the model is loaded, on a busy machine
PAUSE = 5.0  # seconds a reader reads, on average
SHORT_SHARE = 0.1  # of the time, for the few and for those without pauses, but no less than 20 seconds
GROWTH_GB = 0.1  # caches that fill
SHED = "503"  # sent away with Retry-After; with ordinary readers there are none


def main() -> None:
    """Measure few readers, many, and many without pauses."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    short = max(seconds * SHORT_SHARE, 20.0)
    bench = prepare()
    sample_library(bench).close()
    with serving(bench, "sample") as served:
        served.client.get("/", params={"q": "価格"}, timeout=WARM_SECONDS)  # loads the model
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
        Figure("errors", _errors(few) + _errors(many) + _errors(flood), "", "<=", 0),
        Figure("sent away", few["answers"].get(SHED, 0) + many["answers"].get(SHED, 0), "", "<=", 0, "503"),
        Figure("memory grown", grown, "GB", "<=", GROWTH_GB),
        Figure(f"answers to {MANY} without pauses", len(flood["seconds"]) / short, "/s"),
        Figure(f"p95 of {MANY} without pauses", _p95(flood) * 1_000, "ms"),
        Figure("sent away without pauses", flood["answers"].get(SHED, 0), "", note="503"),
        Figure("memory grown without pauses", flooded, "GB", "<=", 2 * GROWTH_GB),
    ]
    answers = {"few": few["answers"], "many": many["answers"], "without pauses": flood["answers"]}
    publish(bench.console, bench.folder, "soak", figures, answers)
    sys.exit(any(figure.passed is False for figure in figures))


def _loaded(served: Served, readers: int, seconds: float, pause: float) -> Mapping[str, Any]:
    """Return what readers met with."""
    command = [sys.executable, "-m", "bench.clients", str(served.client.base_url), *map(str, (readers, seconds, pause))]
    load: Mapping[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return load


def _p95(load: Mapping[str, Any]) -> float:
    return sorted(load["seconds"])[int(len(load["seconds"]) * 0.95)] if load["seconds"] else float("inf")


def _errors(load: Mapping[str, Any]) -> int:
    return sum(count for status, count in load["answers"].items() if status not in ("200", SHED))


if __name__ == "__main__":
    main()
