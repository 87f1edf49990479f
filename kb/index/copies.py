"""Copies that file sync and file managers leave beside an original: 「の競合コピー」, "conflicted copy", "(1)"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from pathlib import PurePosixPath

from sqlalchemy import select

from kb.index.catalog import Catalog
from kb.index.schema import ENTRIES

_COPY = re.compile(  # 競合 alone is a competitor, and no copy
    r"""(?P<stem>.+?)(?:
      \.sync-conflict-[\w-]+ |                                    # Syncthing
      [\s_-]+conflict(?:ed)?(?:[\s_-]+(?:copy|\d).*)? |             # Nextcloud
      \s*[(（\[](?:[^()（）\[\]]*(?:conflicted\ copy|競合(?:する|した)?コピー)[^()（）\[\]]* |
        (?:[^()（）\[\]]+\s)?(?:case\ |sync\ )?conflict(?:\s[\d-]+)? | copy | コピー)[)）\]] |  # Dropbox, OneDrive
      \s*(?:の|-|–)?\s*(?:競合)?コピー(?:\s*[(（]?\d+[)）]?)? |              # Finder, Explorer, Box
      [\s_-]+copy(?:\s*[(]?\d+[)]?)? |
      \s*[(（]\d{1,2}[)）]                                            # downloads
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_LIKELY = re.compile(
    r"copy|コ(?:ピ|ヒ\u309a)ー|conflict|[)）]\.\w+$", re.IGNORECASE
)  # of all paths, few: the rest costs nothing
_COPY_OF = re.compile(r"(?:copy\s+of|コピー\s*[~～〜-])\s*(?P<stem>.+)", re.IGNORECASE)  # Google Drive, Windows


def original_of(path: str, paths: Collection[str]) -> str:
    """Return the path of the file a path is a copy of, by its name; empty if it is none of these paths."""
    if not _LIKELY.search(path):
        return ""
    place = PurePosixPath(path)
    stem = unicodedata.normalize("NFC", place.stem)
    while found := _COPY.fullmatch(stem) or _COPY_OF.fullmatch(stem):  # a copy of a copy whose own original is gone
        stem = found["stem"]
        original = str(place.with_name(stem + place.suffix)) if stem.strip(".") else ""
        if original in paths:
            return original
    return ""


def originals_by_entry(catalog: Catalog) -> dict[int, int]:
    """Return the original of each published entry that is a copy, by number."""
    query = select(ENTRIES.c.path, ENTRIES.c.number).where(ENTRIES.c.status == "published")
    with catalog.engine.connect() as connection:
        numbers = {path: number for path, number in connection.execute(query)}
    return {number: numbers[found] for path, number in numbers.items() if (found := original_of(path, numbers))}
