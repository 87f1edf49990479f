"""Files of entries as they are stored, and what of a text is needed to store it."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.document import Document
from ingest.fields import entry_id as id_of
from ingest.files import MAX_FILE_BYTES, FileText, decode
from ingest.indexing import SyncReport
from ingest.names import UNNAMED
from ingest.review import Review
from ingest.sync import problems_at
from kb.choices import KIND_FOLDERS
from kb.entry import Entry, Problem
from kb.errors import EntryNotFoundError, RefusedTextError
from kb.library import Library
from kb.wording import from_json, say, to_json

log = logging.getLogger(__name__)


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
    is_findable: bool  # False: the file is written but not indexed yet; this is tried again by itself


def as_indexed(saved: Saved, report: SyncReport, library: Library) -> Saved:
    """Return a saved file as those find it who see a library. Never an error: the file is written."""
    if library.shows_everything:
        ids, problems = (*report.added, *report.changed), report.problems
    else:  # the report is on all files, of which some may be hidden
        try:
            library.refresh()
            ids = tuple(library.entries.ids_at([saved.path]).values())
            problems = library.with_index(lambda index: problems_at(index, [saved.path]))
        except Exception:
            log.exception("%s was saved and indexed, but whoever saved it does not find it yet.", saved.path)
            return saved
    return replace(saved, id=ids[0] if ids else saved.id, problems=problems, is_findable=True)


def saved_text(saved: Saved) -> str:
    """Return the result of a save as JSON, for other servers."""
    problems = [(problem.path, problem.line, to_json(problem.message)) for problem in saved.problems]
    return json.dumps([saved.id, saved.path, saved.content_hash, problems, saved.is_findable], ensure_ascii=False)


def saved_of(text: str) -> Saved:
    """Return the result of a save that was kept as JSON."""
    entry_id, path, content_hash, problems, is_findable = json.loads(text)
    found = tuple(Problem(place, line, from_json(message)) for place, line, message in problems)
    return Saved(entry_id, path, content_hash, found, is_findable)


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


def hash_of(location: Path, entry_id: str) -> str:
    """Return the hash of an entry's file. Raises EntryNotFoundError."""
    try:
        return hashlib.sha256(location.read_bytes()).hexdigest()
    except OSError as error:
        raise EntryNotFoundError(entry_id) from error


def new_id(found: Review, path: str) -> str:
    """Return the id of a new entry: its own, else that of its path."""
    own = found.entry.id
    return own if own != id_of(found.entry.path) else id_of(path)


def holds(location: Path, text: str) -> bool:
    """Whether a file has exactly this text."""
    raw = text.encode("utf-8")
    try:
        return location.stat().st_size == len(raw) and location.read_bytes() == raw
    except OSError:
        return False
