"""How soon saved entries and files dropped into the folder are found."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from bench.indexes import Bench
from bench.report import Figure, publish
from bench.synthetic import synthetic_index
from bench.timing import seconds
from ingest.intake import Intake
from ingest.store import EntryStore
from ingest.watch import changes
from kb.library import Library

CHUNKS = 50_000  # of 10,000 entries
SAVES = 30
WARM_UP = 3
DROPPED = 500  # files, as by a git pull
TEXT = "紙の点検表をやめたいと言われ、{n}台の設備で二週間だけ試してもらった。班長が{n}回さわり、記入漏れが減った。"


def measure_saving(bench: Bench) -> None:
    """Measure how soon a save and a batch of new files are found."""
    name = synthetic_index(bench, CHUNKS)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "entries"
        folder.mkdir()
        library = bench.library(name, entries=folder)
        library.warm()
        store = EntryStore(library, Intake(library, folder), folder, Path(place) / "saving.lock")
        figures = _saves(library, store)
        for file in sorted(folder.rglob("*.md")):  # restore the index for the next run
            file.unlink()
            Intake(library, folder).index_files([file.relative_to(folder).as_posix()])
        library.close()
    publish(bench.console, bench.folder, "saving", [*figures, *_drop(bench)])


def _saves(library: Library, store: EntryStore) -> list[Figure]:
    saved, asked = [], []
    for number in range(SAVES + WARM_UP):
        started = time.perf_counter()
        done = store.create(_entry(number))
        hits = library.search.answer(f"計測の商談{number}").hits
        taken = time.perf_counter() - started
        if done.id not in [hit.entry.id for hit in hits]:
            raise AssertionError(f"{done.id} was saved and not found")
        search = seconds(partial(library.search.answer, f"計測の商談{number}"))
        if number >= WARM_UP:
            saved.append(taken)
            asked.append(search)
    median, worst = float(np.median(saved)), float(np.percentile(saved, 95))
    return [
        Figure("save to found at 10,000 entries, median", median, "s", "<=", 1, f"p95 {worst:.2f} s"),
        Figure("the same / a search", median / float(np.median(asked)), "x"),
    ]


def _drop(bench: Bench) -> list[Figure]:
    """Drop files into a watched folder."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "entries"
        folder.mkdir()
        settings = bench.settings("dropped", entries=folder)
        library = bench.library("dropped", entries=folder)
        intake, stop = Intake(library, folder), threading.Event()
        intake.index_files()
        library.warm()
        watcher = threading.Thread(target=_keep_up, args=(intake, folder, stop))
        watcher.start()
        time.sleep(1)
        bare = _bare(bench)
        started = time.perf_counter()
        for number, text in enumerate(_dropped()):
            (folder / f"{number:03}.md").write_text(text, "utf-8")
        first, whole = _found(library, started)
        while library.with_index(lambda index: index.waiting):
            time.sleep(0.05)
        embedded = time.perf_counter() - started
        stop.set()
        watcher.join()
        library.close()
        shutil.rmtree(settings.data, ignore_errors=True)
    alone = f"their texts embedded alone take {bare:.1f} s"
    return [
        Figure(f"{DROPPED} files dropped: first found after", first, "s", "<=", 2),
        Figure(f"{DROPPED} files dropped: all found by keywords after", whole, "s", "<=", 2),
        Figure(f"{DROPPED} files dropped: all found by meaning after", embedded, "s", note=alone),
        Figure("the same / embedding alone", embedded / bare, "x"),
    ]


def _keep_up(intake: Intake, folder: Path, stop: threading.Event) -> None:
    for paths in changes(folder, stop):
        intake.index_files(paths)
        intake.embed_waiting(stop)


def _found(library: Library, started: float) -> tuple[float, float]:
    first = 0.0
    while True:
        total = library.search.answer("", limit=1).total
        if total and not first:
            first = time.perf_counter() - started
        if total >= DROPPED:
            return first, time.perf_counter() - started
        time.sleep(0.05)


def _bare(bench: Bench) -> float:
    texts = [text.split("---\n")[2] for text in _dropped()]
    bench.embedder.embed_passages(texts[:1])
    return seconds(partial(bench.embedder.embed_passages, texts))


def _entry(number: int) -> str:
    head = f"title: 計測の商談{number}\nkind: deal\noutcome: won\ncustomer: 計測{number}\nindustry: 製造業\n"
    return (
        f"---\n{head}---\n## きっかけ\n{TEXT.format(n=number + 2)}\n\n## 決め手\n現場で{number}回さわってもらった。\n"
    )


def _dropped() -> Iterator[str]:
    for number in range(DROPPED):
        yield f"---\ntitle: 落とした話{number}\n---\n{TEXT.format(n=number)}\n"
