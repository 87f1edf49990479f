"""Add entries without a server or a model; each is checked on its own and against the existing texts."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ingest import atomic
from ingest.check import read_playbook
from ingest.document import Document
from ingest.files import EntryFile, find_files, read_file
from ingest.likeness import folded, same_words
from ingest.names import candidates, file_stem, name_of, require_plain, unnamed
from ingest.parse import entry_of
from ingest.saving import one_at_a_time
from ingest.stored import acceptable, place_of
from kb.entry import Problem
from kb.errors import DuplicateTextError


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


def add_text(
    folder: Path, text: str, *, kind: str = "", name: str = "", force: bool = False, lock: Path | None = None
) -> Added:
    """Write a new entry, named after its `name`, else its title; `lock` is the lock file of the folder.

    Raises RefusedTextError, UntitledError, DuplicateTextError (unless `force`), NotSavedError.
    """
    require_plain(name=name)
    playbook, _, _ = read_playbook(folder)
    document = acceptable(text)
    parsed = entry_of(document, place_of(kind), playbook)
    stem = file_stem(name) if name else name_of(parsed.entry)
    before = {} if force else _versions(folder)
    _refuse_same(before, parsed.entry.body)
    with one_at_a_time(folder, lock):
        if not force:  # what another process wrote meanwhile
            _refuse_same(dict(_versions(folder).items() - before.items()), parsed.entry.body)
        path = atomic.create_first(folder, candidates(parsed.entry.kind, stem), text)
    return Added(path, entry_of(document, path, playbook).problems)


def _versions(folder: Path) -> dict[EntryFile, tuple[int, int]]:
    """Return the files of a folder with what changes when one is written."""
    versions = {}
    for file in find_files(folder)[0]:
        with suppress(OSError):  # deleted meanwhile
            status = file.location.stat()
            versions[file] = (status.st_mtime_ns, status.st_ino)
    return versions


def _refuse_same(files: Iterable[EntryFile], body: str) -> None:
    """Raise DuplicateTextError if one of the files has the same text."""
    words = folded(body)  # only a file that ends with them is parsed
    for file in files:
        content = read_file(file)
        if isinstance(content, Problem) or not folded(content.text).endswith(words):
            continue
        if same_words(Document.of(content.text).body, body):
            raise DuplicateTextError(file.path.removesuffix(".md"))
