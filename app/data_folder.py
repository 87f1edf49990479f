"""The data folder: writable, identified, and used by one server at a time."""

from __future__ import annotations

import fcntl
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kb.errors import KBError, why_refused
from kb.wording import say

LOCK = "server.lock"  # held as long as the server lives, however it ends
ID = "base.id"
MASKING_KEY = "masking.key"
INDEX = "index"
TRIES = 20  # a process that only checks holds the lock for an instant
BETWEEN_SECONDS = 0.05


class DataFolderError(KBError):
    """The data folder cannot be used."""

    def __init__(self, data: Path, why: str) -> None:
        super().__init__(
            say(
                "The data folder '{folder}' cannot be written ({why}). Allow it, or set KB_DATA to another one.",
                folder=str(data),
                why=why,
            )
        )


class HeldError(KBError):
    """Another server uses the data folder."""


def prepare(data: Path) -> None:
    """Create the folder if it is missing. Raises DataFolderError if it or its index cannot be written."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        for place in filter(Path.is_dir, (data, data / INDEX)):
            with tempfile.TemporaryFile(dir=place):
                continue
    except OSError as error:
        raise DataFolderError(data, why_refused(error)) from error


def base_id(data: Path) -> str:
    """Return the id of the knowledge base, created on first use; empty if it cannot be stored."""
    place = data / ID
    try:
        data.mkdir(parents=True, exist_ok=True)
        with place.open("x", encoding="ascii") as file:
            file.write(secrets.token_hex(16))
    except OSError:  # it exists already, or the folder cannot be written
        pass
    try:
        return place.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def secret_key(place: Path) -> bytes:
    """Return a random key that only this user can read, created on first use; a passing one if it cannot be stored."""
    key = secrets.token_bytes(32)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent) as file:  # which is 0600
            file.write(key)
            file.flush()
            os.link(file.name, place)
    except OSError:  # it exists already, or the folder cannot be written
        pass
    try:
        return place.read_bytes() or key
    except OSError:
        return key


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Lock the folder against other servers. Raises HeldError, DataFolderError."""
    prepare(data)
    with (data / LOCK).open("a") as file:
        for left in reversed(range(TRIES)):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if not left:
                    raise HeldError(say("Another server uses the data folder '{folder}'.", folder=str(data))) from error
                time.sleep(BETWEEN_SECONDS)
        yield


def is_held(data: Path) -> bool:
    """Whether a server uses the folder."""
    try:
        with (data / LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
