"""Add entries without a server or a model; each is checked on its own and against the existing texts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ingest import atomic
from ingest.check import read_playbook
from ingest.document import Document
from ingest.files import find_files, read_file
from ingest.inside import below
from ingest.likeness import folded, same_words
from ingest.names import candidates, file_stem, name_of, unnamed
from ingest.parse import entry_of
from ingest.store import acceptable, place_of
from kb.entry import Problem
from kb.errors import DuplicateTextError, NotSavedError
from kb.wording import say


@dataclass(frozen=True, slots=True)
class Added:
    """A file that was written."""

    path: str
    problems: tuple[Problem, ...]


def check_text(folder: Path, text: str, kind: str = "") -> tuple[Problem, ...]:
    """Return what an author should fix in a text. Raises RefusedTextError."""
    playbook, _, _ = read_playbook(folder)
    parsed = entry_of(acceptable(text), place_of(kind), playbook)
    return (*unnamed(parsed.entry), *parsed.problems)


def add_text(folder: Path, text: str, *, kind: str = "", name: str = "", force: bool = False) -> Added:
    """Write a new entry, named after its `name`, else its title.

    Raises RefusedTextError, UntitledError, DuplicateTextError (unless `force`), NotSavedError.
    """
    playbook, _, _ = read_playbook(folder)
    document = acceptable(text)
    parsed = entry_of(document, place_of(kind), playbook)
    stem = file_stem(name) if name else name_of(parsed.entry)
    if not force and (existing := _same(folder, parsed.entry.body)):
        raise DuplicateTextError(existing)
    for path in candidates(parsed.entry.kind, stem):
        try:
            atomic.create(below(folder, path), text)
        except FileExistsError:
            continue
        return Added(path, entry_of(document, path, playbook).problems)
    raise NotSavedError(say("too many entries have this title; choose another"))


def _same(folder: Path, body: str) -> str:
    """Return the id of a file with the same text, or an empty string."""
    words = folded(body)  # only a file that ends with them is parsed
    for file in find_files(folder)[0]:
        content = read_file(file)
        if isinstance(content, Problem) or not folded(content.text).endswith(words):
            continue
        if same_words(Document.of(content.text).body, body):
            return file.path.removesuffix(".md")
    return ""
