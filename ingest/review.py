"""Review a text before it is saved: the entry it makes, its problems and its duplicates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ingest.check import dangling
from ingest.chunk import Chunked, chunk_entry
from ingest.document import Document
from ingest.likeness import NEAR, same_words, shared
from ingest.names import unnamed
from ingest.parse import entry_of
from kb.entry import Entry, Problem
from kb.library import Library
from kb.search.answer import Hit

SHOWN = 3  # similar entries
LOOKED_AT = 8  # nearest entries checked for duplicates


@dataclass(frozen=True, slots=True)
class Twin:
    """A near duplicate."""

    entry: Entry
    share: float  # of the text in common


@dataclass(frozen=True, slots=True)
class Review:
    """The review of a text."""

    entry: Entry
    chunked: Chunked
    problems: tuple[Problem, ...]
    same: Entry | None  # exact duplicate
    near: tuple[Twin, ...]  # near duplicates
    similar: tuple[Hit, ...]  # nearest in meaning, with the matching passages


def review(library: Library, document: Document, path: str, entry_id: str = "") -> Review:
    """Return the review of a text at a path; `entry_id` is the entry it replaces."""
    parsed = entry_of(document, path, library.playbook)
    links = [(path, parsed.entry.id, relation, target) for relation, target in parsed.entry.links()]
    known = library.entries.summaries([target for _, _, _, target in links])
    broken = dangling([link for link in links if link[3] not in known], set(library.entries.ids()) if links else set())
    entry = replace(parsed.entry, id=entry_id or parsed.entry.id)
    chunks = chunk_entry(entry, document.tokens, library.search.count_tokens)
    hits = _nearest(library, entry, entry_id)
    twins = _twins(library, entry, chunks[0].text, hits, entry_id)
    same = next((twin.entry for twin in twins if same_words(twin.entry.body, entry.body)), None)
    near = tuple(twin for twin in twins if twin.share >= NEAR and twin.entry is not same)
    problems = tuple(sorted({*parsed.problems, *broken, *unnamed(entry)}))
    return Review(entry, Chunked(document, chunks), problems, same, near, tuple(hits[:SHOWN]))


def _nearest(library: Library, entry: Entry, own: str) -> list[Hit]:
    if not entry.body.strip():
        return []
    return [hit for hit in library.search.alike(entry.title, entry.body, limit=LOOKED_AT + 1) if hit.entry.id != own]


def _twins(library: Library, entry: Entry, first: str, hits: Iterable[Hit], own: str) -> list[Twin]:
    """Return possible duplicates: the nearest in meaning, and entries with the same first passage."""
    candidates = {hit.entry.id: hit.entry for hit in hits}
    candidates |= library.entries.with_passage(first) if first.strip() else {}
    others = [other for other in candidates.values() if other.id != own]
    return sorted((Twin(o, shared(entry.body, o.body)) for o in others), key=lambda twin: -twin.share)
