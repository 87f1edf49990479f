"""Write CRM records as entry files, and update fields of existing ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ingest import atomic
from ingest.document import Document
from ingest.front_matter import composed, edited
from ingest.importers.changes import changes
from ingest.importers.identity import key_of
from ingest.importers.known import fields_of, key_at
from ingest.importers.record import Record
from ingest.inside import below
from ingest.names import file_stem
from ingest.saving import one_at_a_time
from ingest.undo import Wrote
from ingest.yaml_text import YamlTextError
from kb.choices import KIND_FOLDERS
from kb.errors import NotSavedError
from kb.wording import say

LONGEST_NAME = 80  # bytes, so that the id after it is never cut


def new_file(folder: Path, record: Record) -> Wrote | None:
    """Write a record as a new entry; return None if another program has just done so. Raises NotSavedError."""
    text = composed(record.fields, record.body)
    for path in paths_of(record):
        try:
            digest = atomic.create(below(folder, path), text, durable=False)
        except FileExistsError:  # another record whose id differs only in case, or a person's file
            if key_at(folder, path) == (record.kind, key_of(record.crm_id)):
                return None
            continue
        return Wrote(path, digest)
    raise NotSavedError(say("too many entries have this title; choose another"))


def paths_of(record: Record) -> Iterator[str]:
    """Yield possible paths for a record, from its name and CRM id; the same on every import."""
    name = file_stem(record.name).encode()[:LONGEST_NAME].decode("utf-8", "ignore").rstrip("-._")
    stem = f"{KIND_FOLDERS[record.kind]}/{name}-{file_stem(record.crm_id)}"
    stem = stem.encode()[:220].decode("utf-8", "ignore")
    yield f"{stem}.md"
    yield from (f"{stem}-{number}.md" for number in range(2, 1000))


def change_file(folder: Path, path: str, record: Record, lock: Path | None) -> Wrote | None:
    """Update an entry from its CRM record, based on the current file; return None if nothing had to be written.

    Raises NotSavedError.
    """
    location = below(folder, path)
    with one_at_a_time(folder, lock):
        try:
            text = location.read_bytes().decode("utf-8")
            document = Document.of(text)
            fields = changes(record, fields_of(document)[0])
            if not fields:
                return None
            digest = atomic.replace(location, edited(document, fields), durable=False)
        except (OSError, UnicodeDecodeError, YamlTextError) as error:
            raise NotSavedError(say("{path} was changed in the meantime", path=location.name)) from error
        return Wrote(path, digest, text)
