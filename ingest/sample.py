"""The sample company: copied into an entries folder for a first look, and removed again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from ingest import atomic
from ingest.document import Document
from ingest.files import EntryFile, FileText, find_files, read_file, walk
from ingest.front_matter import edited
from ingest.inside import below
from ingest.moved_dates import moved_dates
from ingest.parse import parse_entry
from ingest.playbook_file import PLAYBOOK_NAME, STARTER
from ingest.saving import one_at_a_time
from kb.entry import Entry
from kb.errors import NotSavedError, SampleRefusedError
from kb.playbook import Playbook

COMPANY = Path(__file__).parent / "sample_company"  # in the repository a link to its entries
_NAME_MONTH = re.compile(r"20\d\d-\d\d(?=-[a-z])")  # as in deals/2026-03-acme
MANIFEST = ".sample.json"  # in the entries folder: the hash of each file as it was copied, by path
PlaybookState = Literal["starter", "kept", "own"]


@dataclass(frozen=True, slots=True)
class Removed:
    """What removing the sample company did."""

    gone: tuple[str, ...]  # paths
    kept: tuple[str, ...]  # paths of entries that somebody changed; they are ordinary ones from now on
    playbook: PlaybookState  # back to the starter; changed, so kept; never the sample's


def holds_entries(folder: Path) -> bool:
    """Whether there is any Markdown file below a folder."""
    return any(location.suffix.lower() == ".md" for location in walk(folder))


def holds_sample(folder: Path) -> bool:
    """Whether the sample company is in a folder."""
    return (folder / MANIFEST).is_file()


def add_sample(folder: Path, today: date, lock: Path | None = None) -> tuple[str, ...]:
    """Copy the sample company into a folder without entries, its newest deal closed yesterday; return the paths.

    A playbook that somebody wrote stays; the starter playbook makes way. Raises SampleRefusedError, NotSavedError.
    """
    texts = sample_texts(today)
    folder.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(folder, lock):
        if holds_entries(folder) or holds_sample(folder):
            raise SampleRefusedError
        if is_own_playbook(folder):
            texts = {path: text for path, text in texts.items() if path != PLAYBOOK_NAME}
        hashes = {path: hashlib.sha256(text.encode("utf-8")).hexdigest() for path, text in texts.items()}
        atomic.replace(folder / MANIFEST, json.dumps(hashes, ensure_ascii=False, indent=1) + "\n")
        for path, text in texts.items():
            atomic.replace(below(folder, path), text, durable=False)
        atomic.settle()
    return tuple(path for path in texts if path != PLAYBOOK_NAME)


def remove_sample(folder: Path, lock: Path | None = None) -> Removed:
    """Remove what `add_sample` copied and nobody changed; the starter playbook takes the place of the sample's."""
    with one_at_a_time(folder, lock):
        known = _manifest(folder)
        unchanged = {path for path, digest in known.items() if _hash_of(folder, path) == digest}
        kept = [path for path in known if path not in unchanged and _hash_of(folder, path)]
        for path in unchanged - {PLAYBOOK_NAME}:
            below(folder, path).unlink(missing_ok=True)
        for place in {below(folder, path).parent for path in unchanged - {PLAYBOOK_NAME}}:
            with suppress(OSError):  # somebody's own entries are there
                place.rmdir()
        if PLAYBOOK_NAME in unchanged:
            atomic.replace(folder / PLAYBOOK_NAME, STARTER.read_text("utf-8"))
        (folder / MANIFEST).unlink(missing_ok=True)
    playbook: PlaybookState = "starter" if PLAYBOOK_NAME in unchanged else "kept" if PLAYBOOK_NAME in kept else "own"
    return Removed(tuple(sorted(unchanged - {PLAYBOOK_NAME})), tuple(sorted({*kept} - {PLAYBOOK_NAME})), playbook)


def sample_texts(today: date) -> dict[str, str]:
    """Return the files of the sample company by path, all dates moved so that the newest deal closed yesterday.

    An entry that would then be from the future, such as a deal still open, is moved less: it is from yesterday.
    """
    yesterday = today - timedelta(days=1)
    texts = _texts_of_company()
    entries = {path: parse_entry(text, path, Playbook()).entry for path, text in texts.items()}
    newest = max(entry.deal.closed_on for entry in entries.values() if entry.deal and entry.deal.closed_on)
    days = (yesterday - newest).days
    moved = {}
    for path, text in texts.items():
        own = _date_of(entries[path]) or newest
        of_entry = moved_dates(text, min(days, (yesterday - own).days), own)
        moved[_renamed(path, days)] = _renamed(_not_after(of_entry, path, yesterday), days)
    return moved


def _not_after(text: str, path: str, day: date) -> str:
    """Return an entry whose own date, a few days after its deal closed, is not after a day."""
    written = parse_entry(text, path, Playbook()).entry.date
    return edited(Document.of(text), {"date": day.isoformat()}) if written and written > day else text


def _texts_of_company() -> dict[str, str]:
    files = [*find_files(COMPANY)[0], EntryFile(PLAYBOOK_NAME, COMPANY / PLAYBOOK_NAME)]
    contents = {file.path: read_file(file) for file in files}
    return {path: content.text for path, content in contents.items() if isinstance(content, FileText)}


def _renamed(text: str, days: int) -> str:
    """Return a text with the months moved that begin names of entries; all by the same days, so that links hold."""
    return _NAME_MONTH.sub(lambda found: moved_dates(found[0], days, date.min), text)


def is_own_playbook(folder: Path) -> bool:
    """Whether a folder has a playbook other than the starter."""
    digest = _hash_of(folder, PLAYBOOK_NAME)
    return bool(digest) and digest != hashlib.sha256(STARTER.read_bytes()).hexdigest()


def _date_of(entry: Entry) -> date | None:
    return entry.deal.closed_on if entry.deal and entry.deal.closed_on else entry.date


def _manifest(folder: Path) -> Mapping[str, str]:
    try:
        known = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {str(path): str(digest) for path, digest in known.items()} if isinstance(known, dict) else {}


def _hash_of(folder: Path, path: str) -> str:
    try:
        return hashlib.sha256(below(folder, path).read_bytes()).hexdigest()
    except (OSError, ValueError, NotSavedError):  # gone, or a manifest that names something else
        return ""
