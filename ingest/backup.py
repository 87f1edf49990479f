"""Everything that cannot be made again in one file: the entries folder and what people did, each with its checksum."""

from __future__ import annotations

import hashlib
import json
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from ingest import atomic
from kb.clock import CLOCK, Clock
from kb.errors import BackupError
from kb.wording import say

MANIFEST = "manifest.json"
ENTRIES = "entries/"
ACTIVITY = "activity.sqlite"
FORMAT = 1
# What zipfile raises on a file in which bytes have changed, as found by changing them.
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError, ValueError, OverflowError)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds."""

    made_at: str  # UTC, ISO
    files: int
    has_activity: bool


def back_up(entries: Path, copy_activity: Callable[[Path], bool], target: Path, *, clock: Clock = CLOCK) -> Contents:
    """Write a backup; a server may run meanwhile. `copy_activity` copies the database, False where there is none.

    Raises NotSavedError.
    """
    sums: dict[str, str] = {}
    made = clock.now().isoformat(timespec="seconds")

    def fill(file: BinaryIO) -> None:
        with (
            tempfile.TemporaryDirectory() as place,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for path in _files(entries):
                _put(archive, sums, ENTRIES + path.relative_to(entries).as_posix(), path.read_bytes())
            copy = Path(place) / ACTIVITY
            if copy_activity(copy):
                _put(archive, sums, ACTIVITY, copy.read_bytes())
            manifest = {"format": FORMAT, "made_at": made, "sha256": sums}
            archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))

    atomic.put(target, fill)
    return Contents(made, sum(name.startswith(ENTRIES) for name in sums), ACTIVITY in sums)


def verify(source: Path) -> Contents:
    """Read a whole backup and compare every checksum. Raises BackupError."""
    with _opened(source) as archive:
        manifest = _manifest(archive)
        sums: dict[str, str] = manifest["sha256"]
        if set(archive.namelist()) != {*sums, MANIFEST}:
            raise BackupError(say("it holds other files than its list says"))
        for name, wanted in sums.items():
            if not _is_safe(name):
                raise BackupError(say("'{name}' lies outside of it", name=name))
            if hashlib.sha256(_read(archive, name)).hexdigest() != wanted:
                raise BackupError(say("'{name}' is damaged", name=name))
        return Contents(manifest["made_at"], sum(n.startswith(ENTRIES) for n in sums), ACTIVITY in sums)


def restore(source: Path, entries: Path, activity: Path) -> Contents:
    """Bring a backup back to where nothing is yet. Raises BackupError, NotSavedError."""
    contents = verify(source)
    if entries.is_dir() and any(entries.iterdir()):
        raise BackupError(say("the folder {folder} is not empty; move it away first", folder=str(entries)))
    if contents.has_activity and activity.exists():
        raise BackupError(say("{file} is there already; move it away first", file=str(activity)))
    with _opened(source) as archive:
        for name in _manifest(archive)["sha256"]:
            raw = _read(archive, name)
            place = activity if name == ACTIVITY else entries / name.removeprefix(ENTRIES)
            atomic.put(place, lambda file, raw=raw: file.write(raw), durable=False)  # type: ignore[misc]
    atomic.settle()
    return contents


def _files(entries: Path) -> Iterator[Path]:
    for path in sorted(entries.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(entries).parts)
        if path.is_file() and not hidden and not path.is_symlink():
            yield path


def _put(archive: zipfile.ZipFile, sums: dict[str, str], name: str, raw: bytes) -> None:
    archive.writestr(name, raw)
    sums[name] = hashlib.sha256(raw).hexdigest()


def _opened(source: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except _DAMAGE as error:
        raise BackupError(say("it cannot be opened ({why})", why=str(error))) from error


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except _DAMAGE as error:
        raise BackupError(say("'{name}' is damaged", name=name)) from error


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest = json.loads(archive.read(MANIFEST))
        if manifest["format"] == FORMAT and isinstance(manifest["sha256"], dict):
            return dict(manifest)
    except (KeyError, TypeError, *_DAMAGE):
        pass
    raise BackupError(say("it is no backup of this program"))


def _is_safe(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return name == ACTIVITY or (name.startswith(ENTRIES) and ".." not in parts and "\\" not in name and len(parts) > 1)
