"""Back up what cannot be rebuilt, the entries folder and two databases, in one file with checksums."""

from __future__ import annotations

import hashlib
import json
import stat
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from ingest import atomic, zips
from ingest.files import walk
from ingest.inside import below, is_plain
from ingest.playbook_file import PLAYBOOK_NAME
from ingest.readable import misnamed, path_below
from kb.clock import CLOCK, Clock
from kb.errors import BackupError
from kb.wording import say

MANIFEST = "manifest.json"
ENTRIES = "entries/"
ACTIVITY = "activity.sqlite"
PEOPLE = "people.sqlite"
DATABASES = (ACTIVITY, PEOPLE)
FORMAT = 1
SQLITE = b"SQLite format 3\x00"  # the beginning of every database
MAX_PARTS = 200_000  # twenty times the entries this is designed for
MAX_FILE = 20_000_000  # bytes per file; ten times the limit for an entry
MAX_NAME = 255 - 8  # bytes of a file name, with room for a number
MAX_PATH = 1_000  # characters below the entries folder
MAX_LIST = 50_000_000  # bytes of the manifest, which is read into memory
MAX_UNPACKED = 20_000_000_000  # bytes in total
LARGE = 1_000_000_000  # bytes; larger parts need ZIP64


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds."""

    made_at: str  # UTC, ISO
    files: int
    has_activity: bool
    left_out: tuple[str, ...] = ()  # neither Markdown nor the playbook, a link, or too large
    renamed: tuple[tuple[str, str], ...] = ()  # (name, path): names that collide on some systems
    has_people: bool = False
    is_here: bool = False  # all of it was there already, so a restore changed nothing


def back_up(
    entries: Path,
    copy_activity: Callable[[Path], bool],
    target: Path,
    *,
    copy_people: Callable[[Path], bool] = lambda _place: False,
    clock: Clock = CLOCK,
) -> Contents:
    """Write a backup, also while a server runs. Each `copy_…` copies a database and returns False if there is none.

    Raises NotSavedError.
    """
    sums: dict[str, str] = {}
    left_out: list[str] = []
    made = clock.now().isoformat(timespec="seconds")

    def leave_out(location: Path) -> None:
        left_out.append(path_below(entries, location))

    def fill(file: BinaryIO) -> None:
        with (
            tempfile.TemporaryDirectory() as place,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for location in sorted(walk(entries, lambda error: leave_out(Path(error.filename)))):
                path = location.relative_to(entries).as_posix()
                if _is_backed_up(location, path):
                    _put(archive, sums, ENTRIES + path, location)
                else:
                    leave_out(location)
            for name, copy in ((ACTIVITY, copy_activity), (PEOPLE, copy_people)):
                if copy(Path(place) / name):
                    _put(archive, sums, name, Path(place) / name)
            manifest = {"format": FORMAT, "made_at": made, "sha256": sums}
            archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))

    atomic.put(target, fill)
    files = sum(name.startswith(ENTRIES) for name in sums)
    return Contents(made, files, ACTIVITY in sums, tuple(left_out), has_people=PEOPLE in sums)


def verify(source: Path) -> Contents:
    """Read a whole backup in blocks and check every checksum. Raises BackupError."""
    with _open(source) as archive:
        return _verified(archive, source.stat().st_size)


def restore(source: Path, entries: Path, activity: Path) -> Contents:
    """Restore a backup where no data exists yet, or finish a restore that was interrupted.

    The database of people goes beside that of the `activity`. Raises BackupError, NotSavedError.
    """
    with _open(source) as archive:
        contents = _verified(archive, source.stat().st_size)
        sums: dict[str, str] = _manifest(archive)["sha256"]
        places = {
            name: below(entries, path) for name, path in _paths(sums.keys() - {*DATABASES, *contents.left_out}).items()
        }
        if not _holds_only(entries, {place: sums[name] for name, place in places.items()}):
            raise BackupError(say("the folder {folder} is not empty; move it elsewhere first", folder=str(entries)))
        databases = {name: activity.with_name(name) for name in DATABASES if name in sums} | (
            {ACTIVITY: activity} if ACTIVITY in sums else {}
        )
        for name, place in databases.items():
            if place.exists() and _checksum(place) != sums[name]:
                raise BackupError(say("{file} already exists; move it elsewhere first", file=str(place)))
        expected = {**places, **databases}
        if all(place.is_file() and _checksum(place) == sums[name] for name, place in expected.items()):
            return replace(contents, is_here=True)
        for name, place in expected.items():
            _restore_file(archive, name, sums[name], place)
    atomic.settle()
    return contents


def _verified(archive: zipfile.ZipFile, packed: int) -> Contents:
    parts = archive.infolist()
    if zips.declares_too_much(parts, packed, MAX_UNPACKED, MAX_PARTS):
        raise BackupError(say("its unpacked size exceeds the limit for a backup"))
    manifest = _manifest(archive)
    sums: dict[str, str] = manifest["sha256"]
    if sorted(part.filename for part in parts) != sorted((*sums, MANIFEST)):
        raise BackupError(say("its files do not match its manifest"))
    for part in parts:
        _refuse_unsafe(part)
    for name, checksum in sums.items():
        blocks = _read(archive, name, checksum)
        first = next(blocks, b"")
        if name in DATABASES and not first.startswith(SQLITE):
            raise BackupError(say("'{name}' is damaged", name=name))
        for _ in blocks:
            continue
    left_out = tuple(
        name for name in sums if name not in DATABASES and not _is_entry_or_playbook(name.removeprefix(ENTRIES))
    )
    kept = _paths(sums.keys() - {*DATABASES, *left_out})
    _refuse_unwritable(kept.values())
    renamed = tuple((name, path) for name, path in kept.items() if name != ENTRIES + path)
    return Contents(manifest["made_at"], len(kept), ACTIVITY in sums, left_out, renamed, PEOPLE in sums)


def _refuse_unsafe(part: zipfile.ZipInfo) -> None:
    """Raise BackupError unless a part is a regular file below the entries folder or one of our own files."""
    name = part.filename
    kind = stat.S_IFMT(part.external_attr >> 16)
    is_ours = name in (*DATABASES, MANIFEST) or (name.startswith(ENTRIES) and is_plain(name.removeprefix(ENTRIES)))
    if not is_ours or kind not in (0, stat.S_IFREG):
        raise BackupError(say("'{name}' is not allowed in a backup", name=name))
    limit = {**dict.fromkeys(DATABASES, MAX_UNPACKED), MANIFEST: MAX_LIST}.get(name, MAX_FILE)
    if part.file_size > limit:
        raise BackupError(say("its unpacked size exceeds the limit for a backup"))


def _refuse_unwritable(paths: Collection[str]) -> None:
    """Raise BackupError if a path is too long for file systems, or is a file here and a folder there."""
    folders = {folder.as_posix() for path in paths for folder in PurePosixPath(path).parents}
    for path in paths:
        is_long = len(path) > MAX_PATH or any(len(part.encode()) > MAX_NAME for part in path.split("/"))
        if is_long or path in folders:
            raise BackupError(say("'{name}' is not allowed in a backup", name=path[:200]))


def _paths(names: Iterable[str]) -> dict[str, str]:
    """Return the path for each file; names that collide on some systems get a number."""
    paths: dict[str, str] = {}
    taken: set[str] = set()
    next_number: dict[str, int] = {}  # by folded path, so that thousands of alike names are not tried again and again
    for name in sorted(names):
        path = name.removeprefix(ENTRIES)
        if (folded := _folded(path)) in taken:
            place = PurePosixPath(path)
            numbers = count(next_number.get(folded, 2))
            number = next(n for n in numbers if _folded(str(place.with_stem(f"{place.stem}-{n}"))) not in taken)
            next_number[folded] = number + 1
            path = str(place.with_stem(f"{place.stem}-{number}"))
        paths[name] = path
        taken.add(_folded(path))
    return paths


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _is_entry_or_playbook(path: str) -> bool:
    """Whether a file of the entries folder is an entry or the playbook; nothing else is restored."""
    return path == PLAYBOOK_NAME or path.lower().endswith(".md")


def _is_backed_up(location: Path, path: str) -> bool:
    if misnamed(PurePosixPath(path)) or not (is_plain(path) and _is_entry_or_playbook(path)):
        return False
    try:
        found = location.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_FILE:
            return False
        with location.open("rb"):
            return True
    except OSError:
        return False


def _put(archive: zipfile.ZipFile, sums: dict[str, str], name: str, file: Path) -> None:
    digest = hashlib.sha256()
    with file.open("rb") as raw, archive.open(name, "w", force_zip64=file.stat().st_size > LARGE) as part:
        while block := raw.read(zips.BLOCK):
            digest.update(block)
            part.write(block)
    sums[name] = digest.hexdigest()


def _holds_only(folder: Path, expected: Mapping[Path, str]) -> bool:
    """Whether a folder has no other files than an interrupted restore of these checksums left."""
    found = (path for path in folder.resolve().rglob("*") if path.is_symlink() or not path.is_dir())
    files = (path for path in found if not path.name.startswith(atomic.TEMPORARY))
    return all(not path.is_symlink() and path in expected and _checksum(path) == expected[path] for path in files)


def _checksum(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _restore_file(archive: zipfile.ZipFile, name: str, checksum: str, place: Path) -> None:
    atomic.put(place, lambda file: file.writelines(_read(archive, name, checksum)), durable=False)
    if name == PEOPLE:
        place.chmod(0o600)


def _open(source: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except zips.DAMAGE as error:
        raise BackupError(say("the file cannot be opened ({why})", why=str(error))) from error


def _read(archive: zipfile.ZipFile, name: str, checksum: str) -> Iterator[bytes]:
    """Yield a file in blocks. Raises BackupError at the end if its checksum does not match."""
    digest = hashlib.sha256()
    try:
        for block in zips.blocks(archive, archive.getinfo(name)):
            digest.update(block)
            yield block
    except (zips.TooLargeError, *zips.DAMAGE) as error:
        raise BackupError(say("'{name}' is damaged", name=name)) from error
    if digest.hexdigest() != checksum:
        raise BackupError(say("'{name}' is damaged", name=name))


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        part = archive.getinfo(MANIFEST)
        if part.file_size <= MAX_LIST:
            manifest = json.loads(b"".join(zips.blocks(archive, part)))
            datetime.fromisoformat(manifest["made_at"])
            if manifest["format"] == FORMAT and isinstance(manifest["sha256"], dict):
                return dict(manifest)
    except (KeyError, TypeError, ValueError, RecursionError, zips.TooLargeError, *zips.DAMAGE):
        pass
    raise BackupError(say("the file is not a backup of this program"))
