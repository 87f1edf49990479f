"""What a viewer costs: search in a part against the whole, making a part, and following a save."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import psutil

from bench.indexes import Bench
from bench.report import Figure, publish
from bench.speed import WARM_UP, questions
from bench.synthetic import group_name, synthetic_index
from bench.timing import seconds
from kb.audience import visible_to
from kb.index.index import Draft, Index
from kb.library import Library
from kb.viewer import Viewer
from kb.views import FOLDER, Views

CHUNKS = 10_000
GROUPS = 50
SETS = 20  # made one after the other
SAVES = 20


def measure_viewers(bench: Bench, chunks: int = CHUNKS) -> None:
    """Measure what people cost who see half of the entries and those of three groups."""
    name = synthetic_index(bench, chunks, GROUPS)
    whole = bench.library(name)
    shutil.rmtree(whole.with_index(lambda index: index.build) / FOLDER, ignore_errors=True)
    views: Views[Library] = Views(whole, lambda part: part)
    whole.search.answer("価格")
    before = psutil.Process().memory_info().rss
    made = [seconds(lambda at=at: views.of(_visible(at)).search.answer("価格")) for at in range(SETS)]  # type: ignore[misc]
    grown = (psutil.Process().memory_info().rss - before) / SETS / 1e6
    times = _times(whole, views)
    saves = [_following(whole, views, at) for at in range(SAVES)]
    ratio = float(np.median(times["viewer"]) / np.median(times["whole"]))
    figures = [
        Figure("search of a viewer / of the whole, median", ratio, "×", "<=", 1.1),
        Figure("making a set, median", float(np.median(made)), "s"),
        Figure("memory of a set", grown, "MB"),
        Figure("a set follows a save it may see, median", 1000 * float(np.median([one for one, _ in saves])), "ms"),
        Figure("a set follows a hidden save, median", 1000 * float(np.median([other for _, other in saves])), "ms"),
    ]
    views.close()
    whole.close()
    publish(bench.console, bench.folder, f"viewers at {chunks} chunks", figures, {"seconds": times})


def _visible(at: int) -> frozenset[str]:
    groups = frozenset(group_name((at + step) % GROUPS) for step in (0, 17, 31))
    return visible_to(Viewer(f"p{at}", "", "reader", groups))


def _times(whole: Library, views: Views[Library]) -> dict[str, list[float]]:
    """Return seconds by who asks, one after the other, so that a busy moment affects both."""
    times: dict[str, list[float]] = {"whole": [], "viewer": []}
    for at, text in enumerate(questions()):
        whole.search.embed([text])  # cached or not, the same for both
        ways = [("whole", lambda: whole), ("viewer", lambda: views.of(_visible(0)))]
        for who, library in ways if at % 2 else ways[::-1]:
            took = seconds(lambda library=library, text=text: library().search.answer(text, explain=True))  # type: ignore[misc]
            if at >= WARM_UP:
                times[who].append(took)
    return times


def _following(whole: Library, views: Views[Library], at: int) -> tuple[float, float]:
    """Return how long a set takes to follow a save that it may see, and one that it may not."""
    took = []
    for visibility in ("all", group_name(49)):
        whole.with_index(lambda index, visibility=visibility: _save(index, visibility, at))  # type: ignore[misc]
        whole.refresh()
        took.append(seconds(lambda: views.of(_visible(0))))
    return took[0], took[1]


def _save(index: Index, visibility: str, at: int) -> None:
    entry_id = list(index.catalog.states().values())[at][0]
    (entry,) = index.catalog.entries([entry_id]).values()
    with index.writing():
        index.write([Draft(replace(entry, visibility=visibility), (), (), (), f"bench {at}".replace(" ", "-"))])
