"""The sample company: copied into an entries folder for a first look, and removed again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path, PurePath
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
_NAME = re.compile(r"20\d\d-\d\d-[a-z][a-z0-9-]*")  # as in deals/2026-03-acme
MANIFEST = ".sample.json"  # in the entries folder: the hash of each file as it was copied, by path
NEVER = "9"  # after every time
PlaybookState = Literal["starter", "kept", "own"]


@dataclass(frozen=True, slots=True)
class Removed:
    """What removing the sample company did."""

    gone: tuple[str, ...]  # paths
    kept: tuple[str, ...]  # paths of entries that somebody changed; they are ordinary ones from now on
    playbook: PlaybookState  # back to the starter; changed, so kept; never the sample's
    meetings: tuple[str, ...] = ()  # paths of the notes of meetings that were about the sample alone
    since: str = ""  # when the sample was added (UTC, ISO); empty where that was not noted
    until: str = NEVER  # when the first entry of somebody's own was written

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all entries that are gone."""
        return tuple(path.removesuffix(".md") for path in (*self.gone, *self.meetings))


def holds_entries(folder: Path) -> bool:
    """Whether there is any Markdown file below a folder."""
    return any(location.suffix.lower() == ".md" for location in walk(folder))


def holds_sample(folder: Path) -> bool:
    """Whether the sample company is in a folder."""
    return (folder / MANIFEST).is_file()


def add_sample(folder: Path, today: date, lock: Path | None = None, at: str = "") -> tuple[str, ...]:
    """Copy the sample company into a folder without entries, its newest deal closed yesterday; return the paths.

    `at` (UTC, ISO) is noted, so that what people did with the sample can go with it. A playbook that somebody wrote
    stays; the starter playbook makes way. Raises SampleRefusedError, NotSavedError.
    """
    texts = sample_texts(today)
    folder.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(folder, lock):
        if holds_entries(folder) or holds_sample(folder):
            raise SampleRefusedError
        if is_own_playbook(folder):
            texts = {path: text for path, text in texts.items() if path != PLAYBOOK_NAME}
        hashes = {path: hashlib.sha256(text.encode("utf-8")).hexdigest() for path, text in texts.items()}
        noted = {"at": at, "files": hashes}
        atomic.replace(folder / MANIFEST, json.dumps(noted, ensure_ascii=False, indent=1) + "\n")
        for path, text in texts.items():
            atomic.replace(below(folder, path), text, durable=False)
        atomic.settle()
    return tuple(path for path in texts if path != PLAYBOOK_NAME)


def remove_sample(folder: Path, lock: Path | None = None) -> Removed:
    """Remove what `add_sample` copied and nobody changed; the starter playbook takes the place of the sample's.

    Meetings saved before anybody wrote an entry of their own were about the sample alone: they go too.
    """
    with one_at_a_time(folder, lock):
        since, known = _manifest(folder)
        unchanged = {path for path, digest in known.items() if _hash_of(folder, path) == digest}
        kept = [path for path in known if path not in unchanged and _hash_of(folder, path)]
        until, meetings = _own(folder, known) if since else (NEVER, [])
        gone = [*(unchanged - {PLAYBOOK_NAME}), *meetings]
        for path in gone:
            below(folder, path).unlink(missing_ok=True)
        for place in {below(folder, path).parent for path in gone}:
            with suppress(OSError):  # somebody's own entries are there
                place.rmdir()
        if PLAYBOOK_NAME in unchanged:
            atomic.replace(folder / PLAYBOOK_NAME, STARTER.read_text("utf-8"))
        (folder / MANIFEST).unlink(missing_ok=True)
    playbook: PlaybookState = "starter" if PLAYBOOK_NAME in unchanged else "kept" if PLAYBOOK_NAME in kept else "own"
    gone, kept = ([*{*some} - {PLAYBOOK_NAME}] for some in (unchanged, kept))
    return Removed(tuple(sorted(gone)), tuple(sorted(kept)), playbook, tuple(sorted(meetings)), since, until)


