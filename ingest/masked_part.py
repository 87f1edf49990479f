"""What some read of a library with parts of it masked: an index of its own, filled with rewritten entries."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ingest.chunk import chunk_entry
from ingest.document import Document
from ingest.files import FileText, decode
from ingest.indexing import ENTRIES_AT_ONCE, TEXTS_AT_ONCE, labels_of
from ingest.inside import below
from ingest.masked_deals import masks_of
from ingest.masking import Masks
from ingest.notes import situation_of
from ingest.parse import entry_of
from kb.entry import Entry
from kb.errors import NotSavedError
from kb.index.documents import to_document
from kb.index.folder_place import FolderPlace
from kb.index.index import Draft, Index
from kb.index.vector_keys import keys_at
from kb.library import Beside, Library
from kb.playbook import Playbook
from kb.viewer import Viewer

WAIT_SECONDS = 5.0  # for another process that fills the same index
REWRITTEN = "masked:"  # before the state of an entry that is not as its file


class MaskedIndex(Index):
    """The index of those who read a part masked; it shares the model and its cache with the whole."""

    @classmethod
    def beside(cls, whole: Index, folder: Path, visible: frozenset[str]) -> MaskedIndex:
        """Open or create it in a folder."""
        place = FolderPlace(folder, "build", whole.cache, has_files=whole.place.has_files)
        return cls(place, whole.fingerprint, whole.embedder, visible)

    @property
    def shows_everything(self) -> bool:
        """Never: something is hidden."""
        return False

    def close(self) -> None:
        """Close its own files."""
        self.catalog.close()
        self.release_vectors()


@dataclass(frozen=True, slots=True)
class _Followed:
    """What the index was last compared with."""

    generation: str
    day: date
    playbook: Playbook


class MaskedPart:
    """A library of rewritten entries that follows the one it is made from. Thread-safe."""

    def __init__(self, part: Library, entries: Path, place: Path, viewer: Viewer, secret: bytes) -> None:
        """Rewrite what `part` shows for viewers like this one; `place` is the folder of the index.

        Raises IndexBusyError.
        """
        self._part = part
        self._entries = entries
        self._viewer = viewer
        self._secret = secret
        self._lock = threading.Lock()
        self._masks: Masks | None = None
        self._followed: _Followed | None = None
        self._unchanged: dict[str, str] = {}  # path → state, of entries that say nothing to hide under these masks
        self._index = part.with_index(lambda index: MaskedIndex.beside(index, place, part.visible))
        self._follow()
        self.library = Beside(part, self._index, self._playbook)

    def is_of(self, part: Library) -> bool:
        """Whether it is made from a library."""
        return self._part is part

    @property
    def is_fresh(self) -> bool:
        """Whether it shows what the library it is made from shows now."""
        return self._followed == self._now()

    def refresh(self) -> None:
        """Take over what changed, also because a rule ended today. Raises IndexBusyError."""
        self._part.refresh()
        if self.is_fresh:
            return
        with self._lock:
            self._follow()
            self.library.refresh()

    def embed(self) -> None:
        """Embed a few of the rewritten texts that are found by their words only until then."""
        if self._index.waiting:
            portion = self._index.embed_some(TEXTS_AT_ONCE)
            with self._index.writing(WAIT_SECONDS):
                self._index.store(portion)
            self.library.refresh()

    def close(self) -> None:
        """Close its files."""
        self.library.close()

    def hides(self, text: str) -> bool:
        """Whether a text names what these viewers may not read."""
        return self._masks is not None and self._masks.hides(text)

    def real_path(self, entry: Entry) -> str:
        """Return where the file of an entry is."""
        return (self._masks.real_path(entry.id) if self._masks else None) or entry.path

    def shown(self, text: str, path: str) -> str | None:
        """Return the text of a file as it is read here; None if it is not shown at all."""
        if self._masks is None:
            return text
        found = self._masks.rewritten(Document.of(text), path)
        return found.text if found else None

    def real_text(self, text: str) -> str:
        """Return a text written here as it is stored: links lead to the real ids."""
        return self._masks.real_text(text) if self._masks else text

    def may_change(self, entry: Entry) -> bool:
        """Whether an entry can be saved by these viewers: nothing of it is hidden but where links lead."""
        if self.real_path(entry) != entry.path:
            return False
        content = self._content(entry.path)
        shown = self.shown(content.text, entry.path) if content else None
        return content is None or (shown is not None and self.real_text(shown) == content.text)

    def _now(self) -> _Followed:
        return _Followed(self._part.state().generation, self._part.today(), self._part.playbook)

    def _playbook(self) -> Playbook:
        return self._masks.playbook(self._part.playbook) if self._masks else self._part.playbook

    def _follow(self) -> None:
        now = self._now()
        if now == self._followed:
            return
        catalog = self._part.with_index(lambda index: index.catalog)
        states, entries = catalog.states(), {entry.path: entry for entry in catalog.entries().values()}
        masks = masks_of(list(entries.values()), now.playbook, self._viewer, now.day, self._secret)
        if not self._is_same(masks):
            self._unchanged = {}
        self._masks = masks
        with self._index.writing(WAIT_SECONDS):
            wanted = {path: self._state(entries[path], state) for path, (_, state) in states.items() if path in entries}
            self._write(wanted, entries, now.playbook)
            self._followed = now

    def _is_same(self, masks: Masks | None) -> bool:
        before = self._masks.fingerprint if self._masks else ""
        return before == (masks.fingerprint if masks else "")

    def _state(self, entry: Entry, state: str) -> str:
        """Return what tells whether an entry has to be written again."""
        if self._masks is None or self._unchanged.get(entry.path) == state:
            return state
        if self._masks.concerns(entry.path) or self._masks.hides(f"{_readable(entry)}\n\n{entry.body}"):
            return f"{REWRITTEN}{self._masks.fingerprint}:{state}"
        self._unchanged[entry.path] = state
        return state

    def _write(self, wanted: dict[str, str], entries: dict[str, Entry], playbook: Playbook) -> None:
        known = self._index.catalog.states()
        kept: set[str] = set()
        group: list[Draft] = []
        for path, state in wanted.items():
            shown = self._masks.shown_path(path) if self._masks else path
            if shown in known and known[shown][1] == state:
                kept.add(shown)
            elif draft := self._draft(entries[path], state, playbook):
                kept.add(shown)
                group.append(draft)
        for path in known.keys() - kept:
            self._index.catalog.remove(path)
        for at in range(0, len(group), ENTRIES_AT_ONCE):
            self._index.write(group[at : at + ENTRIES_AT_ONCE], at_once=TEXTS_AT_ONCE)
        self._index.repair()
        self._index.finish()
        if not known and not group:
            self._index.catalog.touch()

    def _draft(self, entry: Entry, state: str, playbook: Playbook) -> Draft | None:
        """Return an entry as it is indexed here; None if it is not shown, or if its file has just changed."""
        content = self._content(entry.path)
        if content is None or content.content_hash != entry.content_hash:
            return None
        if not state.startswith(REWRITTEN) or self._masks is None:
            document, path, digest = Document.of(content.text), entry.path, content.content_hash
        else:
            found = self._masks.rewritten(Document.of(content.text), entry.path)
            if found is None:
                return None
            document, path = found.document, found.path
            digest = hashlib.sha256(found.text.encode()).hexdigest()
        parsed = entry_of(document, path, playbook, digest).entry
        own = replace(parsed, id=entry.id) if path == entry.path else parsed
        chunks = chunk_entry(own, document.tokens, self._index.embedder.count_tokens)
        problems = () if digest != content.content_hash else self._part.entries.problems_of(entry)
        situation = situation_of(chunks) if own.deal else ()
        keys = keys_at(self._part.with_index(lambda index: index.catalog), entry.path)
        return Draft(own, chunks, labels_of(own, playbook), tuple(problems), state, situation, keys)

    def _content(self, path: str) -> FileText | None:
        try:
            content = decode(below(self._entries, path).read_bytes(), path)
        except (OSError, NotSavedError):
            return None
        return content if isinstance(content, FileText) else None


def _readable(entry: Entry) -> str:
    """Return everything an entry says besides its body, each value as a paragraph."""
    return "\n\n".join(_values(json.loads(to_document(entry))))


def _values(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _values(inner)
    elif isinstance(value, list):
        inner_values: Iterable[object] = value
        for inner in inner_values:
            yield from _values(inner)
    elif isinstance(value, str):
        yield value
