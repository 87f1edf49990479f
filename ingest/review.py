"""Review a text before it is saved: the entry it makes, its problems and its duplicates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ingest.check import dangling
from ingest.chunk import Chunked, chunk_entry
from ingest.document import Document
from ingest.fields import entry_id
from ingest.likeness import NEAR, same_words, shared
from ingest.names import unnamed
from ingest.parse import entry_of
from kb.entry import Entry, Problem, is_shown
from kb.library import Library
from kb.search.answer import Hit
from kb.wording import say

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
    chunked: Chunked  # without chunks where the text was not compared
    problems: tuple[Problem, ...]
    same: Entry | None  # exact duplicate
    near: tuple[Twin, ...]  # near duplicates
    similar: tuple[Hit, ...]  # nearest in meaning, with the matching passages
    refusal: str = ""  # why this library does not save it; also among the problems


def review(library: Library, document: Document, path: str, visible: frozenset[str], own: str = "") -> Review:
    """Return the review of a text at a path by somebody who may see some visibilities.

    `own` is the id of the entry it replaces.
    """
    parsed = entry_of(document, path, library.playbook)
    links = [(path, parsed.entry.id, relation, target) for relation, target in parsed.entry.links()]
    known = library.entries.summaries([target for _, _, _, target in links])
    broken = dangling([link for link in links if link[3] not in known], set(library.entries.ids()) if links else set())
    entry = replace(parsed.entry, id=own or parsed.entry.id)
    chunks = chunk_entry(entry, document.tokens, library.search.count_tokens)
    hits = _nearest(library, entry, own)
    twins = _twins(library, entry, chunks[0].text if chunks else "", hits, own)
    same = next((twin.entry for twin in twins if same_words(twin.entry.body, entry.body)), None)
    near = tuple(twin for twin in twins if twin.share >= NEAR and twin.entry is not same)
    is_known = bool(library.entries.summaries([parsed.entry.id]))
    refusal = _refusal(library, parsed.entry, path, visible, own, is_known=is_known)
    refused = (Problem(path, 1, refusal),) if refusal else ()
    problems = tuple(sorted({*parsed.problems, *broken, *unnamed(entry), *refused}))
    return Review(entry, Chunked(document, chunks), problems, same, near, tuple(hits[:SHOWN]), refusal)


def _refusal(
    library: Library, entry: Entry, path: str, visible: frozenset[str], own: str, *, is_known: bool = False
) -> str:
    """Return why a library that hides entries does not save one: it would not show it, or the id may be a hidden one.

    An id is refused whether a hidden entry has it or nobody, so that the answer does not tell.
    """
    if not is_shown(entry.audiences, visible):
        return say("This server does not show entries of this visibility, so it does not save one. Check 'visibility'.")
    if library.shows_everything or entry.id in (entry_id(path), own) or is_known:
        return ""
    return say("This server shows a part of the entries and assigns their ids itself. Delete the line 'id'.")


def read_alone(library: Library, document: Document, path: str, visible: frozenset[str], own: str = "") -> Review:
    """Return the review of a text without comparing it with anything: for when the model or the index fails."""
    parsed = entry_of(document, path, library.playbook)
    entry = replace(parsed.entry, id=own or parsed.entry.id)
    problems = tuple(sorted({*parsed.problems, *unnamed(entry)}))
    refusal = _refusal(library, parsed.entry, path, visible, own)
    return Review(entry, Chunked(document, ()), problems, None, (), (), refusal)


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
