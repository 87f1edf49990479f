"""Find and read the files of an entries folder, whatever people put there."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.inside import link_in
from kb.entry import Problem
from kb.wording import say

MAX_FILE_BYTES = 2_000_000  # a 600-page book; anything larger is an export or a scan
_KANA = re.compile(r"[\u3041-\u30ff]")
_BINARY = re.compile(rb"\x00")


@dataclass(frozen=True, slots=True)
class EntryFile:
    """One file below the entries folder."""

    path: str  # below the folder, forward slashes, NFC
    location: Path


@dataclass(frozen=True, slots=True)
class FileText:
    """The text of a file, with encoding problems."""

    text: str
    content_hash: str  # SHA-256 of the bytes
    problems: tuple[Problem, ...] = ()


def find_files(folder: Path) -> tuple[list[EntryFile], list[Problem]]:
    """Return the Markdown files below a folder, by path, and problems of those that cannot be entries."""
    root = folder.resolve()
    files: dict[str, EntryFile] = {}
    problems: list[Problem] = []
    for location in sorted(walk(root)):
        path = _path_below(root, location)
        if location.suffix.lower() != ".md" and not (location.is_symlink() and not location.is_file()):
            continue
        message = _why_not(location, path, files)
        if message:
            problems.append(Problem(path, 1, message))
        else:
            files[path] = EntryFile(path, location)
    return list(files.values()), problems


def find_some(folder: Path, paths: Iterable[str]) -> tuple[list[EntryFile], list[Problem]]:
    """Return the Markdown files among some paths below a folder, and problems of those that cannot be entries.

    A path behind a link is reported as a problem of the link.
    """
    root = folder.resolve()
    files: list[EntryFile] = []
    problems: list[Problem] = []
    for path in sorted(set(paths)):
        location = root / path
        if link := link_in(root, path):
            problems.append(Problem(link, 1, not_followed(link)))
            continue
        if not location.is_file():
            continue
        message = _why_not(location, path, {})
        if message:
            problems.append(Problem(path, 1, message))
        else:
            files.append(EntryFile(path, location))
    return files, sorted(set(problems))


def not_followed(link: str) -> str:
    """Return the message for a link; links are skipped because changes behind them go unnoticed."""
    return say("'{name}' is a link and was skipped. Replace it with the file or folder itself.", name=link)


def read_file(file: EntryFile) -> FileText | Problem:
    """Read a file as text; a Problem if it is not text, too large or unreadable."""
    raw = read_bytes(file)
    return raw if isinstance(raw, Problem) else decode(raw, file.path)


def read_bytes(file: EntryFile) -> bytes | Problem:
    """Read the bytes of a file; a Problem if it is too large or unreadable."""
    try:
        if file.location.stat().st_size > MAX_FILE_BYTES:
            size, limit = file.location.stat().st_size / 1e6, MAX_FILE_BYTES / 1e6
            message = say("The file is {size:.1f} MB; the limit is {limit:.0f} MB. Split it.", size=size, limit=limit)
            return Problem(file.path, 1, message)
        return file.location.read_bytes()
    except OSError as error:
        return Problem(file.path, 1, say("The file cannot be read: {why}.", why=error.strerror or str(error)))


def decode(raw: bytes, path: str) -> FileText | Problem:
    """Decode the bytes of a file: UTF-8, else UTF-16 with a BOM or Shift_JIS, both with a problem to fix."""
    digest = hashlib.sha256(raw).hexdigest()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return FileText(raw.decode("utf-16"), digest, (_resave(path, "UTF-16"),))
        except UnicodeDecodeError:
            return Problem(
                path, 1, say("The file is damaged: it is marked as UTF-16 but cannot be decoded. Save it as UTF-8.")
            )
    if _BINARY.search(raw):
        message = say("Not a text file. Keep images and documents elsewhere and link to them.")
        return Problem(path, 1, message)
    try:
        return FileText(raw.decode("utf-8-sig"), digest)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
    try:
        text = raw.decode("cp932")
    except UnicodeDecodeError:
        text = ""
    if _KANA.search(text):
        return FileText(text, digest, (_resave(path, "Shift_JIS (CP932)"),))
    return Problem(path, line, say("This line is not valid UTF-8. Save the file as UTF-8."))


def _resave(path: str, encoding: str) -> Problem:
    message = say(
        "The file is encoded as {encoding}. It was read, but save it as UTF-8 so that every tool can open it.",
        encoding=encoding,
    )
    return Problem(path, 1, message)


def walk(root: Path) -> Iterator[Path]:
    """Yield all visible files below a folder; links are yielded, never followed."""
    for folder, subfolders, names in os.walk(root, followlinks=False):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        yield from (Path(folder) / name for name in [*names, *subfolders] if _is_visible_file(Path(folder) / name))


def _is_visible_file(path: Path) -> bool:
    return not path.name.startswith(".") and (path.is_symlink() or not path.is_dir())


def _path_below(root: Path, location: Path) -> str:
    path = location.relative_to(root).as_posix()
    readable = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return unicodedata.normalize("NFC", readable)


def _why_not(location: Path, path: str, known: dict[str, EntryFile]) -> str:
    if location.is_symlink():
        return not_followed(path)
    if not location.is_file():
        return say("Not a regular file; it was skipped.")
    if "\\x" in path or any(ord(c) < 32 for c in path):
        return say("The file name contains invalid characters. Rename the file.")
    if path in known:
        return say(
            "The file name differs from '{name}' only in how accents are encoded. Rename one of them.",
            name=known[path].location.name,
        )
    return ""
