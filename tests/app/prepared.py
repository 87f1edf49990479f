"""Indexes that are copied instead of built again, where several tests open an application over the same files."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from functools import cache, partial
from pathlib import Path

from app.services import open_services
from app.settings import Settings
from ingest.sync import sync
from tests.words import WordEmbedder, write

Files = dict[str, str]
_Key = tuple[tuple[tuple[str, str], ...], frozenset[str]]


class PreparedIndexes:
    """Keeps the data folders of files that were asked for before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._asked: Counter[_Key] = Counter()
        self._prepared: dict[_Key, Path] = {}

    def copy(self, files: Files, settings: Settings) -> None:
        """Copy what was built of the same files, from the second time on, into a data folder that does not exist."""
        key = (tuple(sorted(files.items())), settings.shown)
        self._asked[key] += 1
        if self._asked[key] == 1:
            return
        if key not in self._prepared:
            self._prepared[key] = self._build(files, settings)
        left_out = () if settings.activity else ("activity.sqlite*",)
        shutil.copytree(self._prepared[key], settings.data, ignore=shutil.ignore_patterns(*left_out))

    def _build(self, files: Files, settings: Settings) -> Path:
        place = Path(tempfile.mkdtemp(dir=self._folder))
        for path, text in files.items():
            write(place / "entries", path, text)
        own = Settings(entries=place / "entries", data=place / "var", visibility=settings.visibility)
        services = open_services(own, WordEmbedder())
        services.library.with_index(partial(sync, folder=own.entries))
        services.close()
        return own.data


@cache
def prepared_below(folder: Path) -> PreparedIndexes:
    """Return the indexes of this process that are kept below a folder."""
    return PreparedIndexes(folder)
