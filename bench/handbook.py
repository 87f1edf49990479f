"""First use: a folder of plain Markdown pages dropped into the product."""

from __future__ import annotations

import shutil
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from app.library import make_index, make_library
from bench import sets
from bench.indexes import Bench
from bench.report import Figure, publish
from ingest.indexing import SyncReport
from ingest.sync import sync
from kb.search.answer import Answer

SEARCHES = (
    "how do referral partners and resellers get paid",
    "what does a sales development rep do in the first weeks",
    "estimate the cost of a cloud instance for a customer",
)
SHOWN_KINDS = 3  # of problems

T = TypeVar("T")


def measure_handbook(bench: Bench) -> None:
    """Index the pages as they are and run three searches."""
    if not sets.HANDBOOK.is_dir():
        bench.console.print(f"[yellow]{sets.HANDBOOK} not found: skipping the handbook.[/]")
        return
    bench.folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=bench.folder, prefix="handbook-") as folder:
        entries = Path(folder)
        _Handbook(bench, entries, _copy(sets.HANDBOOK, entries)).measure()


def _copy(source: Path, target: Path) -> int:
    """Copy the Markdown pages without permissions, which may prevent deletion; return how many."""
    pages = sorted(source.rglob("*.md"))
    for page in pages:
        copy = target / page.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, copy)
    return len(pages)


class _Handbook:
    """One run with its results and errors."""

    def __init__(self, bench: Bench, entries: Path, pages: int) -> None:
        self.bench = bench
        self.settings = bench.settings("handbook", entries)
        self.pages = pages
        self.errors: list[str] = []

    def measure(self) -> None:
        self.bench.console.print(f"indexing {self.pages} pages (minutes the first time) …")
        started = time.perf_counter()
        report = self._guarded(self._sync)
        seconds = time.perf_counter() - started
        searches = self._searches(report) if report else {}
        error = self.errors[0].splitlines()[-1] if self.errors else ""
        figures = [
            Figure("pages", self.pages),
            Figure("entries", len(report.added) if report else 0, "", ">=", self.pages),
            Figure("unhandled errors", len(self.errors), "", "<=", 0, error),
            *self._of_sync(report, seconds),
        ]
        details = {
            "problems": [f"{p.path}:{p.line}: {p.message}" for p in report.problems] if report else [],
            "errors": self.errors,
            "searches": searches,
        }
        publish(self.bench.console, self.bench.folder, "handbook", figures, details)
        for question, shown in searches.items():
            self.bench.console.print(f"{question}\n  → {shown}", markup=False)

    def _sync(self) -> SyncReport:
        """Index every page again, with the vectors cached by earlier runs."""
        index = make_index(self.settings, self.bench.embedder, fresh=True)
        try:
            return sync(index, self.settings.entries)
        finally:
            index.close()

    def _searches(self, report: SyncReport) -> dict[str, str]:
        """Open every entry, then run the searches; return the first hit of each."""
        library = make_library(self.settings, self.bench.embedder)
        for entry_id in report.added:
            self._guarded(lambda i=entry_id: library.entries.get(i))  # type: ignore[misc]
        answers = {
            text: self._guarded(lambda q=text: library.search.answer(q, limit=1))  # type: ignore[misc]
            for text in SEARCHES
        }
        library.close()
        return {text: _shown(answer) if answer else "an unhandled error" for text, answer in answers.items()}

    def _guarded(self, call: Callable[[], T]) -> T | None:
        try:
            return call()
        except Exception:  # any error counts
            self.errors.append(traceback.format_exc())
            return None

    def _of_sync(self, report: SyncReport | None, seconds: float) -> list[Figure]:
        if not report:
            return []
        kinds = Counter(problem.message for problem in report.problems).most_common(SHOWN_KINDS)
        note = "; ".join(f"{count} × {message}" for message, count in kinds)
        return [
            Figure("problems", len(report.problems), note=note),
            Figure("indexing", seconds, "s", note=f"{report.embedded} texts embedded, {report.reused} from the cache"),
        ]


def _shown(answer: Answer) -> str:
    if not answer.hits:
        return f"nothing found ({answer.confidence})"
    hit = answer.hits[0]
    place = " › ".join(part for part in (hit.entry.title, hit.heading) if part)
    return f"{place} ({hit.entry.path}; {hit.band}; confidence {answer.confidence})"
