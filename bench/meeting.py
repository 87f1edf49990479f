"""How long the whole meeting takes over many deals and many logged searches, and what writing a search down costs."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import astuple, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np

from app.gap_board import GapBoard
from app.i18n import texts_for
from app.meeting_view import in_words
from app.meeting_work import waiting
from bench.indexes import Bench
from bench.insight import DEALS, deals_index
from bench.report import Figure, publish
from kb.library import Library
from kb.loop.activity import Activity, Searched
from kb.loop.gaps import LOOKED_BACK

SEARCHES = 100_000
WORDINGS = 5_000  # different ones
IN_VAIN = 0.3
ASKERS = 200
LOGGED = 2_000
SEARCHERS = 50
RUNS = 5
PERIODS = ("2024-W20", "2024-05")
TOPICS = ("価格", "稟議", "監査", "現場の反対", "基幹連携", "多拠点", "補助金", "技能継承", "安全", "セキュリティ")
ASKED = ("を下げてほしいと言われた", "の事例はあるか", "をどう説明するか", "で負けた商談", "に効く資料", "の切り返し")


def measure_meeting(bench: Bench) -> None:
    """Measure, show and keep how long the meeting takes, and what logging costs."""
    name = deals_index(bench)
    place = bench.settings(name).activity_file
    for file in (place, *place.parent.glob(f"{place.name}-*")):
        file.unlink(missing_ok=True)
    activity = Activity(place)
    activity.close()
    with closing(sqlite3.connect(place)) as connection, connection:
        columns = [field.name for field in fields(Searched)]
        told = f"INSERT INTO searches ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        connection.executemany(told, map(astuple, _searches()))
    publish(bench.console, bench.folder, "meeting", [*_meetings(bench, name), *_logging(bench)])


def _meetings(bench: Bench, name: str) -> list[Figure]:
    library, activity = bench.library(name), Activity(bench.settings(name).activity_file)
    library.warm()
    first = _seconds(lambda: _held(library, GapBoard(library, activity), PERIODS[0]))
    board = GapBoard(library, activity)
    again = _seconds(lambda: _held(library, board, PERIODS[0]))  # another process: vectors of the wordings are kept
    runs = [_seconds(lambda p=period: _held(library, board, p)) for period in PERIODS for _ in range(RUNS)]
    parts = [_seconds(board.gaps) for _ in range(RUNS)]
    activity.close()
    library.close()
    what = f"over {DEALS:,} deals and {SEARCHES:,} searches"
    return [
        Figure(f"meeting {what}, slowest of {len(runs)}", max(runs), "s", "<=", 2, f"median {np.median(runs):.2f} s"),
        Figure("the same, first in a process", again, "s", "<=", 2),
        Figure("of it the gaps", float(np.median(parts)), "s"),
        Figure(
            "the same, wordings never embedded before", first, "s", note="a server does that beside, every 2 minutes"
        ),
    ]


def _held(library: Library, board: GapBoard, period: str) -> None:
    texts = texts_for("ja")
    in_words(library.meeting(period, **waiting(library, board, texts)), library, texts)


def _logging(bench: Bench) -> list[Figure]:
    place = bench.folder / "logged"
    shutil.rmtree(place, ignore_errors=True)
    activity = Activity(place / "activity.sqlite")
    searches = list(islice(_searches(), LOGGED))
    alone = [_seconds(lambda s=search: activity.searched(s)) for search in searches]
    with ThreadPoolExecutor(SEARCHERS) as pool:
        crowded = list(pool.map(lambda s: _seconds(lambda: activity.searched(s)), _again(searches)))
    kept = len(activity.searches(""))
    activity.close()
    if kept != 2 * LOGGED:
        raise AssertionError(f"{2 * LOGGED - kept} searches were lost")
    told = f"p95 {1000 * np.percentile(alone, 95):.2f} ms"
    return [
        Figure("writing a search down, median", 1000 * float(np.median(alone)), "ms", "<=", 2, told),
        Figure(f"the same, {SEARCHERS} at once, a search", 1000 * sum(crowded) / SEARCHERS / LOGGED, "ms", "<=", 2),
    ]


def _searches() -> Iterator[Searched]:
    random = np.random.default_rng(5)
    now = datetime.now(UTC)
    for number in range(SEARCHES):
        wording = int(random.integers(WORDINGS))
        topic, asked = TOPICS[wording % len(TOPICS)], ASKED[wording // len(TOPICS) % len(ASKED)]
        in_vain = random.random() < IN_VAIN
        at = now - LOOKED_BACK * (1 - number / SEARCHES) + timedelta(seconds=1)
        yield Searched(
            id=f"{number:016x}",
            at=at.isoformat(timespec="milliseconds"),
            query=f"{topic}{asked} {wording}",
            confidence="none" if in_vain else "strong",
            total=10,
            asker=f"{int(random.integers(ASKERS)):016x}",
            deal=f"deals/{int(random.integers(DEALS)):06}" if random.random() < 0.1 else "",
        )


def _again(searches: list[Searched]) -> Iterator[Searched]:
    return (replace(search, id=f"again-{search.id}") for search in searches)


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
