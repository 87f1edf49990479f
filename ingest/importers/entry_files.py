"""Write the records of a CRM as entry files, and change single fields of those that are there."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest import atomic
from ingest.document import Document
from ingest.front_matter import composed, edited
from ingest.importers.changes import changes
from ingest.importers.known import fields_of, key_at
from ingest.importers.record import Record
from ingest.inside import below
from ingest.names import file_stem
from ingest.yaml_text import YamlTextError
from kb.choices import KIND_FOLDERS
from kb.errors import NotSavedError
from kb.wording import say

LONGEST_NAME = 80  # bytes, so that the id behind it is never cut


def new_file(folder: Path, record: Record) -> bool:
    """Write a record as a new entry; return False where another program did so meanwhile. Raises NotSavedError."""
    text = composed(record.fields, record.body)
    for path in paths_of(record):
        try:
            atomic.create(below(folder, path), text, durable=False)
        except FileExistsError:  # of another record whose id differs only in case, or written by a person
            if key_at(folder, path) == (record.kind, record.crm_id):
                return False
            continue
        return True
    raise NotSavedError(say("too many entries have this title; choose another"))


def paths_of(record: Record) -> Iterator[str]:
    """Yield the paths a record's entry may take: its name with the CRM id, the same whenever it is made."""
    name = file_stem(record.name).encode()[:LONGEST_NAME].decode("utf-8", "ignore").rstrip("-._")
    stem = f"{KIND_FOLDERS[record.kind]}/{name}-{file_stem(record.crm_id)}"
    stem = stem.encode()[:220].decode("utf-8", "ignore")
    yield f"{stem}.md"
    yield from (f"{stem}-{number}.md" for number in range(2, 1000))


def change_file(location: Path, record: Record, lock: Path | None) -> bool:
    """Set the fields of an entry that its CRM changed, as the file is now; return whether anything had to be written.

    Raises NotSavedError.
    """
    with _alone(lock):
        try:
            document = Document.of(location.read_bytes().decode("utf-8"))
            wanted = changes(record, fields_of(document)[0])
            if not wanted:
                return False
            atomic.replace(location, edited(document, wanted), durable=False)
        except (OSError, UnicodeDecodeError, YamlTextError) as error:
            raise NotSavedError(say("{path} was changed in the meantime", path=location.name)) from error
        return True


@contextmanager
def _alone(lock: Path | None) -> Iterator[None]:
    """Keep other programs of this knowledge base from saving meanwhile."""
    if lock is None:
        yield
        return
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = lock.open("w")
    except OSError as error:
        raise NotSavedError(error.strerror or str(error)) from error
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
