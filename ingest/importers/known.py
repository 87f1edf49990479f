"""Entries already imported from a CRM, by kind and CRM id."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.document import Document
from ingest.field_reader import as_written
from ingest.fields import FieldError, to_choice
from ingest.files import MAX_FILE_BYTES, EntryFile, decode, find_files
from ingest.front_matter import fields_in
from ingest.importers.identity import key_of
from ingest.parse import kind_of_folder
from ingest.yaml_text import Plain
from kb.choices import CHOICES
from kb.entry import Problem
from kb.fields import BY_NAME

_NAMES = BY_NAME["crm_id"].spellings
_TRACES = tuple({key.encode(code) for key in _NAMES for code in ("utf-8", "cp932", "utf-16-le", "utf-16-be")})
_LINE = re.compile(rf"^(?:{'|'.join(map(re.escape, _NAMES))})[ \t]*:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^#[ \t]+(\S.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Known:
    """An entry of an earlier import, or one a person gave a CRM id."""

    path: str  # below the entries folder
    fields: Mapping[str, Plain]
    is_sound: bool = True  # False: it has errors to fix by hand before it may be updated


Key = tuple[str, str]  # kind, CRM id


def known_entries(folder: Path, progress: Callable[[int, int], None]) -> tuple[dict[Key, Known], list[tuple[str, str]]]:
    """Return the entries with a CRM id, and duplicates as (path, path of the first)."""
    entries: dict[Key, Known] = {}
    duplicates: list[tuple[str, str]] = []
    files = find_files(folder)[0] if folder.is_dir() else []
    for place, file in enumerate(files, start=1):
        progress(place, len(files))
        read = _read(file)
        if read is None:
            continue
        key, known = read
        if key in entries:
            duplicates.append((known.path, entries[key].path))
        else:
            entries[key] = known
    return entries, duplicates


def key_at(folder: Path, path: str) -> Key | None:
    """Return the kind and CRM id of the entry at a path."""
    read = _read(EntryFile(path, folder / path))
    return read[0] if read else None


def entry_ids(known: Mapping[Key, Known], kind: str) -> dict[str, str]:
    """Return the entry id by CRM id."""
    return {
        crm_id: as_written(entry.fields.get("id", "")) or entry.path.removesuffix(".md")
        for (of, crm_id), entry in known.items()
        if of == kind
    }


def _read(file: EntryFile) -> tuple[Key, Known] | None:
    try:
        if file.location.stat().st_size > MAX_FILE_BYTES:
            return None
        raw = file.location.read_bytes()
    except OSError:
        return None
    if not any(trace in raw for trace in _TRACES):
        return None
    content = decode(raw, file.path)
    if isinstance(content, Problem):
        return None
    document = Document.of(content.text)
    if document.fault:
        return _unsound(document.yaml, file.path)
    fields, is_sound = fields_of(document)
    crm_id = as_written(fields.get("crm_id", "")).strip()
    if not crm_id:
        return None
    is_sound = is_sound and not content.problems  # updating a file in another encoding would rewrite all of it
    return (_kind(fields, file.path), key_of(crm_id)), Known(file.path, fields, is_sound)


def fields_of(document: Document) -> tuple[dict[str, Plain], bool]:
    """Return the fields of a file, and whether none is repeated; a heading is a title. Raises YamlTextError."""
    fields = {name: line.value for name, line in fields_in(document).items()}
    is_sound = len(fields) == len(document.lines)
    heading = _HEADING.search(document.body)
    if heading and is_empty(fields.get("title")):
        fields["title"] = heading[1]
    return fields, is_sound and not document.is_repaired


def _unsound(yaml: str, path: str) -> tuple[Key, Known] | None:
    found = _LINE.search(yaml)
    return ((_kind({}, path), key_of(found[1].strip("'\""))), Known(path, {}, is_sound=False)) if found else None


def is_empty(value: Plain | None) -> bool:
    """Whether a field has no value."""
    return value is None or value in ("", "~", "null", [], {})


def _kind(fields: Mapping[str, Plain], path: str) -> str:
    default = kind_of_folder(path)
    try:
        return default if is_empty(fields.get("kind")) else to_choice(fields["kind"], CHOICES["kind"])
    except FieldError:
        return default
