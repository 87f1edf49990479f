"""Indexes that are copied instead of built again, where several tests open an application over the same files."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from functools import cache, partial
from pathlib import Path
from typing import Any

from app.services import open_services
from app.settings import Settings
from ingest.sync import sync
from tests.engines import Engines
from tests.words import WordEmbedder, write

Files = dict[str, str]
Stored = dict[str, Any]  # settings that say where an installation has its index
_Key = tuple[tuple[tuple[str, str], ...], frozenset[str]]


class PreparedIndexes:
    """Keeps the data folders of files that were asked for before, and what engines have of them."""

    def __init__(self, folder: Path, engines: Engines) -> None:
        self._folder = folder
        self._engines = engines
        self._asked: Counter[_Key] = Counter()
        self._prepared: dict[_Key, tuple[Path, Stored]] = {}

    def copy(self, files: Files, settings: Settings) -> Stored:
        """Copy what was built of the same files, from the second time on, into a data folder that does not exist.

        Returns the settings of the engines.
        """
        key = (tuple(sorted(files.items())), settings.shown)
        self._asked[key] += 1
        if self._asked[key] == 1:
            return self._engines.settings()
        if key not in self._prepared:
            self._prepared[key] = self._build(files, settings)
        data, stored = self._prepared[key]
        left_out = () if settings.activity else ("activity.sqlite*",)
        shutil.copytree(data, settings.data, ignore=shutil.ignore_patterns(*left_out))
        return self._engines.copied(stored)

    def _build(self, files: Files, settings: Settings) -> tuple[Path, Stored]:
        place, stored = Path(tempfile.mkdtemp(dir=self._folder)), self._engines.settings()
        for path, text in files.items():
            write(place / "entries", path, text)
        own = Settings(entries=place / "entries", data=place / "var", visibility=settings.visibility, **stored)
        services = open_services(own, WordEmbedder())
        services.library.with_index(partial(sync, folder=own.entries))
        services.close()
        return own.data, stored


@cache
def prepared_below(folder: Path, engines: Engines) -> PreparedIndexes:
    """Return the indexes of this process that are kept below a folder."""
    return PreparedIndexes(folder, engines)
