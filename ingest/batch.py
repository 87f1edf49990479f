"""Several Markdown files at once: plan what each would do before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal

from ingest.fields import entry_id
from ingest.files import decode
from ingest.likeness import folded
from ingest.names import candidates, file_stem, name_of, require_plain
from ingest.review import Review
from ingest.store import EntryStore
from ingest.stored import Saved
from kb.entry import Problem
from kb.errors import KBError
from kb.library import Library
from kb.wording import say

MOST_FILES = 200  # per batch
Action = Literal["add", "change", "same", "refuse"]
TAKEN: tuple[Action, ...] = ("add", "change")


@dataclass(frozen=True, slots=True)
class Planned:
    """What one file would do."""

    name: str  # as uploaded; empty: named after its title
    action: Action
    text: str = ""
    entry_id: str = ""  # of the entry it would change
    base: str = ""  # the version that would be changed
    why: str = ""  # it was refused
    review: Review | None = None


def plan(store: EntryStore, library: Library, files: Iterable[tuple[str, bytes | KBError]]) -> list[Planned]:
    """Return what each file would do; one that could not be read comes with its error.

    A file with the name and kind of an entry changes that entry; of duplicates only the first is used.
    """
    planned: list[Planned] = []
    first: dict[str, str] = {}  # entry id or text → the first file with it
    for name, raw in files:
        one = _planned(store, library, name, raw)
        target = one.entry_id or (folded(one.review.entry.body) if one.review else "")
        if one.action in TAKEN and target in first:
            why = say(
                "Duplicate of '{name}' in this upload: the same text, or a change to the same entry.",
                name=first[target],
            )
            one = replace(one, action="refuse", why=why)
        elif one.action in TAKEN and target:
            first[target] = name
        planned.append(one)
    return planned


def carry_out(store: EntryStore, planned: Planned, author: str = "") -> Saved:
    """Write a planned file. Raises as the store does."""
    text = planned.review.chunked.document if planned.review else planned.text
    if planned.entry_id:
        return store.update(planned.entry_id, text, planned.base, force=True, author=author)
    return store.create(text, name=_stem(planned.name), force=True, author=author)


def _planned(store: EntryStore, library: Library, name: str, raw: bytes | KBError) -> Planned:
    if isinstance(raw, KBError):
        return Planned(name, "refuse", why=raw.sentence)
    content = decode(raw, name)
    if isinstance(content, Problem):
        return Planned(name, "refuse", why=content.message)
    try:
        require_plain(name=name)
        review = store.check(content.text, name=_stem(name))
        if not name:
            name_of(review.entry)
        if review.refusal:
            return Planned(name, "refuse", why=review.refusal)
        existing = _existing(library, review, name)
        if not existing:
            why = say("Entry '{id}' already has the same text.", id=review.same.id) if review.same else ""
            return Planned(name, "refuse" if review.same else "add", content.text, why=why, review=review)
        source = store.source(existing)
        action: Action = "same" if source.text == content.text else "change"
        return Planned(name, action, content.text, existing, source.content_hash, review=review)
    except KBError as error:
        return Planned(name, "refuse", why=error.sentence)


def _existing(library: Library, review: Review, name: str) -> str:
    """Return the id of the entry a file changes, by its own `id` or by its file name in the folder of its kind."""
    by_name = next(candidates(review.entry.kind, _stem(name))).removesuffix(".md") if name else ""
    own = review.entry.id if review.entry.id != entry_id(review.entry.path) else ""
    known = library.entries.summaries([path for path in (by_name, own) if path])
    return own if own in known else by_name if by_name in known else ""


def _stem(name: str) -> str:
    """Return a file name without folder and extension, made safe for an entry file."""
    return file_stem(PurePosixPath(name.replace("\\", "/")).stem) if name else ""
