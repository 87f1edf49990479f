"""Save the playbook: checked, written atomically, never over somebody else's change, and in the history."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ingest import atomic
from ingest.files import FileText, decode
from ingest.history import History, Version
from ingest.inside import below
from ingest.intake import Intake
from ingest.names import require_plain
from ingest.playbook_file import PLAYBOOK_NAME, STARTER, load_playbook
from ingest.saving import Turn, one_at_a_time
from kb.entry import Problem
from kb.errors import NotSavedError, ReadOnlyError, RefusedTextError, StaleEditError


@dataclass(frozen=True, slots=True)
class PlaybookText:
    """The playbook's file as stored."""

    text: str
    content_hash: str  # SHA-256 of the bytes; empty if there is no file


def write_starter(folder: Path, lock: Path | None = None) -> bool:
    """Write the starter playbook into a folder that has none; return whether it was written. Raises NotSavedError."""
    folder.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(folder, lock):
        try:
            atomic.create(below(folder, PLAYBOOK_NAME), STARTER.read_text("utf-8"))
        except FileExistsError:
            return False
    return True


class PlaybookStore:
    """Reads and writes the playbook's file. Safe for threads and for several processes."""

    def __init__(
        self,
        intake: Intake,
        folder: Path,
        lock: Path,
        *,
        is_readonly: bool = False,
        noted: Callable[[Literal["playbook-saved"], str], None] = lambda _change, _id: None,
        turn: Turn = nullcontext,
    ) -> None:
        """Write below a folder; `lock` is the lock file shared by all processes that write there.

        `noted` hears of each save; it may not fail. `turn` keeps other servers from saving meanwhile.
        """
        self.is_readonly = is_readonly
        self.history = History(folder)
        self._intake = intake
        self._folder = folder
        self._lock = lock
        self._turn = turn
        self._noted = noted

    @property
    def is_missing(self) -> bool:
        """Whether the folder has no playbook."""
        return not os.path.lexists(self._folder / PLAYBOOK_NAME)

    def source(self) -> PlaybookText:
        """Return the file; an empty one if there is none. Raises RefusedTextError if it is not text."""
        try:
            content = decode(below(self._folder, PLAYBOOK_NAME).read_bytes(), PLAYBOOK_NAME)
        except FileNotFoundError:
            return PlaybookText("", "")
        except OSError as error:
            raise NotSavedError(error.strerror or str(error)) from error
        if isinstance(content, Problem):
            raise RefusedTextError(content.message)
        return PlaybookText(content.text, content.content_hash)

    def versions(self) -> list[Version]:
        """Return the versions of the file, newest first."""
        return list(self.history.versions(PLAYBOOK_NAME))

    def text_at(self, number: str) -> str | None:
        """Return the file at one of its versions; None if there is no such version."""
        raw = self.history.text_at(PLAYBOOK_NAME, number)
        content = decode(raw, PLAYBOOK_NAME) if raw is not None else None
        return content.text if isinstance(content, FileText) else None

    def start(self) -> bool:
        """Write the starter playbook if there is none; return whether it was written."""
        self._refuse_if_readonly()
        is_new = write_starter(self._folder, self._lock)
        if is_new:
            self.history.commit(PLAYBOOK_NAME, "", PLAYBOOK_NAME)
            self._noted("playbook-saved", PLAYBOOK_NAME)
            self._intake.take_playbook()
        return is_new

    def save(self, text: str, base_hash: str, *, author: str = "", reason: str = "") -> None:
        """Replace the file. `base_hash` is the hash of the version the author started from; empty if there was none.

        Raises StaleEditError if the file has changed since, RefusedTextError if it is no YAML, NotSavedError.
        """
        self._refuse_if_readonly()
        require_plain(author=author, reason=reason)
        content = decode(text.encode("utf-8", "surrogatepass"), PLAYBOOK_NAME)
        fault = load_playbook(content.text) if isinstance(content, FileText) else content
        if isinstance(fault, Problem):
            raise RefusedTextError(fault.message)
        with one_at_a_time(self._folder, self._lock, self._turn):
            place = below(self._folder, PLAYBOOK_NAME)
            current = hashlib.sha256(place.read_bytes()).hexdigest() if place.is_file() else ""
            if current != base_hash:
                raise StaleEditError(PLAYBOOK_NAME, current)
            if current:
                self.history.commit(PLAYBOOK_NAME, "", "")  # what somebody changed by hand
            if not current or text != self.source().text:
                atomic.replace(place, text)
            self.history.commit(PLAYBOOK_NAME, author, reason)
        self._noted("playbook-saved", PLAYBOOK_NAME)
        self._intake.take_playbook()

    def reset(self, base_hash: str, *, author: str = "", reasons: tuple[str, str] = ("", "")) -> None:
        """Replace the file with the starter; the present one is committed to the history first, where there is one.

        `reasons` are those of the two commits. Raises as `save` does.
        """
        self._refuse_if_readonly()
        if self.source().content_hash == base_hash:
            with one_at_a_time(self._folder, self._lock, self._turn):
                self.history.commit(PLAYBOOK_NAME, author, reasons[0])
        self.save(STARTER.read_text("utf-8"), base_hash, author=author, reason=reasons[1])

    def _refuse_if_readonly(self) -> None:
        if self.is_readonly:
            raise ReadOnlyError
