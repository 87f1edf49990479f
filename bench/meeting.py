"""Speed of the meeting over many deals and logged searches, and the cost of logging a search."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import astuple, fields, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from app.services import open_services
from app.words.meeting_view import in_words
from app.words.meeting_work import waiting
from app.words.reader import Reader
from bench.indexes import Bench, all_vectors, sample_library
from bench.insight import DEALS, deals_index
from bench.report import Figure, publish
from bench.synthetic import perturbed
from bench.timing import seconds
from kb.index.analysis import fold
from kb.library import Library
from kb.loop.activity import Activity, Searched
from kb.loop.board import GapBoard
from kb.loop.gaps import LOOKED_BACK

SEARCHES = 100_000
WORDINGS = 5_000  # distinct
FAILED_SHARE = 0.3
ASKERS = 200
AT_ONCE = 500
LOGGED = 2_000
SEARCHERS = 50
RUNS = 5
PERIODS = ("2024-W20", "2024-05")
TOPICS = ("価格", "稟議", "監査", "現場の反対", "基幹連携", "多拠点", "補助金", "技能継承", "安全", "セキュリティ")
ASKED = ("を下げてほしいと言われた", "の事例はあるか", "をどう説明するか", "で負けた商談", "に効く資料", "の切り返し")


def measure_meeting(bench: Bench) -> None:
    """Measure the time of the meeting, and of logging."""
    name = deals_index(bench)
    place = bench.settings(name).activity_file
    for file in (place, *place.parent.glob(f"{place.name}-*")):
        file.unlink(missing_ok=True)
    activity = Activity(place)
    activity.close()
    with closing(sqlite3.connect(place)) as connection, connection:
        columns = [field.name for field in fields(Searched)]
        statement = f"INSERT INTO searches ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        connection.executemany(statement, map(astuple, _searches()))
    _cache_vectors(bench, place)
    publish(bench.console, bench.folder, "meeting", [*_meetings(bench, name), *_logging(bench)])


def _cache_vectors(bench: Bench, place: Path) -> None:
    """Store a vector for every wording, as a server does every two minutes."""
    library = sample_library(bench)
    real, model = library.with_index(lambda index: all_vectors(index, "heads")), library.search.model
    library.close()
    made = perturbed(real, WORDINGS, np.random.default_rng(6))
    activity = Activity(place)
    for at in range(0, WORDINGS, AT_ONCE):
        rows = {fold(_wording(n)): made[n].tobytes() for n in range(at, at + AT_ONCE)}
        activity.keep_wording_vectors(model, rows)
    activity.close()


def _meetings(bench: Bench, name: str) -> list[Figure]:
    services = open_services(bench.settings(name), bench.embedder, logs=False)
    library, board = services.library, services.gap_board
    library.warm()
    first = seconds(partial(_prepare, library, board, PERIODS[0]))
    runs = [seconds(partial(_prepare, library, board, period)) for period in PERIODS for _ in range(RUNS)]
    started = time.process_time()
    parts = [seconds(board.gaps) for _ in range(RUNS)]
    processor = (time.process_time() - started) / RUNS
    services.close()
    what = f"over {DEALS:,} deals and {SEARCHES:,} searches"
    return [
        Figure(f"meeting {what}, slowest of {len(runs)}", max(runs), "s", "<=", 2, f"median {np.median(runs):.2f} s"),
        Figure(
            "the same, first in a process",
            first,
            "s",
            note="a server does most of it in the background, every 2 minutes",
        ),
        Figure("clustering the searches", float(np.median(parts)), "s", note=f"{processor:.2f} s of CPU time"),
    ]


def _prepare(library: Library, board: GapBoard, period: str) -> None:
    reader = Reader.of("ja", library.playbook)
    in_words(library.loop.meeting(period, **waiting(library, board, reader)), library, reader)


def _logging(bench: Bench) -> list[Figure]:
    place = bench.folder / "logged"
    shutil.rmtree(place, ignore_errors=True)
    activity = Activity(place / "activity.sqlite")
    searches = list(islice(_searches(), LOGGED))
    single = [seconds(partial(activity.searched, search)) for search in searches]
    with ThreadPoolExecutor(SEARCHERS) as pool:
        parallel = list(pool.map(lambda s: seconds(partial(activity.searched, s)), _again(searches)))
    kept = len(activity.searches(""))
    activity.close()
    if kept != 2 * LOGGED:
        raise AssertionError(f"{2 * LOGGED - kept} searches were lost")
    p95 = f"p95 {1000 * np.percentile(single, 95):.2f} ms"
    return [
        Figure("logging a search, median", 1000 * float(np.median(single)), "ms", "<=", 2, p95),
        Figure(f"the same, {SEARCHERS} at once, per search", 1000 * sum(parallel) / SEARCHERS / LOGGED, "ms", "<=", 2),
    ]


def _searches() -> Iterator[Searched]:
    random = np.random.default_rng(5)
    now = datetime.now(UTC)
    for number in range(SEARCHES):
        wording = int(random.integers(WORDINGS))
        has_failed = random.random() < FAILED_SHARE
        at = now - LOOKED_BACK * (1 - number / SEARCHES) + timedelta(seconds=1)
        yield Searched(
            id=f"{number:016x}",
            at=at.isoformat(timespec="milliseconds"),
            query=_wording(wording),
            confidence="none" if has_failed else "strong",
            total=10,
            asker=f"{int(random.integers(ASKERS)):016x}",
            deal=f"deals/{int(random.integers(DEALS)):06}" if random.random() < 0.1 else "",
        )


def _wording(number: int) -> str:
    return f"{TOPICS[number % len(TOPICS)]}{ASKED[number // len(TOPICS) % len(ASKED)]} {number}"


def _again(searches: list[Searched]) -> Iterator[Searched]:
    return (replace(search, id=f"again-{search.id}") for search in searches)
