"""Find and read the files of an entries folder, whatever people put there."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.encodings import decoded_japanese, decoded_wide, has_escapes
from ingest.inside import link_in
from ingest.readable import Locations, misnamed, path_below
from kb.entry import Problem
from kb.errors import why_refused
from kb.wording import say

MAX_FILE_BYTES = 2_000_000  # a 600-page book; anything larger is an export or a scan
OTHER_ENDINGS = frozenset({".markdown", ".mdown", ".mkd", ".mkdn", ".mdwn"})  # of Markdown
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


@dataclass(frozen=True, slots=True)
class Listing:
    """The Markdown files below a folder, by path, and what is wrong with others."""

    files: list[EntryFile]
    problems: list[Problem]
    unreadable: tuple[str, ...] = ()  # files and folders that cannot be looked at now; "" is the whole folder

    def hides(self, path: str) -> bool:
        """Whether nobody can say now if there is a file at a path."""
        return any(not place or path == place or path.startswith(f"{place}/") for place in self.unreadable)


def list_files(folder: Path) -> Listing:
    """Return the Markdown files below a folder, and what cannot be an entry or be read."""
    root = folder.resolve()
    files: dict[str, EntryFile] = {}
    problems: set[Problem] = set()
    unreadable: list[str] = []

    def note(error: OSError) -> None:
        place = "" if Path(error.filename) == root else path_below(root, Path(error.filename))
        unreadable.append(place)
        problems.add(Problem(place or folder.name, 1, _hidden(error)))

    for location in sorted(walk(root, note)):
        path = path_below(root, location)
        if location.suffix.lower() in OTHER_ENDINGS:
            ending = say("Files ending in {ending} are not read. Rename it to end in .md.", ending=location.suffix)
            problems.add(Problem(path, 1, ending))
            continue
        if location.suffix.lower() != ".md" and not (os.path.islink(location) and not os.path.isfile(location)):
            continue
        try:
            path, message = misnamed(location.relative_to(root)) or (path, _why_not(location, path, files))
        except OSError as error:
            unreadable.append(path)
            message = _kept(error)
        if message:
            problems.add(Problem(path, 1, message))
        else:
            files[path] = EntryFile(path, location)
    return Listing(list(files.values()), sorted(problems), tuple(unreadable))


def is_bare(folder: Path) -> bool:
    """Whether a folder is not there, or has nothing at all in it, as where a drive is not mounted. Raises OSError."""
    try:
        with os.scandir(folder) as found:
            return next(found, None) is None
    except FileNotFoundError:
        return True


def find_files(folder: Path) -> tuple[list[EntryFile], list[Problem]]:
    """Return the Markdown files below a folder, by path, and problems of those that cannot be entries."""
    listing = list_files(folder)
    return listing.files, listing.problems


def list_some(folder: Path, paths: Iterable[str]) -> Listing:
    """Return the Markdown files among some paths below a folder, and what cannot be an entry or be read.

    A path behind a link is reported as a problem of the link.
    """
    root = folder.resolve()
    files: list[EntryFile] = []
    problems: set[Problem] = set()
    unreadable: list[str] = []
    locations = Locations(root)
    for path in sorted(set(paths)):
        name = path
        try:
            location = locations.of(path)
            if link := link_in(root, location.relative_to(root).as_posix()):
                problems.add(Problem(link, 1, not_followed(link)))
                continue
            if location.is_dir():
                continue
            name, message = misnamed(location.relative_to(root)) or (path, _why_not(location, path, {}))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            unreadable.append(name)
            message = _kept(error)
        if message:
            problems.add(Problem(name, 1, message))
        else:
            files.append(EntryFile(path, location))
    return Listing(files, sorted(problems), tuple(unreadable))


def find_some(folder: Path, paths: Iterable[str]) -> tuple[list[EntryFile], list[Problem]]:
    """Return the Markdown files among some paths below a folder, and problems of those that cannot be entries."""
    listing = list_some(folder, paths)
    return listing.files, listing.problems


def not_followed(link: str) -> str:
    """Return the message for a link; links are skipped because changes behind them go unnoticed."""
    return say("'{name}' is a link and was skipped. Replace it with the file or folder itself.", name=link)


def not_regular() -> str:
    """Return the message for a folder, pipe or device in the place of a file."""
    return say("Not a regular file; it was skipped.")


def read_file(file: EntryFile) -> FileText | Problem:
    """Read a file as text; a Problem if it is not text, too large or unreadable."""
    raw = read_bytes(file)
    return raw if isinstance(raw, Problem) else decode(raw, file.path)


def read_bytes(file: EntryFile) -> bytes | Problem:
    """Read the bytes of a file; a Problem if it is too large or unreadable."""
    try:
        return _bytes_of(file)
    except OSError as error:
        return unreadable_file(file.path, error)


def unreadable_file(path: str, error: OSError) -> Problem:
    """Return the problem of a file that cannot be read."""
    return Problem(path, 1, say("The file cannot be read: {why}.", why=why_refused(error)))


def read_again(file: EntryFile) -> tuple[FileText | Problem, bool]:
    """Read a file that was read before; True if it cannot be read now, which says nothing about its text.

    Raises FileNotFoundError.
    """
    try:
        raw = _bytes_of(file)
    except FileNotFoundError:
        raise
    except OSError as error:
        return Problem(file.path, 1, _kept(error)), True
    return raw if isinstance(raw, Problem) else decode(raw, file.path), False


def _bytes_of(file: EntryFile) -> bytes | Problem:
    size, limit = file.location.stat().st_size, MAX_FILE_BYTES
    if size > limit:
        message = say(
            "The file is {size:.1f} MB; the limit is {limit:.0f} MB. Split it.", size=size / 1e6, limit=limit / 1e6
        )
        return Problem(file.path, 1, message)
    return file.location.read_bytes()


def _kept(error: OSError) -> str:
    return say(
        "The file cannot be read now ({why}). What was read from it before stays searchable.",
        why=why_refused(error),
    )


def _hidden(error: OSError) -> str:
    return say(
        "The folder cannot be read now ({why}). What was read from it before stays searchable.",
        why=why_refused(error),
    )


def decode(raw: bytes, path: str) -> FileText | Problem:
    """Decode the bytes of a file: UTF-8, else UTF-16 or a Japanese encoding, with a problem to fix."""
    digest = hashlib.sha256(raw).hexdigest()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return FileText(raw.decode("utf-16"), digest, (_resave(path, "UTF-16"),))
        except UnicodeDecodeError:
            return Problem(
                path, 1, say("The file is damaged: it is marked as UTF-16 but cannot be decoded. Save it as UTF-8.")
            )
    if text := decoded_wide(raw):
        return FileText(text, digest, (_resave(path, "UTF-16"),))
    if _BINARY.search(raw):
        message = say("Not a text file. Keep images and documents elsewhere and link to them.")
        return Problem(path, 1, message)
    try:
        text = raw.decode("utf-8-sig")
        if not has_escapes(raw):
            return FileText(text, digest)
        line = 1
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
    text, encoding = decoded_japanese(raw)
    if text:
        return FileText(text, digest, (_resave(path, encoding),))
    return Problem(path, line, say("This line is not valid UTF-8. Save the file as UTF-8."))


def _resave(path: str, encoding: str) -> Problem:
    message = say(
        "The file is encoded as {encoding}. It was read, but save it as UTF-8 so that every tool can open it.",
        encoding=encoding,
    )
    return Problem(path, 1, message)


def walk(root: Path, unreadable: Callable[[OSError], object] | None = None) -> Iterator[Path]:
    """Yield all visible files below a folder; links are yielded, never followed. Unreadable folders are passed on."""
    for folder, subfolders, names in os.walk(root, onerror=unreadable, followlinks=False):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        linked = [name for name in subfolders if os.path.islink(os.path.join(folder, name))]
        yield from (Path(folder) / name for name in [*names, *linked] if not name.startswith("."))


def _why_not(location: Path, path: str, known: dict[str, EntryFile]) -> str:
    """Return why a file cannot be an entry; empty if it can. Raises OSError."""
    mode = location.lstat().st_mode
    if stat.S_ISLNK(mode):
        return not_followed(path)
    if not stat.S_ISREG(mode):
        return not_regular()
    if path in known:
        return say(
            "The file name differs from '{name}' only in how accents are encoded. Rename one of them.",
            name=known[path].location.name,
        )
    return ""
