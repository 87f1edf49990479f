"""Several Markdown files at once: what each would do, said before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from ingest.fields import entry_id
from ingest.files import decode
from ingest.names import candidates, file_stem
from ingest.review import Review
from ingest.store import EntryStore, Saved
from kb.entry import Problem
from kb.errors import KBError
from kb.library import Library
from kb.wording import say

MOST_FILES = 200  # looked at together
Action = Literal["add", "change", "same", "refuse"]


@dataclass(frozen=True, slots=True)
class Planned:
    """What one file would do."""

    name: str  # as it came
    action: Action
    text: str = ""
    entry_id: str = ""  # of the entry it would change
    base: str = ""  # the version that would be changed
    why: str = ""  # it is refused, or the text of another entry
    review: Review | None = None


def plan(store: EntryStore, library: Library, files: Iterable[tuple[str, bytes]]) -> list[Planned]:
    """Return what each of some files would do. A file of an entry's name and kind changes that entry."""
    return [_planned(store, library, name, raw) for name, raw in files]


def carry_out(store: EntryStore, planned: Planned, author: str = "") -> Saved:
    """Write one file that was planned. Raises as the store does."""
    if planned.entry_id:
        return store.update(planned.entry_id, planned.text, planned.base, force=True, author=author)
    return store.create(planned.text, name=file_stem(_stem(planned.name)), force=True, author=author)


def _planned(store: EntryStore, library: Library, name: str, raw: bytes) -> Planned:
    if not name.lower().endswith((".md", ".markdown", ".txt")):
        return Planned(name, "refuse", why=say("This is no Markdown file; its name should end with .md."))
    found = decode(raw, name)
    if isinstance(found, Problem):
        return Planned(name, "refuse", why=found.message)
    try:
        review = store.check(found.text, name=file_stem(_stem(name)))
        existing = _existing(library, review, name)
        if not existing:
            why = say("The entry '{id}' has the same text already.", id=review.same.id) if review.same else ""
            return Planned(name, "refuse" if review.same else "add", found.text, why=why, review=review)
        source = store.source(existing)
        action: Action = "same" if source.text == found.text else "change"
        return Planned(name, action, found.text, existing, source.content_hash, review=review)
    except KBError as error:
        return Planned(name, "refuse", why=error.sentence)


def _existing(library: Library, review: Review, name: str) -> str:
    """Return the id of the entry a file stands for: that of its own `id`, or of its name in the folder of its kind."""
    wanted = next(candidates(review.entry.kind, _stem(name))).removesuffix(".md")
    own = review.entry.id if review.entry.id != entry_id(review.entry.path) else ""
    known = library.summaries([wanted, own])
    return own if own in known else wanted if wanted in known else ""


def _stem(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).stem