def _own(folder: Path, known: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return when the first entry of somebody's own was written, and the notes of meetings before that."""
    until, meetings = NEVER, {}
    for file in find_files(folder)[0]:
        if file.path in known:
            continue
        written = datetime.fromtimestamp(file.location.stat().st_mtime, UTC).isoformat(timespec="milliseconds")
        content = read_file(file)
        if isinstance(content, FileText) and parse_entry(content.text, file.path, Playbook()).entry.is_meeting:
            meetings[file.path] = written
        else:
            until = min(until, written)
    return until, [path for path, written in meetings.items() if written < until]


def sample_texts(today: date) -> dict[str, str]:
    """Return the files of the sample company by path, all dates moved so that the newest deal closed yesterday.

    What was written after that deal, such as deals still open, would then be from the future. So it is moved less, all
    of it by the same number of days, and the newest of it is from yesterday too.
    """
    yesterday = today - timedelta(days=1)
    texts = _texts_of_company()
    entries = {path: parse_entry(text, path, Playbook()).entry for path, text in texts.items()}
    newest = max(entry.deal.closed_on for entry in entries.values() if entry.deal and entry.deal.closed_on)
    days = {path: _date_of(entry) or newest for path, entry in entries.items()}
    latest = max(days.values())
    shifts = {path: yesterday - (newest if day <= newest else latest) for path, day in days.items()}
    names = {PurePath(path).stem: _new_name(path, days[path], shift) for path, shift in shifts.items()}
    moved = {}
    for path, text in texts.items():
        text = _not_after(moved_dates(text, shifts[path].days, days[path]), path, yesterday)
        moved[_renamed(path, names)] = _renamed(text, names)
    return moved


def _new_name(path: str, day: date, shift: timedelta) -> str:
    """Return the name of an entry with the month that begins it moved by as many months as its date."""
    name, new = PurePath(path).stem, day + shift
    if not _NAME.fullmatch(name):
        return name
    months = int(name[:4]) * 12 + int(name[5:7]) - 1 + (new.year - day.year) * 12 + new.month - day.month
    return f"{months // 12}-{months % 12 + 1:02}{name[7:]}"


def _not_after(text: str, path: str, day: date) -> str:
    """Return an entry whose own date, a few days after its deal closed, is not after a day."""
    written = parse_entry(text, path, Playbook()).entry.date
    return edited(Document.of(text), {"date": day.isoformat()}) if written and written > day else text


def _texts_of_company() -> dict[str, str]:
    files = [*find_files(COMPANY)[0], EntryFile(PLAYBOOK_NAME, COMPANY / PLAYBOOK_NAME)]
    contents = {file.path: read_file(file) for file in files}
    return {path: content.text for path, content in contents.items() if isinstance(content, FileText)}


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """Return a text with the new names of entries, so that links hold."""
    return _NAME.sub(lambda found: names.get(found[0], found[0]), text)


def is_own_playbook(folder: Path) -> bool:
    """Whether a folder has a playbook other than the starter."""
    digest = _hash_of(folder, PLAYBOOK_NAME)
    return bool(digest) and digest != hashlib.sha256(STARTER.read_bytes()).hexdigest()


def _date_of(entry: Entry) -> date | None:
    return entry.deal.closed_on if entry.deal and entry.deal.closed_on else entry.date


def _manifest(folder: Path) -> tuple[str, Mapping[str, str]]:
    """Return when the sample was added, empty if unknown, and the hashes of its files."""
    try:
        known = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return "", {}
    if not isinstance(known, dict):
        return "", {}
    files = known.get("files", known)  # an earlier version noted the files alone
    at = str(known.get("at", "")) if files is not known else ""
    return at, {str(path): str(digest) for path, digest in files.items()} if isinstance(files, dict) else {}


def _hash_of(folder: Path, path: str) -> str:
    try:
        return hashlib.sha256(below(folder, path).read_bytes()).hexdigest()
    except (OSError, ValueError, NotSavedError):  # gone, or a manifest that names something else
        return ""
