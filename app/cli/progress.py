"""Progress bars in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.settings import Settings
from app.words.reader import Reader
from ingest.indexing import SyncReport
from ingest.sync import sync, sync_some
from kb.index.index import Index

WAIT_SECONDS = 5.0  # for a server that stores what it embedded


def sync_with_progress(
    index: Index, settings: Settings, reader: Reader, *, quiet: bool = False, only: Collection[str] | None = None
) -> SyncReport:
    """Update an index with a progress bar; silent in pipes. `only` names changed files."""
    if only is not None:
        return sync_some(index, settings.entries, only)
    if quiet or not sys.stderr.isatty():
        return sync(index, settings.entries, wait=WAIT_SECONDS)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[path]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(reader("cli.indexing"), total=None, path="")

        def show(done: int, total: int, path: str) -> None:
            bar.update(task, completed=done, total=total, path=path[-40:])

        return sync(index, settings.entries, show, wait=WAIT_SECONDS)


@contextmanager
def progress_bar(reader: Reader, *, quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function that shows progress (what, done, total); silent in pipes."""
    if quiet or not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, total: bar.update(task, description=reader(what), completed=done, total=total)
