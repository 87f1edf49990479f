"""File names of new entries: readable, unique and valid on every system."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterator

from kb.choices import KIND_FOLDERS
from kb.entry import Entry, Problem
from kb.errors import RefusedTextError, UntitledError
from kb.wording import say

LONGEST = 120  # bytes of UTF-8; systems allow 255, and a number and an extension are added
UNNAMED = "(untitled)"  # name of a text without a title until it has a file
_FIELDS = {
    "author": say("the author's name"),
    "reason": say("the reason"),
    "name": say("the file name"),
    "key": say("the Idempotency-Key"),
}
_UNSAFE = re.compile(r"[^\w.()+-]+")  # anything but letters, digits and a few signs
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # Windows device names


def file_stem(title: str) -> str:
    """Return a title as a file name without extension; `entry` if no character is usable."""
    text = unicodedata.normalize("NFKC", title).strip().lower()
    name = unicodedata.normalize("NFC", _UNSAFE.sub("-", text)).strip("-._")
    name = name.encode("utf-8", "ignore")[:LONGEST].decode("utf-8", "ignore").rstrip("-._")
    return f"entry-{name}" if _RESERVED.fullmatch(name) else name or "entry"


def require_plain(**fields: str) -> None:
    """Refuse control characters in what goes to git, file names or the index. Raises RefusedTextError.

    A reason may have several lines.
    """
    for field, value in fields.items():
        text = re.sub(r"[\t\r\n]", "", value) if field == "reason" else value
        if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in text):
            raise RefusedTextError(say("Remove the control characters from {field}.", field=_FIELDS[field]))


def name_of(entry: Entry) -> str:
    """Return the name of a new entry: its title, else a deal's customer. Raises UntitledError."""
    customer = entry.deal.customer if entry.deal else ""
    if entry.title == UNNAMED and not customer:
        raise UntitledError(entry.kind)
    return entry.title if entry.title != UNNAMED else customer


def unnamed(entry: Entry) -> tuple[Problem, ...]:
    """Return the problem of an entry without a name, if it has none."""
    try:
        name_of(entry)
    except UntitledError as error:
        return (Problem(entry.path, 1, error.sentence),)
    return ()


def veiled(kind: str, title: str) -> Iterator[str]:
    """Yield possible paths that nobody can guess, so that none betrays whether a hidden file has the plain one."""
    while True:
        yield f"{KIND_FOLDERS[kind]}/{file_stem(title)}-{secrets.token_hex(3)}.md"


def candidates(kind: str, title: str) -> Iterator[str]:
    """Yield possible paths for a new entry below the entries folder, the unnumbered one first."""
    stem = f"{KIND_FOLDERS[kind]}/{file_stem(title)}"
    yield f"{stem}.md"
    yield from (f"{stem}-{number}.md" for number in range(2, 10_000))
