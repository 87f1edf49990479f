"""Save entries: checked, written atomically and searchable when the call returns."""

from __future__ import annotations

import fcntl
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ingest import atomic
from ingest.document import Document
from ingest.files import MAX_FILE_BYTES, FileText, decode
from ingest.front_matter import edited
from ingest.history import History, Version
from ingest.inside import below
from ingest.intake import Intake
from ingest.names import UNNAMED, candidates, name_of, veiled
from ingest.once import Once
from ingest.parse import entry_of
from ingest.review import Review, review
from kb.choices import KIND_FOLDERS
from kb.entry import Entry, Problem
from kb.errors import (
    DuplicateTextError,
    EntryNotFoundError,
    KeyReusedError,
    NotSavedError,
    ReadOnlyError,
    RefusedTextError,
    StaleEditError,
)
from kb.library import Library
from kb.wording import say

WAIT_SECONDS = 5.0  # for another process that is writing to the index


@dataclass(frozen=True, slots=True)
class Source:
    """An entry's file as stored."""

    entry: Entry
    text: str
    content_hash: str  # SHA-256 of the bytes


@dataclass(frozen=True, slots=True)
class Saved:
    """The result of a save."""

    id: str
    path: str
    content_hash: str
    problems: tuple[Problem, ...]
    is_findable: bool  # False: another process is indexing; the entry will be found soon


