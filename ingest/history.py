"""The versions of an entry, if the entries folder is a git repository and git is installed."""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

TIMEOUT = 20  # seconds
MOST_VERSIONS = 100
NOBODY = "Kachisuji"
HOST = "localhost"
ADDRESS = f"kachisuji@{HOST}"
_SIGNATURE = re.compile(r"(.*) <([0-9a-f]+)>")  # a name and the id of a person
# Repository settings that could run a command or access the network. A backup, a clone or a shared drive brings its own
# configuration, so none of it is trusted; the environment is not passed on either.
_DISABLED = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.attributesFile=/dev/null", "core.pager=cat",
    "core.editor=false", "core.sshCommand=false", "diff.external=", "log.showSignature=false", "gpg.program=false",
    "credential.helper=", "protocol.allow=never", "gc.auto=0", "maintenance.auto=false",
)  # fmt: skip
_PLAIN = ("core.quotepath=off", "i18n.commitEncoding=utf-8", "i18n.logOutputEncoding=utf-8")
_ENVIRONMENT = {
    "PATH": os.defpath,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
}
_FORMAT = "%H%x1f%aI%x1f%an%x1f%ae%x1f%s"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Version:
    """One commit that changed an entry."""

    number: str  # the commit
    at: datetime
    author: str
    reason: str
    person: str = ""  # the id of the author, if it is known


def signature(name: str, person: str = "") -> str:
    """Return who saves, as `History.commit` takes it."""
    return f"{name} <{person}>" if person else name


class History:
    """Commits saves and reads old versions; does nothing without a repository."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._asked: tuple[tuple[int, int, int], bool] | None = None  # the state of .git when git was asked; its answer

    @property
    def is_kept(self) -> bool:
        """Whether the folder is the root of a repository; a folder inside one is ignored.

        Every page of an entry asks: git is only run when `.git` has changed since it was last asked.
        """
        try:
            known = (self._folder / ".git").stat()
        except OSError:
            return False
        state, asked = (known.st_ino, known.st_mtime_ns, known.st_ctime_ns), self._asked
        if asked is None or asked[0] != state:
            asked = self._asked = state, self._is_root()
        return asked[1]

    def _is_root(self) -> bool:
        if not shutil.which("git"):
            return False
        top = self._git("rev-parse", "--show-toplevel").strip()
        return bool(top) and Path(top).resolve() == self._folder.resolve()

    def commit(self, path: str, author: str, reason: str) -> bool:
        """Commit one file and nothing else that is staged; return whether a commit was made.

        `author` is a name, or a name with the id of a person as `signature` has it. A failure is logged and never
        fails the save.
        """
        if not self.is_kept:
            return False
        found = _SIGNATURE.fullmatch(author)
        name, person = (found[1], found[2]) if found else (author, "")
        name = " ".join("".join(c if c.isprintable() and c not in "<>" else " " for c in name).split()) or NOBODY
        try:
            return self._commit(path, name, f"{person}@{HOST}" if person else ADDRESS, reason or path)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            log.warning("%s was saved but not committed: %s", path, _message(error))
            return False

    def _commit(self, path: str, name: str, address: str, message: str) -> bool:
        """Commit a file byte for byte with plumbing commands: `add` and `commit` would run the repository's filters.

        Uses a separate index, so that staged changes stay staged.
        """
        if self._git("check-ignore", "--", f"./{path}"):
            return False
        content = (self._folder / path).read_bytes()
        blob = self._run("hash-object", "-w", "--no-filters", "--stdin", given=content).decode().strip()
        entry = ("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
        if blob == self._git("rev-parse", "--verify", "--quiet", f"HEAD:{path}").strip():
            return False
        parent = self._git("rev-parse", "--verify", "--quiet", "HEAD").strip()
        with tempfile.TemporaryDirectory() as place:
            index = {"GIT_INDEX_FILE": str(Path(place) / "index")}
            if parent:
                self._run("read-tree", parent, more=index)
            self._run(*entry, more=index)
            tree = self._run("write-tree", more=index).decode().strip()
        if parent and tree == self._git("rev-parse", f"{parent}^{{tree}}").strip():
            return False
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
               for what, value in (("NAME", name), ("EMAIL", address))}  # fmt: skip
        above = ("-p", parent) if parent else ()
        commit = (
            self._run("commit-tree", "--no-gpg-sign", *above, tree, given=message.encode(), more=who).decode().strip()
        )
        self._run("update-ref", "-m", "commit", "HEAD", commit, parent, more=who)
        self._run(*entry)
        return True

    def versions(self, path: str) -> Sequence[Version]:
        """Return the versions of a file, newest first; none without a history."""
        if not self.is_kept:
            return ()
        output = self._git("log", f"--max-count={MOST_VERSIONS}", "--follow", "--no-ext-diff", "--no-textconv",
                           f"--format={_FORMAT}", "--", f":(literal){path}")  # fmt: skip
        parts = [line.split("\x1f", 4) for line in output.splitlines() if line.count("\x1f") == 4]
        return [
            Version(number, datetime.fromisoformat(at), author, reason, _person(address))
            for number, at, author, address, reason in parts
        ]

    def text_at(self, path: str, number: str) -> bytes | None:
        """Return a file at one of its versions; None if there is no such version."""
        if not self.is_kept or number not in {version.number for version in self.versions(path)}:
            return None
        try:
            return self._run("cat-file", "blob", f"{number}:{path}")
        except (OSError, subprocess.SubprocessError):
            return None  # the file had another name then

    def _git(self, *arguments: str) -> str:
        try:
            return self._run(*arguments).decode("utf-8", "replace")
        except (OSError, subprocess.SubprocessError):
            return ""

    def _run(self, *arguments: str, given: bytes = b"", more: Mapping[str, str] | None = None) -> bytes:
        """Run git, and nothing but git, and return its output."""
        # Whoever sets KB_ENTRIES to the folder trusts it, regardless of its owner.
        settings = (*_PLAIN, *_DISABLED, f"safe.directory={self._folder.resolve()}")
        options = (part for setting in settings for part in ("-c", setting))
        done = subprocess.run(  # noqa: S603
            [shutil.which("git") or "git", "--no-pager", *options, *arguments],
            cwd=self._folder, input=given, capture_output=True, timeout=TIMEOUT, check=True,
            env={**_ENVIRONMENT, **(more or {})},
        )  # fmt: skip
        return done.stdout


def _person(address: str) -> str:
    """Return the id of the person in the address of a commit; empty if it is another address."""
    name, _, host = address.partition("@")
    return name if host == HOST and address != ADDRESS else ""


def _message(error: Exception) -> str:
    output = getattr(error, "stderr", b"") or b""
    return output.decode("utf-8", "replace").strip().split(os.linesep)[-1] or str(error)
