"""Import files as entries: one entry per file, named after its source; the same bytes only once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest import atomic
from ingest.files import MAX_FILE_BYTES, find_files, read_file
from ingest.front_matter import composed
from ingest.importers.converted import Converted
from ingest.names import candidates
from ingest.parse import parse_entry
from ingest.readable import guessed
from kb.entry import Problem
from kb.errors import NotSavedError, RefusedTextError, why_refused
from kb.index.plain import plain
from kb.playbook import Playbook
from kb.wording import say

SOURCE, SOURCE_HASH = "source", "source_hash"  # keys of the front matter
MAX_SOURCE_BYTES = 100_000_000  # slides with pictures have tens of megabytes, but little text
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufeff\ufffe\uffff\ud800-\udfff]")
_MAIN_HEADING = re.compile(r"# +([^\s#].{0,199})")
_MANY_BLANK_LINES = re.compile(r"\n{3,}")

Reader = Callable[[str, bytes], Converted]  # (file name, bytes) → Markdown; raises RefusedTextError


@dataclass(frozen=True, slots=True)
class Arrival:
    """The result for one file."""

    source: str  # as given
    path: str = ""  # of its entry below the entries folder
    is_new: bool = False  # False with a path: the entry already existed
    refusal: str = ""  # why there is no entry
    notes: tuple[str, ...] = ()  # what was left out, and what was a guess


def bring_in(folder: Path, sources: Iterable[Path], read: Reader, kind: str = "note") -> Iterator[Arrival]:
    """Import each file and yield its result; an unreadable file does not stop the others."""
    known = known_sources(folder)
    for source in sources:
        try:
            yield _imported(folder, source, read, kind, known)
        except (RefusedTextError, NotSavedError) as error:
            yield Arrival(_readable(str(source)), refusal=error.sentence)


def known_sources(folder: Path) -> dict[str, str]:
    """Return the paths of imported entries by the hash of their source file."""
    known: dict[str, str] = {}
    for file in find_files(folder)[0]:
        content = read_file(file)
        if isinstance(content, Problem) or SOURCE_HASH not in content.text:
            continue
        extra = dict(parse_entry(content.text, file.path, Playbook()).entry.extra)
        if extra.get(SOURCE_HASH):
            known.setdefault(extra[SOURCE_HASH].strip().lower(), file.path)
    return known


def _imported(folder: Path, source: Path, read: Reader, kind: str, known: dict[str, str]) -> Arrival:
    raw = _bytes_of(source)
    name, digest = _readable(source.name), hashlib.sha256(raw).hexdigest()
    if digest in known:
        return Arrival(_readable(str(source)), known[digest])
    title, text, notes = as_entry(name, raw, read, kind)
    size = len(text.encode("utf-8"))
    if size > MAX_FILE_BYTES:
        raise RefusedTextError(
            say(
                "The text of the file is {size:.1f} MB; the limit is {limit:.0f} MB. Split it.",
                size=size / 1e6,
                limit=MAX_FILE_BYTES / 1e6,
            )
        )
    path = known[digest] = atomic.create_first(folder, candidates(kind, title), text)
    return Arrival(_readable(str(source)), path, is_new=True, notes=notes)


def as_entry(name: str, raw: bytes, read: Reader, kind: str) -> tuple[str, str, tuple[str, ...]]:
    """Return title and text of the entry a file becomes, and what to say about it. Raises RefusedTextError."""
    converted = read(name, raw)
    body = _tidy(converted.text)
    if not body.strip():
        raise RefusedTextError(say("The file contains no text."))
    title, body = _titled(name, body)
    digest = hashlib.sha256(raw).hexdigest()
    return title, composed({"title": title, "kind": kind, SOURCE: name, SOURCE_HASH: digest}, body), converted.notes


def _titled(name: str, body: str) -> tuple[str, str]:
    """Return title and body of a document; the title is its only level-1 heading, at the top, else the file name."""
    first, _, rest = body.lstrip("\n").partition("\n")
    heading = _MAIN_HEADING.fullmatch(first)
    if heading and rest.strip() and not any(map(_MAIN_HEADING.fullmatch, rest.split("\n"))):
        return plain(heading[1]), rest.lstrip("\n")
    return " ".join(Path(name).stem.split()) or name, body


def _bytes_of(source: Path) -> bytes:
    try:
        if source.is_dir():
            raise RefusedTextError(
                say("This is a folder. Name the files in it, for example {files}.", files=f"{source.name}/*")
            )
        if not source.is_file():
            raise RefusedTextError(say("File not found."))
        size = source.stat().st_size
        if size > MAX_SOURCE_BYTES:
            raise RefusedTextError(
                say(
                    "The file is {size:.0f} MB; the limit is {limit:.0f} MB.",
                    size=size / 1e6,
                    limit=MAX_SOURCE_BYTES / 1e6,
                )
            )
        raw = source.read_bytes()
    except OSError as error:
        raise RefusedTextError(say("The file cannot be read: {why}.", why=why_refused(error))) from error
    if not raw.strip():
        raise RefusedTextError(say("The file is empty."))
    return raw


def _tidy(text: str) -> str:
    """Return Markdown without control characters, trailing spaces and repeated blank lines."""
    lines = (line.rstrip() for line in _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n"))
    return _MANY_BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n") + "\n"


def _readable(name: str) -> str:
    return guessed(name).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
