"""Save entries: checked, written atomically and, if the index can be written, searchable when the call returns."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from ingest import atomic
from ingest.begun import Begun
from ingest.document import Document
from ingest.files import FileText, decode
from ingest.front_matter import edited
from ingest.history import History, Version
from ingest.inside import below
from ingest.intake import Intake
from ingest.marks import is_mark
from ingest.masked_part import MaskedPart
from ingest.names import candidates, name_of, require_plain, veiled
from ingest.once import Once
from ingest.owning import is_own, refuse_change, refuse_verdict
from ingest.parse import entry_of
from ingest.review import Review, read_alone, review
from ingest.saving import Turn, one_at_a_time
from ingest.stored import Saved, Source, acceptable, as_indexed, hash_of, holds, new_id, place_of
from ingest.unverified import changed_by_author
from ingest.written import Written
from ingest.yaml_text import Plain
from kb.entry import Entry, Problem, is_shown
from kb.errors import (
    DuplicateTextError,
    EntryNotFoundError,
    ForbiddenError,
    KeyReusedError,
    NotSavedError,
    ReadOnlyError,
    RefusedTextError,
    StaleEditError,
)
from kb.library import Library
from kb.shared.requests import Note, SharedRequests
from kb.viewer import OPERATOR, Viewer
from kb.wording import say

Change = Literal["entry-saved", "entry-archived", "entry-restored", "entry-verified"]  # what a save was, for the log
log = logging.getLogger(__name__)


class EntryStore:
    """Writes to the entries folder. Safe for threads and for several processes."""

    def __init__(
        self,
        library: Library,
        intake: Intake,
        folder: Path,
        lock: Path,
        *,
        is_readonly: bool = False,
        noted: Callable[[Change, str], None] = lambda _change, _id: None,
        shared: SharedRequests[Saved] | None = None,
        turn: Turn = nullcontext,
    ) -> None:
        """Write below a folder; `lock` is the lock file shared by all processes that write there.

        `noted` hears of each save, with the entry's id; it may not fail. `shared` knows the keys of other servers,
        `turn` keeps them from saving meanwhile.
        """
        self.is_readonly = is_readonly
        self.history = History(folder)
        self._library = library
        self._intake = intake
        self._folder = folder
        self._lock = lock
        self._turn = turn
        self._written = Written(folder)
        self._once: Once[Saved] = Once(shared)
        self._noted = noted
        self._viewer = OPERATOR
        self._visible = library.visible
        self._masked: MaskedPart | None = None

    def masked(self, part: MaskedPart) -> EntryStore:
        """Return the store of those who read some entries masked: they get rewritten files and cannot change them."""
        store = self.of(part.library, part.library.visible)
        store._masked = part
        return store

    def of(self, library: Library, visible: frozenset[str], viewer: Viewer = OPERATOR) -> EntryStore:
        """Return the store as a person has it: it knows what their library shows, and saves what they may."""
        store = copy(self)
        store._library, store._visible, store._viewer = library, visible, viewer
        return store

    def unrestricted(self) -> EntryStore:
        """Return the store with the same sight and the right to change every entry it shows."""
        return self.of(self._library, self._visible)

    def may_change(self, entry: Entry) -> bool:
        """Whether who saves may change an entry."""
        if not self.shows_all_of(entry):
            return False
        return is_own(self._viewer, entry) or is_own(self._viewer, entry, self._first_author(entry.path))

    def refusal(self, entry: Entry) -> ForbiddenError:
        """Return why who saves may not change an entry, and who can."""
        return refuse_change(entry.owner, self._viewer.name)

    def owns(self, entry: Entry) -> bool:
        """Whether who saves may change an entry, without asking the history who wrote it first: for lists."""
        return not self.is_readonly and self.shows_all_of(entry) and is_own(self._viewer, entry)

    def source(self, entry_id: str) -> Source:
        """Return an entry's file. Raises EntryNotFoundError, RefusedTextError if it is no longer text."""
        entry = self._library.entries.get(entry_id)
        path = self._masked.real_path(entry) if self._masked else entry.path
        try:
            content = decode(below(self._folder, path).read_bytes(), path)
        except (OSError, NotSavedError) as error:
            raise EntryNotFoundError(entry_id) from error
        if isinstance(content, Problem):
            if self._library.shows_everything:
                raise RefusedTextError(content.message)
            raise EntryNotFoundError(entry_id)
        if content.content_hash != entry.content_hash and not self._shows(content.text, path):
            raise EntryNotFoundError(entry_id)  # hidden since it was indexed
        return self._read(Source(entry, content.text, content.content_hash), path)

    def _read(self, source: Source, path: str) -> Source:
        """Return a file as these people read it. Raises EntryNotFoundError."""
        text = self._masked.shown(source.text, path) if self._masked else source.text
        if text is None:
            raise EntryNotFoundError(source.entry.id)
        if text == source.text:
            return source
        return replace(source, text=text, content_hash=hashlib.sha256(text.encode()).hexdigest())

    def shows_all_of(self, entry: Entry) -> bool:
        """Whether nothing of an entry is masked for these people, so that they can save it."""
        return self._masked is None or self._masked.may_change(entry)

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
        return review(self._library, acceptable(text), path, self._visible, entry_id)

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
        later: bool = False,
    ) -> Saved:
        """Write a new entry; a repeated `key` with the same text returns the result of the first call.

        The file is named after `name`, else the title. With `later` the text is compared with no other, and
        indexed soon after: the call returns once the file is written.

        Raises KeyReusedError, and writes nothing, if the key was used for another text.
        Raises DuplicateTextError unless `force`, UntitledError, RefusedTextError, NotSavedError.
        """
        require_plain(author=author, reason=reason, name=name, key=key)
        content = text if isinstance(text, str) else text.text
        own_key = f"{self._viewer.person} {key}" if key else ""  # another person may not learn what was saved with it
        work = partial(self._created, text, kind, name, force, author, reason, later)
        settle = partial(self._settled, author, reason)
        saved, is_same = self._once.run(own_key, content, work, settle)
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
        change: Change = "entry-saved",
    ) -> Saved:
        """Update an entry. `base_hash` is the hash of the version the author started from.

        Raises StaleEditError if the file has changed since, EntryNotFoundError, and as `create` does.
        """
        require_plain(author=author, reason=reason)
        path = self._path_of(entry_id)
        text, base_hash = self._as_stored(text), self._stored_hash(base_hash, path)
        found = self._reviewed(self._as_authored(text, path), path, entry_id)
        new = found.chunked.document.text
        if found.refusal:
            raise RefusedTextError(found.refusal)
        with self._writing():
            location = below(self._folder, path)
            current = hash_of(location, entry_id)
            if current != base_hash:
                raise StaleEditError(entry_id, current)
            self._need_right(location, path, found)
            same = found.same.id if found.same else self._written.same(found.entry.body, self._visible, entry_id)
            if same and not force and hashlib.sha256(new.encode("utf-8")).hexdigest() != current:
                raise DuplicateTextError(same)
            self.history.commit(path, "", "")  # what somebody changed by hand
            saved = self._kept(found, path, entry_id, atomic.replace(location, new), author, reason)
        self._noted(change, entry_id)
        return self._indexed(saved, found)

    def set_status(self, entry_id: str, status: str, *, author: str = "", reason: str = "") -> Saved:
        """Archive or restore an entry. Raises as `update` does."""
        source = self.source(entry_id)
        document = Document.of(source.text)
        marks: dict[str, Plain | None] = {line.key: None for line in document.lines if is_mark(line.key)}
        text = edited(document, {**marks, "status": status})
        change: Change = "entry-archived" if status == "archived" else "entry-restored"
        return self.update(entry_id, text, source.content_hash, force=True, author=author, reason=reason, change=change)

    def _need_right(self, location: Path, path: str, found: Review) -> None:
        """Compare a change with the file as it is, which the index may not know yet. Raises ForbiddenError."""
        if self._viewer.is_at_least("editor"):
            return
        content = decode(location.read_bytes(), path)
        if not isinstance(content, FileText):
            raise RefusedTextError(content.message)
        before = entry_of(Document.of(content.text), path, self._library.playbook).entry
        if not self.may_change(before):
            raise self.refusal(before)
        refuse_verdict(self._viewer, before, found.entry)

    def _first_author(self, path: str) -> str:
        versions = self.history.versions(path)
        return versions[-1].person or versions[-1].author if versions else ""

    def _as_stored(self, text: str | Document) -> str | Document:
        """Return a text as it is stored: links to masked entries lead to the real ones."""
        written = text if isinstance(text, str) else text.text
        real = self._masked.real_text(written) if self._masked else written
        return text if real == written else real

    def _as_authored(self, text: str | Document, path: str) -> str | Document:
        """Return a changed text without the verification of the one before, unless an editor saves it."""
        location = below(self._folder, path)
        content = decode(location.read_bytes(), path) if location.is_file() else None
        if self._viewer.is_at_least("editor") or not isinstance(content, FileText):
            return text
        return changed_by_author(acceptable(text), Document.of(content.text))

    def _stored_hash(self, base_hash: str, path: str) -> str:
        """Return the hash of the file that an author read, perhaps with masked links."""
        content = decode(below(self._folder, path).read_bytes(), path) if self._masked else None
        shown = self._masked.shown(content.text, path) if self._masked and isinstance(content, FileText) else None
        is_read = shown is not None and hashlib.sha256(shown.encode()).hexdigest() == base_hash
        return content.content_hash if is_read and isinstance(content, FileText) else base_hash

    def _path_of(self, entry_id: str) -> str:
        """Return where an entry is, also one that is not indexed yet. Raises EntryNotFoundError, ForbiddenError."""
        try:
            entry = self._library.entries.get(entry_id)
            if not self.shows_all_of(entry):
                raise ForbiddenError(say("Some of this entry is hidden from you, so you cannot change it."))
            return entry.path
        except EntryNotFoundError:
            if path := self._written.path_of(entry_id, self._visible):
                return path
            raise

    def _created(
        self, text: str | Document, kind: str, name: str, force: bool, author: str, reason: str, later: bool, note: Note
    ) -> Saved:
        place = place_of(kind, name)
        document = acceptable(self._as_stored(text))
        found = read_alone(self._library, document, place, self._visible) if later else self._reviewed(document, place)
        title = name or name_of(found.entry)
        refuse_verdict(self._viewer, None, found.entry)
        if found.refusal:
            raise RefusedTextError(found.refusal)
        if found.same and not force:
            raise DuplicateTextError(found.same.id)
        with self._writing():
            if not force and (same := self._written.same(found.entry.body, self._visible)):  # saved since the review
                raise DuplicateTextError(same)
            path, digest = self._new_file(found, title, force, note)
            saved = self._kept(found, path, new_id(found, path), digest, author, reason)
        self._noted("entry-saved", saved.id)
        if later:
            self._intake.index_later(saved.path)
            return saved
        return self._indexed(saved, found)

    def has(self, kind: str, name: str) -> bool:
        """Whether there is a file of this name, indexed or not; False where it may be one that is hidden."""
        return self._library.shows_everything and os.path.lexists(below(self._folder, place_of(kind, name)))

    def text_of(self, kind: str, name: str) -> str:
        """Return the file of this name, indexed or not; empty where there is none, or where it may be hidden."""
        content = decode(below(self._folder, place_of(kind, name)).read_bytes(), name) if self.has(kind, name) else None
        return content.text if isinstance(content, FileText) else ""

    def _settled(self, author: str, reason: str, plan: str) -> Saved | None:
        """Finish the save of a server that was killed; None if it had not written its file."""
        with self._writing():
            if saved := Begun.read(plan).done(self._folder):
                self.history.commit(saved.path, author, reason)
                self._intake.index_later(saved.path)
                self._noted("entry-saved", saved.id)
        return saved

    def _new_file(self, found: Review, title: str, force: bool, note: Note) -> tuple[str, str]:
        """Write a new file; return its path and hash. Raises DuplicateTextError if it is there already."""
        text = found.chunked.document.text
        paths = candidates if self._library.shows_everything else veiled
        for path in paths(found.entry.kind, title):
            location = below(self._folder, path)
            try:
                if not os.path.lexists(location):
                    note(Begun.with_text(new_id(found, path), path, text).noted())
                    return path, atomic.create(location, text)
            except FileExistsError:
                pass  # another program has just written it
            if not force and holds(location, text):  # by another process, or before a restart
                raise DuplicateTextError(new_id(found, path))
        raise NotSavedError(say("too many entries have this title; choose another"))

    def _reviewed(self, text: str | Document, path: str, entry_id: str = "") -> Review:
        """Return the review before a save, without comparison if model or index fail. Raises RefusedTextError."""
        document = acceptable(text)
        try:
            return review(self._library, document, path, self._visible, entry_id)
        except Exception:  # whatever it is: what somebody knows is kept, also without an index
            log.exception("A text could not be compared with the entries; it is saved all the same.")
            return read_alone(self._library, document, path, self._visible, entry_id)

    def _shows(self, text: str, path: str) -> bool:
        """Whether the library shows an entry with this text."""
        if self._library.shows_everything:
            return True
        entry = entry_of(Document.of(text), path, self._library.playbook).entry
        return is_shown(entry.audiences, self._library.visible)

    def _text_at(self, path: str, number: str) -> str | None:
        """Return the text of a version; None if there is none to show."""
        raw = self.history.text_at(path, number)
        found = decode(raw, path) if raw is not None else None
        if not isinstance(found, FileText) or not self._shows(found.text, path):
            return None
        return found.text if self._masked is None or self._masked.shown(found.text, path) == found.text else None

    def _kept(self, found: Review, path: str, entry_id: str, digest: str, author: str, reason: str) -> Saved:
        """Record a file that was just written: nothing here may fail the save."""
        self._written.remember(path, digest, replace(found.entry, id=entry_id))
        self.history.commit(path, author, reason)
        problems = tuple(replace(problem, path=path) for problem in found.problems)
        return Saved(entry_id, path, digest, problems, is_findable=False)

    def _indexed(self, saved: Saved, found: Review) -> Saved:
        report = self._intake.index_saved(saved.path, found.chunked)
        return saved if report is None else as_indexed(saved, report, self._library)

    def _writing(self) -> AbstractContextManager[None]:
        """Allow one save at a time, in this process and in others."""
        if self.is_readonly:
            raise ReadOnlyError
        return one_at_a_time(self._folder, self._lock, self._turn)