class EntryStore:
    """Writes to the entries folder. Safe for threads and for several processes."""

    def __init__(
        self, library: Library, intake: Intake, folder: Path, lock: Path, *, is_readonly: bool = False
    ) -> None:
        """Write below a folder; `lock` is the lock file shared by all processes that write there."""
        self.is_readonly = is_readonly
        self.history = History(folder)
        self._library = library
        self._intake = intake
        self._folder = folder
        self._lock = lock
        self._thread_lock = threading.Lock()
        self._once: Once[Saved] = Once()

    def source(self, entry_id: str) -> Source:
        """Return an entry's file. Raises EntryNotFoundError, RefusedTextError if it is no longer text."""
        entry = self._library.entries.get(entry_id)
        try:
            content = decode(below(self._folder, entry.path).read_bytes(), entry.path)
        except (OSError, NotSavedError) as error:
            raise EntryNotFoundError(entry_id) from error
        if isinstance(content, Problem):
            if self._library.shows_everything:
                raise RefusedTextError(content.message)
            raise EntryNotFoundError(entry_id)
        if content.content_hash != entry.content_hash and not self._shows(content.text, entry.path):
            raise EntryNotFoundError(entry_id)  # hidden since it was indexed
        return Source(entry, content.text, content.content_hash)

    def versions(self, entry: Entry) -> list[Version]:
        """Return the versions of an entry, newest first; where something is hidden, only those that may be shown."""
        found = self.history.versions(entry.path)
        if self._library.shows_everything:
            return list(found)
        return [version for version in found if self._text_at(entry.path, version.number) is not None]

    def text_at(self, entry_id: str, number: str) -> str:
        """Return the text of a version. Raises EntryNotFoundError."""
        text = self._text_at(self.source(entry_id).entry.path, number)
        if text is None:
            raise EntryNotFoundError(f"{entry_id}@{number[:10]}")
        return text

    def check(self, text: str | Document, *, kind: str = "", name: str = "", entry_id: str = "") -> Review:
        """Return the review of a text: the entry it makes, its problems and its duplicates.

        A new entry may have a file `name` apart from its title.
        """
        path = self._library.entries.get(entry_id).path if entry_id else place_of(kind, name)
        return review(self._library, acceptable(text), path, entry_id)

    def create(
        self,
        text: str | Document,
        *,
        kind: str = "",
        name: str = "",
        force: bool = False,
        author: str = "",
        reason: str = "",
        key: str = "",
    ) -> Saved:
        """Write a new entry; a repeated `key` with the same text returns the result of the first call.

        The file is named after `name`, else the title.

        Raises KeyReusedError, and writes nothing, if the key was used for another text.
        Raises DuplicateTextError unless `force`, UntitledError, RefusedTextError, NotSavedError.
        """
        content = text if isinstance(text, str) else text.text
        saved, is_same = self._once.run(key, content, lambda: self._created(text, kind, name, force, author, reason))
        if not is_same:
            raise KeyReusedError(saved.id, saved.content_hash)
        return saved

    def update(
        self,
        entry_id: str,
        text: str | Document,
        base_hash: str,
        *,
        force: bool = False,
        author: str = "",
        reason: str = "",
    ) -> Saved:
        """Update an entry. `base_hash` is the hash of the version the author started from.

        Raises StaleEditError if the file has changed since, EntryNotFoundError, and as `create` does.
        """
        found = self.check(text, entry_id=entry_id)
        new = found.chunked.document.text
        if found.refusal:
            raise RefusedTextError(found.refusal)
        if found.same and not force and self.source(entry_id).text != new:
            raise DuplicateTextError(found.same.id)

        def write(location: Path) -> str:
            current = _hash_of(location, entry_id)
            if current != base_hash:
                raise StaleEditError(entry_id, current)
            return atomic.replace(location, new)

        return self._saved(found, self._library.entries.get(entry_id).path, write, author, reason)

    def set_status(self, entry_id: str, status: str, *, author: str = "", reason: str = "") -> Saved:
        """Archive or restore an entry. Raises as `update` does."""
        source = self.source(entry_id)
        text = edited(Document.of(source.text), {"status": status})
        return self.update(entry_id, text, source.content_hash, force=True, author=author, reason=reason)

    def _created(self, text: str | Document, kind: str, name: str, force: bool, author: str, reason: str) -> Saved:
        found = self.check(text, kind=kind, name=name)
        title = name or name_of(found.entry)
        if found.refusal:
            raise RefusedTextError(found.refusal)
        if found.same and not force:
            raise DuplicateTextError(found.same.id)
        new = found.chunked.document.text
        paths = candidates if self._library.shows_everything else veiled
        for path in paths(found.entry.kind, title):
            try:
                return self._saved(found, path, lambda location: atomic.create(location, new), author, reason)
            except FileExistsError:
                continue
        raise NotSavedError(say("too many entries have this title; choose another"))

    def _shows(self, text: str, path: str) -> bool:
        """Whether the library shows an entry with this text."""
        return self._library.shows_everything or (
            entry_of(Document.of(text), path, self._library.playbook).entry.visibility in self._library.visible
        )

    def _text_at(self, path: str, number: str) -> str | None:
        """Return the text of a version; None if there is none to show."""
        raw = self.history.text_at(path, number)
        found = decode(raw, path) if raw is not None else None
        return found.text if isinstance(found, FileText) and self._shows(found.text, path) else None

    def _saved(self, found: Review, path: str, write: Callable[[Path], str], author: str, reason: str) -> Saved:
        with self._writing():
            digest = write(below(self._folder, path))
            self.history.commit(path, author, reason)
        report = self._intake.index_files([path], wait=WAIT_SECONDS, chunked={path: found.chunked})
        ids = (*report.added, *report.changed) if report else ()
        problems = report.problems if report else tuple(replace(p, path=path) for p in found.problems)
        return Saved(ids[0] if ids else path.removesuffix(".md"), path, digest, problems, bool(report))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Allow one save at a time, in this process and in others."""
        if self.is_readonly:
            raise ReadOnlyError
        try:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            handle = self._lock.open("w")
        except OSError as error:
            raise NotSavedError(error.strerror or str(error)) from error
        with self._thread_lock, handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def acceptable(given: str | Document) -> Document:
    """Return the document of a text that may be saved. Raises RefusedTextError."""
    text = given if isinstance(given, str) else given.text
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) > MAX_FILE_BYTES:
        size, limit = len(raw) / 1e6, MAX_FILE_BYTES / 1e6
        message = say("The file is {size:.1f} MB; the limit is {limit:.0f} MB. Split it.", size=size, limit=limit)
        raise RefusedTextError(message)
    if not text.strip():
        raise RefusedTextError(say("The file is empty; write at least a heading and a sentence."))
    content = decode(raw, "")
    if not isinstance(content, FileText):
        raise RefusedTextError(content.message)
    return Document.of(given) if isinstance(given, str) else given


def place_of(kind: str, name: str = "") -> str:
    """Return the path under which a new entry of a kind is parsed."""
    return f"{KIND_FOLDERS.get(kind, KIND_FOLDERS['note'])}/{name or UNNAMED}.md"


def _hash_of(location: Path, entry_id: str) -> str:
    try:
        return hashlib.sha256(location.read_bytes()).hexdigest()
    except OSError as error:
        raise EntryNotFoundError(entry_id) from error
