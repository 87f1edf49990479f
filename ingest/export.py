"""Export entries: the original files, one JSON line per entry, or a spreadsheet table."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ingest.check import read_playbook
from ingest.files import EntryFile, decode, find_files, read_bytes
from ingest.parse import parse_entry
from ingest.playbook_file import PLAYBOOK_NAME
from kb.entry import VISIBILITIES, Entry, Problem, Reason, Variant, is_shown
from kb.fields import FIELDS
from kb.index.own_id import with_own_id
from kb.playbook import Playbook
from kb.search.bounds import with_playbook_keys
from kb.search.query import Filters
from kb.spreadsheet import table

OTHER = "other"  # column for custom keys


@dataclass(frozen=True, slots=True)
class Record:
    """An entry with the file it was read from."""

    entry: Entry
    file: EntryFile
    raw: bytes
    text: str


def read_records(
    folder: Path,
    filters: Filters | None = None,
    visible: frozenset[str] = VISIBILITIES,
    playbook: Playbook | None = None,
) -> tuple[list[Record], list[Problem]]:
    """Return the published, visible entries that match the filters, by path, and the unreadable files.

    Where something is hidden, unreadable files are left out: nobody knows whether they may be shown. Needs no index.
    Raises BadFilterError on an invalid filter value.
    """
    playbook = playbook or read_playbook(folder)[0]
    agreed_filters = with_playbook_keys(filters or Filters(), playbook)
    files, problems = find_files(folder)
    taken: dict[str, str] = {}
    records = []
    for file in files:
        raw = read_bytes(file)
        if isinstance(raw, Problem):
            problems.append(raw)
            continue
        content = decode(raw, file.path)
        if isinstance(content, Problem):
            problems.append(content)
            continue
        parsed = parse_entry(content.text, file.path, playbook, content.content_hash)
        if not is_shown(parsed.entry.audiences, visible):
            continue
        entry, _ = with_own_id(parsed.entry, taken)
        taken[entry.id] = file.path
        if entry.status == "published" and passes(entry, agreed_filters):
            records.append(Record(entry, file, raw, content.text))
    return records, problems if visible >= VISIBILITIES else []


def passes(entry: Entry, filters: Filters) -> bool:
    """Whether an entry matches filters, as in a search."""
    values, day = entry.facet_values(), entry.sort_date
    has_values = all(set(chosen) & set(values[facet]) for facet, chosen in filters.values)
    return has_values and filters.date_from <= day and (not filters.date_to or "" < day <= filters.date_to)


def fields_of(entry: Entry) -> dict[str, Any]:
    """Return the non-empty front matter values by field name, as plain values."""
    values = {field.name: _plain(entry.value(field.name)) for field in FIELDS}
    if entry.deal and entry.deal.amount is None:
        values.pop("currency")
    values[OTHER] = dict(entry.extra)
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}


def write_zip(records: Sequence[Record], folder: Path, out: BinaryIO) -> None:
    """Write the unchanged files at their paths, with the playbook."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        playbook = folder / PLAYBOOK_NAME
        if playbook.is_file() and not playbook.is_symlink():
            archive.write(playbook, PLAYBOOK_NAME)
        for record in records:
            info = zipfile.ZipInfo.from_file(record.file.location, record.entry.path, strict_timestamps=False)
            archive.writestr(info, record.raw, zipfile.ZIP_DEFLATED)


def write_jsonl(records: Sequence[Record], _: Path, out: BinaryIO) -> None:
    """Write one JSON object per entry: path, file text and fields."""
    for record in records:
        row = {"path": record.entry.path, "text": record.text, "fields": fields_of(record.entry)}
        out.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")


def write_csv(records: Sequence[Record], _: Path, out: BinaryIO) -> None:
    """Write one row per entry and one column per field."""
    keys = [*(field.name for field in FIELDS), OTHER]
    rows = ((r.entry.path, *map(_cell, map(fields_of(r.entry).get, keys))) for r in records)
    out.write(table(["path", *keys], rows))


WRITERS: Mapping[str, Callable[[Sequence[Record], Path, BinaryIO], None]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "zip": write_zip,
}


def _plain(value: Any) -> Any:
    if isinstance(value, (Reason, Variant)):
        return {name: inner for name, inner in dataclasses.asdict(value).items() if inner not in (None, "")}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return dict(value)
    return value if value is None or isinstance(value, (str, int)) else value.isoformat()


def _cell(value: Any) -> object:
    """Return a value as one cell of text: `a, b` or `leads: 120; won: 3`."""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {inner}" for name, inner in value.items())
    if isinstance(value, list):
        parts = [_reason_or_arm(item) if isinstance(item, dict) else str(item) for item in value]
        return ("; " if any(isinstance(item, dict) for item in value) else ", ").join(parts)
    return value


def _reason_or_arm(item: dict[str, Any]) -> str:
    if "code" in item:
        source = f" ({item['source']})" if "source" in item else ""
        return f"{item['code']}{source}{' ' if item.get('note') else ''}{item.get('note', '')}"
    return f"{item['angle']}: {item['responded']}/{item['shown']}"
