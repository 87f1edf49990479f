"""One sync under way: files become entries of the index, in groups, or leave it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from ingest.chunk import Chunked, chunk_entry, renamed
from ingest.document import Document
from ingest.files import EntryFile, FileText, Listing, read_again
from ingest.notes import situation_of
from ingest.parse import entry_of
from kb.entry import Entry, Problem, is_shown
from kb.fields import understood
from kb.index.index import Draft, Index
from kb.index.own_id import with_own_id
from kb.index.searched import text_to_embed
from kb.index.vector_keys import keys_at
from kb.index.vectors import SEARCHED
from kb.playbook import Playbook

# Changes when the parser, its messages or the field register change: every file is read again.
READER = f"reader-9:{hashlib.sha256(understood().encode()).hexdigest()}"
ENTRIES_AT_ONCE = 64  # per batch: enough to fill the model's batches, few enough to lose little when killed
TEXTS_AT_ONCE = 32  # embedded at once, or in one portion of the backlog: the most a save has to wait for

NOTHING: Mapping[str, Chunked] = {}
Progress = Callable[[int, int, str], None]  # files done, files in total, current path


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one sync did."""

    added: tuple[str, ...]  # entry ids
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    embedded: int  # texts run through the model
    reused: int  # texts with cached vectors
    problems: tuple[Problem, ...]
    seconds: float


UNCHANGED = SyncReport((), (), (), 0, 0, 0, (), 0.0)  # nothing was done


