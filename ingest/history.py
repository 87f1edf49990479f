"""The versions of an entry, where the entries folder is a git repository and git is installed."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

TIMEOUT = 20  # seconds; a hook that takes longer is given up
MOST_VERSIONS = 100
NOBODY = "Kachisuji"
ADDRESS = "kachisuji@localhost"
_FORMAT = "%H%x1f%aI%x1f%an%x1f%s"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Version:
    """One commit that changed an entry."""

    number: str  # the commit
    at: datetime
    author: str
    reason: str


class History:
    """Commits saves and reads old versions; does nothing where there is no repository."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def is_kept(self) -> bool:
        """Whether the folder is a repository of its own; one that merely lies in another's is left alone."""
        if not shutil.which("git"):
            return False
        top = self._git("rev-parse", "--show-toplevel").strip()
        return bool(top) and Path(top).resolve() == self._folder.resolve()

    def commit(self, path: str, author: str, reason: str) -> bool:
        """Commit one file and nothing else that may be staged; return whether there is a commit.

        A save is never lost for git's sake: what goes wrong is logged.
        """
        if not self.is_kept:
            return False
        name = " ".join(author.replace("<", " ").replace(">", " ").split()) or NOBODY
        who = (f"user.name={name}", f"user.email={ADDRESS}")
        try:
            self._run("add", "--", path)
            self._run(*(part for pair in who for part in ("-c", pair)), "commit", "--quiet", "--no-gpg-sign",
                      "--message", reason or path, "--only", "--", path)  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            log.warning("%s is saved, but git did not take it: %s", path, _said(error))
            return False
        return True

    def versions(self, path: str) -> Sequence[Version]:
        """Return the versions of a file, the newest first; none where no history is kept."""
        if not self.is_kept:
            return ()
        listed = self._git("log", f"--max-count={MOST_VERSIONS}", "--follow", f"--format={_FORMAT}", "--", path)
        parts = [line.split("\x1f", 3) for line in listed.splitlines() if line.count("\x1f") == 3]
        return [Version(number, datetime.fromisoformat(at), author, reason) for number, at, author, reason in parts]

    def text_at(self, path: str, number: str) -> bytes | None:
        """Return a file as it was at one of its versions; None when there is no such version."""
        if not self.is_kept or number not in {version.number for version in self.versions(path)}:
            return None
        try:
            return self._run("show", f"{number}:./{path}")
        except (OSError, subprocess.SubprocessError):
            return None  # at that time it had another name

    def _git(self, *arguments: str) -> str:
        try:
            return self._run(*arguments).decode("utf-8", "replace")
        except (OSError, subprocess.SubprocessError):
            return ""

    def _run(self, *arguments: str) -> bytes:
        command = ["git", "-c", "core.quotepath=off", *arguments]
        done = subprocess.run(command, cwd=self._folder, capture_output=True, timeout=TIMEOUT, check=True)  # noqa: S603
        return done.stdout


def _said(error: Exception) -> str:
    output = getattr(error, "stderr", b"") or b""
    return output.decode("utf-8", "replace").strip().split(os.linesep)[-1] or str(error)
