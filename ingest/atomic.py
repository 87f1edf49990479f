"""Write files atomically: no reader, crash or second writer ever sees half a file."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ingest.inside import below
from kb.errors import NotSavedError, why_refused
from kb.wording import say

TEMPORARY = ".kb-saving-"  # hidden, so never read as an entry
LEFT_SECONDS = 3600  # no save takes that long
_REASONS = {
    errno.ENOSPC: say("the disk is full; free up space and save again"),
    errno.EDQUOT: say("the disk is full; free up space and save again"),
    errno.EROFS: say("the folder is read-only"),
    errno.EACCES: say("no permission to write to the folder"),
    errno.EPERM: say("no permission to write to the folder"),
    errno.EFBIG: say("the file is larger than this system allows"),
    errno.ENAMETOOLONG: say("the file name is too long"),
}

log = logging.getLogger(__name__)


def create(path: Path, text: str, *, durable: bool = True) -> str:
    """Write a new file and return the hash of its bytes. Raises FileExistsError, NotSavedError.

    For bulk writes pass `durable=False`, which does not wait for the disk, and call `settle` at the end.
    """
    raw = text.encode("utf-8")
    with _written_beside(path, lambda file: file.write(raw), durable) as temporary:
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:  # no hard links on this file system: reserve the name, then replace the file
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            try:
                temporary.replace(path)
            except OSError:
                _discard(path)
                raise
    return hashlib.sha256(raw).hexdigest()


def create_first(folder: Path, paths: Iterable[str], text: str) -> str:
    """Write a new file at the first free path below a folder and return that path. Raises NotSavedError."""
    for path in paths:
        try:
            create(below(folder, path), text)
        except FileExistsError:
            continue
        return path
    raise NotSavedError(say("too many entries have this title; choose another"))


def replace(path: Path, text: str, *, durable: bool = True) -> str:
    """Replace a file and return the hash of its bytes. Raises NotSavedError."""
    raw = text.encode("utf-8")
    put(path, lambda file: file.write(raw), durable=durable)
    return hashlib.sha256(raw).hexdigest()


def put(path: Path, fill: Callable[[BinaryIO], object], *, durable: bool = True) -> None:
    """Create or replace a file with what `fill` writes. Raises NotSavedError."""
    with _written_beside(path, fill, durable) as temporary:
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)


def settle() -> None:
    """Wait until everything written without `durable` is on the disk."""
    os.sync()


def sweep(folder: Path) -> int:
    """Delete old temporary files of killed processes; return how many there were."""
    before = time.time() - LEFT_SECONDS
    left = [path for path in folder.rglob(f"{TEMPORARY}*") if path.is_file() and path.stat().st_mtime < before]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


@contextmanager
def _written_beside(path: Path, fill: Callable[[BinaryIO], object], durable: bool) -> Iterator[Path]:
    """Yield a complete temporary file next to its target; it is deleted afterwards if still there."""
    temporary = path.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
    try:
        _make_folder(path.parent)
        with temporary.open("xb") as file:
            fill(file)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        yield temporary
        if durable:
            _sync_folder(path.parent)
    except FileExistsError:
        raise
    except OSError as error:
        raise NotSavedError(_REASONS.get(error.errno or 0, why_refused(error))) from error
    finally:
        _discard(temporary)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotSavedError(say("'{name}' is a file, not a folder", name=folder.name)) from error


def _discard(temporary: Path) -> None:
    try:
        temporary.unlink(missing_ok=True)
    except OSError:
        return  # the folder is not writable, so nothing was written to it


def _sync_folder(folder: Path) -> None:
    """Force the name of a file to the disk; the file is already there, so a failure is only logged."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        log.warning("'%s' could not be forced to the disk: %s", folder, error)