class Indexing:
    """What one sync does to an index."""

    def __init__(
        self,
        index: Index,
        playbook: Playbook,
        salt: str,
        chunked: Mapping[str, Chunked] = NOTHING,
        *,
        at_once: int | None,
        saved: Collection[str] = (),
    ) -> None:
        self.index = index
        self.playbook = playbook
        self.salt = salt
        self.chunked = chunked
        self.at_once = at_once  # texts to embed at once; None: however many
        self.saved = saved  # paths of files that people saved here
        self.known = index.catalog.states()
        self.taken = {entry_id: path for path, (entry_id, _) in self.known.items()}
        self.withheld = index.catalog.withheld()
        self.added: list[str] = []
        self.changed: list[str] = []
        self.removed: list[str] = []
        self.unchanged = 0
        self.embedded = 0
        self.reused = 0

    def remove(self, paths: Iterable[str], listing: Listing, progress: Progress) -> None:
        """Remove the entries and problems of those paths that are not among the files."""
        problems = {problem.path: problem for problem in listing.problems}
        for path in sorted(set(paths) - {file.path for file in listing.files}):
            why = [problems[path]] if path in problems else []
            if path in self.known:
                self.index.catalog.remove(path, why)
                entry_id, _ = self.known.pop(path)
                del self.taken[entry_id]
                self.removed.append(entry_id)
            else:
                self.index.catalog.set_problems({path: why})
        progress(0, len(listing.files), "")

    def set_problems(self, listing: Listing) -> None:
        """Set the problems of what is no entry, and of entries whose files cannot be looked at now."""
        for problem in listing.problems:
            if problem.path in self.known and problem.path in listing.unreadable:
                self.index.catalog.keep(problem.path, [problem])
            else:
                self.index.catalog.set_problems({problem.path: [p for p in listing.problems if p.path == problem.path]})

    def run(self, files: Sequence[EntryFile], progress: Progress) -> None:
        """Index files, a group at a time."""
        group: list[Draft] = []
        for done, file in enumerate(files, start=1):
            if read := self._read(file):
                group.append(read)
            if len(group) >= ENTRIES_AT_ONCE:
                self._write(group)
                group = []
            progress(done - len(group), len(files), file.path)
        self._write(group)
        progress(len(files), len(files), "")

    def embed_waiting(
        self, progress: Progress, locked: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> None:
        """Embed texts that have no vectors yet, a few at a time; `locked` holds the write lock to store them."""
        total = self.index.waiting
        while self.index.waiting:
            portion = self.index.embed_some(TEXTS_AT_ONCE)
            with locked():
                self.index.store(portion)
            self.embedded += portion.embedded
            progress(total - self.index.waiting, total, "")

    def embed_sentences(self) -> None:
        """Embed the sentences of passages that have none yet."""
        for portion in self.index.sentences.portions():
            self.embedded += self.index.sentences.embed(portion)

    def _read(self, file: EntryFile) -> Draft | None:
        """Return the changed entry of a file; None if it is unchanged, unreadable or not to be shown."""
        try:
            content, is_kept = read_again(file)
        except FileNotFoundError:  # deleted since the folder was listed
            self._drop(file)
            return None
        if isinstance(content, Problem):
            self._drop(file, content, is_kept=is_kept)
            return None
        state = state_of(self.salt, content)
        if self._is_unchanged(file.path, state):
            self.unchanged += 1
            return None
        if file.path not in self.known and self.withheld.get(file.path) == state:
            return None
        return self._parsed(file, content, state)

    def _drop(self, file: EntryFile, *why: Problem, is_kept: bool = False) -> None:
        """Remove the entry of a file that is no text or may not be shown; one that cannot be read now `is_kept`."""
        problems = why if self.index.shows_everything else ()
        if file.path not in self.known:
            self.index.catalog.set_problems({file.path: problems})
        elif is_kept:
            self.unchanged += 1
            self.index.catalog.keep(file.path, why)
        else:
            self.removed.append(self.known[file.path][0])
            self.taken.pop(self.known[file.path][0], None)
            self.index.catalog.remove(file.path, problems)

    def _is_unchanged(self, path: str, state: str) -> bool:
        """Whether the index has this version; a file waiting for an id is read again once the id is free."""
        before, _, wanted_id = self.known.get(path, ("", ""))[1].partition(" ")
        return before == state and (not wanted_id or self.taken.get(wanted_id, path) != path)

    def _parsed(self, file: EntryFile, content: FileText, state: str) -> Draft | None:
        ready = self.chunked.get(file.path)
        if ready and ready.document.text != content.text:  # the file has changed since
            ready = None
        document = ready.document if ready else Document.of(content.text)
        parsed = entry_of(document, file.path, self.playbook, content.content_hash)
        if not is_shown(parsed.entry.audiences, self.index.visible):
            if file.path in self.known:
                self._drop(file)
            self.index.catalog.withhold(file.path, state)
            return None
        before, _ = self.known.get(file.path, ("", ""))
        if self.taken.get(before) == file.path:
            del self.taken[before]
        entry, clash = with_own_id(parsed.entry, self.taken)
        self.taken[entry.id] = file.path
        state = f"{state} {parsed.entry.id}" if clash else state
        if ready:
            chunks = renamed(ready.chunks, entry.id)
        else:
            chunks = chunk_entry(entry, document.tokens, self.index.embedder.count_tokens)
        problems = (*content.problems, *parsed.problems, *clash)
        labels = labels_of(entry, self.playbook)
        situation = situation_of(chunks) if entry.deal else ()
        if file.path not in self.saved:
            return Draft(entry, chunks, labels, problems, state, situation)
        keys = keys_at(self.index.catalog, file.path)
        return Draft(entry, chunks, labels, problems, state, situation, keys, is_saved=True)

    def _write(self, group: Sequence[Draft]) -> None:
        counts = self.index.write(group, at_once=self.at_once)
        self.embedded += counts[0]
        self.reused += counts[1]
        for read in group:
            (self.changed if read.entry.path in self.known else self.added).append(read.entry.id)

    def report(self, problems: tuple[Problem, ...], seconds: float) -> SyncReport:
        """Return what was done."""
        return SyncReport(
            added=tuple(self.added),
            changed=tuple(self.changed),
            removed=tuple(self.removed),
            unchanged=self.unchanged,
            embedded=self.embedded,
            reused=self.reused,
            problems=problems,
            seconds=seconds,
        )


def new_texts(index: Index, playbook: Playbook, path: str, chunked: Chunked) -> list[str]:
    """Return the texts that are embedded once a file is indexed, without those that its entry had before."""
    entry = entry_of(chunked.document, path, playbook).entry
    if not is_shown(entry.audiences, index.visible):
        return []
    texts = {text_to_embed(view, entry, one.headings, one.text) for one in chunked.chunks for view in SEARCHED}
    return sorted(texts.union(situation_of(chunked.chunks) if entry.deal else ()) - keys_at(index.catalog, path).keys())


def labels_of(entry: Entry, playbook: Playbook) -> tuple[str, ...]:
    """Return all spellings of an entry's labels, so that TCO finds 総保有コスト and Taskina タスキナ."""
    terms = [
        term
        for facet, values in entry.facet_values().items()
        for value in values
        if (term := playbook.vocabulary(facet).find(value))
    ]
    reasons = entry.deal.reasons if entry.deal else ()
    terms += [term for reason in reasons if (term := playbook.reason(entry.outcome, reason.code))]
    return tuple(dict.fromkeys(text for term in terms for text in (term.ja, term.en, *term.aliases)))


def state_of(salt: str, content: FileText) -> str:
    """Return what identifies this version of a file, read in this way."""
    return hashlib.sha256(f"{salt}:{content.content_hash}".encode()).hexdigest()
