"""The entries saved last: the same text is recognised before the index knows the file."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from ingest.inside import below
from ingest.likeness import folded
from kb.entry import Entry, is_shown
from kb.errors import NotSavedError

REMEMBERED = 1_000  # files


@dataclass(frozen=True, slots=True)
class _File:
    """A file that was saved."""

    entry_id: str
    content_hash: str
    words: str  # hash of its text without spaces and case; empty for an entry without text
    audiences: tuple[str, ...]


class Written:
    """Remembers the files saved last. Compare and add while holding the lock of the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: OrderedDict[str, _File] = OrderedDict()

    def remember(self, path: str, content_hash: str, entry: Entry) -> None:
        """Remember what was just saved at a path."""
        self._files[path] = _File(entry.id, content_hash, _words(entry.body), entry.audiences)
        self._files.move_to_end(path)
        while len(self._files) > REMEMBERED:
            self._files.popitem(last=False)

    def path_of(self, entry_id: str, visible: frozenset[str]) -> str:
        """Return the path of a visible entry that was saved, if its file is unchanged; empty if there is none."""
        known = [(path, file) for path, file in self._shown(visible) if file.entry_id == entry_id]
        return next((path for path, file in known if content_hash(self._folder, path) == file.content_hash), "")

    def same(self, body: str, visible: frozenset[str], own: str = "") -> str:
        """Return the id of another visible entry saved with this text, if its file is unchanged; empty without one."""
        words = _words(body)
        known = [(path, file) for path, file in self._shown(visible) if words and file.words == words]
        for path, file in known:
            if file.entry_id != own and content_hash(self._folder, path) == file.content_hash:
                return file.entry_id
        return ""

    def _shown(self, visible: frozenset[str]) -> list[tuple[str, _File]]:
        return [(path, file) for path, file in list(self._files.items()) if is_shown(file.audiences, visible)]


def content_hash(folder: Path, path: str) -> str:
    """Return the SHA-256 of a file below a folder, empty if it cannot be read."""
    try:
        return hashlib.sha256(below(folder, path).read_bytes()).hexdigest()
    except (OSError, NotSavedError):
        return ""


def _words(body: str) -> str:
    words = folded(body)
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest() if words else ""
