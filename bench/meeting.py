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
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from app.words.catalogue import texts_for
from app.words.meeting_view import in_words
from app.words.meeting_work import waiting
from bench.indexes import Bench, sample_library
from bench.insight import DEALS, deals_index
from bench.report import Figure, publish
from bench.synthetic import perturbed
from kb.index.analysis import fold
from kb.library import Library
from kb.loop.activity import Activity, Searched
from kb.loop.board import GapBoard
from kb.loop.gaps import LOOKED_BACK

SEARCHES = 100_000
WORDINGS = 5_000  # different ones
IN_VAIN = 0.3
ASKERS = 200
AT_ONCE = 500
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
    _remember_meanings(bench, place)
    publish(bench.console, bench.folder, "meeting", [*_meetings(bench, name), *_logging(bench)])


def _remember_meanings(bench: Bench, place: Path) -> None:
    """Put a vector for every wording beside the searches, as a server does that looks them up every two minutes."""
    library = sample_library(bench)
    real, model = library.index.vectors.read_all("heads")[1], library.search.model
    library.close()
    made = perturbed(real, WORDINGS, np.random.default_rng(6))
    activity = Activity(place)
    for at in range(0, WORDINGS, AT_ONCE):
        rows = {fold(_wording(n)): made[n].tobytes() for n in range(at, at + AT_ONCE)}
        activity.keep_meanings(model, rows)
    activity.close()


def _meetings(bench: Bench, name: str) -> list[Figure]:
    library, activity = bench.library(name), Activity(bench.settings(name).activity_file)
    library.warm()
    board = GapBoard(library, activity)
    alone = _seconds(partial(_held, library, board, PERIODS[0]))
    runs = [_seconds(partial(_held, library, board, period)) for period in PERIODS for _ in range(RUNS)]
    started = time.process_time()
    parts = [_seconds(board.gaps) for _ in range(RUNS)]
    processor = (time.process_time() - started) / RUNS
    activity.close()
    library.close()
    what = f"over {DEALS:,} deals and {SEARCHES:,} searches"
    return [
        Figure(f"meeting {what}, slowest of {len(runs)}", max(runs), "s", "<=", 2, f"median {np.median(runs):.2f} s"),
        Figure("the same, first in a process", alone, "s", note="a server does most of it beside, every 2 minutes"),
        Figure("grouping the searches", float(np.median(parts)), "s", note=f"{processor:.2f} s of a core"),
    ]


def _held(library: Library, board: GapBoard, period: str) -> None:
    texts = texts_for("ja")
    in_words(library.loop.meeting(period, **waiting(library, board, texts)), library, texts)


def _logging(bench: Bench) -> list[Figure]:
    place = bench.folder / "logged"
    shutil.rmtree(place, ignore_errors=True)
    activity = Activity(place / "activity.sqlite")
    searches = list(islice(_searches(), LOGGED))
    alone = [_seconds(partial(activity.searched, search)) for search in searches]
    with ThreadPoolExecutor(SEARCHERS) as pool:
        crowded = list(pool.map(lambda s: _seconds(partial(activity.searched, s)), _again(searches)))
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
        in_vain = random.random() < IN_VAIN
        at = now - LOOKED_BACK * (1 - number / SEARCHES) + timedelta(seconds=1)
        yield Searched(
            id=f"{number:016x}",
            at=at.isoformat(timespec="milliseconds"),
            query=_wording(wording),
            confidence="none" if in_vain else "strong",
            total=10,
            asker=f"{int(random.integers(ASKERS)):016x}",
            deal=f"deals/{int(random.integers(DEALS)):06}" if random.random() < 0.1 else "",
        )


def _wording(number: int) -> str:
    return f"{TOPICS[number % len(TOPICS)]}{ASKED[number // len(TOPICS) % len(ASKED)]} {number}"


def _again(searches: list[Searched]) -> Iterator[Searched]:
    return (replace(search, id=f"again-{search.id}") for search in searches)


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
