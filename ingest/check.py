"""Check a folder of entries without an index or a model: each file, and the links between them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from ingest import atomic
from ingest.copies import copies
from ingest.fields import did_you_mean
from ingest.files import EntryFile, FileText, find_files, is_bare, not_followed, not_regular, read_file, unreadable_file
from ingest.parse import parse_entry
from ingest.playbook_file import PLAYBOOK_NAME, load_playbook
from kb.clock import CLOCK
from kb.entry import Entry, Problem
from kb.errors import PlaybookUnknownError
from kb.index.own_id import with_own_id
from kb.insight.uncounted import COUNTED, uncounted_problems
from kb.loop.lineage import link_cycles
from kb.playbook import Playbook
from kb.wording import say, together

MOST_HINTS = 20  # broken links that get a suggestion; each is compared with every id

ReadPlaybook = tuple[Playbook, tuple[Problem, ...], str]  # with its problems and its content hash


class PlaybookFile:
    """The current playbook of a folder, parsed again only when the file changes. Thread-safe.

    While the file cannot be read or is not YAML, or the folder is not mounted, the last good version stays in force;
    `kept` is a copy of it that outlives this process.
    """

    def __init__(self, folder: Path, kept: Path | None = None) -> None:
        self._path = folder / PLAYBOOK_NAME
        self._kept = kept
        self._last: ReadPlaybook | None = None

    def read(self) -> ReadPlaybook:
        """Return the playbook, or an empty one if there is no file."""
        try:
            if not self._is_there and not self._stays:
                return Playbook(), (), ""
            content = self._content()
        except OSError as error:
            content = unreadable_file(PLAYBOOK_NAME, error)
        last = self._last
        if isinstance(content, FileText):
            if last is None or last[2] != content.content_hash:
                found = load_playbook(content.text)
                if isinstance(found, Problem):
                    return self._last_good((*content.problems, found))
                self._last = last = (found[0], (*content.problems, *found[1]), content.content_hash)
            return last
        return self._last_good((content,))

    def in_force(self) -> Playbook:
        """Return the playbook whose rules apply. Raises PlaybookUnknownError if the file never could be read."""
        playbook, problems, _ = self.read()
        if problems and self._last is None:
            fault = problems[-1]
            raise PlaybookUnknownError(f"{fault.path}:{fault.line}", fault.message)
        return playbook

    def keep(self) -> None:
        """Copy the file for times when it cannot be read, if it is good and was not copied yet."""
        playbook = self.read()
        if self._kept is None or not playbook[2] or playbook is not self._last or playbook[2] == _hash_of(self._kept):
            return
        raw = self._path.read_bytes()
        if hashlib.sha256(raw).hexdigest() == playbook[2]:
            atomic.put(self._kept, lambda file: file.write(raw))

    @property
    def _is_there(self) -> bool:
        """Whether there is a file, or anything else of its name. Raises OSError if nobody can tell."""
        try:
            self._path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    @property
    def _stays(self) -> bool:
        """Whether its rules stay in force without a file: the folder may not be mounted, and its entries stay, too."""
        is_known = self._last is not None or (self._kept is not None and self._kept.is_file())
        return is_known and is_bare(self._path.parent)

    def _content(self) -> FileText | Problem:
        if self._path.is_symlink():
            return Problem(PLAYBOOK_NAME, 1, not_followed(PLAYBOOK_NAME))
        if self._is_there and not self._path.is_file():
            return Problem(PLAYBOOK_NAME, 1, not_regular())
        return read_file(EntryFile(PLAYBOOK_NAME, self._path))

    def _last_good(self, problems: tuple[Problem, ...]) -> ReadPlaybook:
        """Return the last good playbook with the problems of the current file."""
        last = self._last or self._copy()
        if last is None:
            return Playbook(), problems, problems[-1].message
        self._last = last
        stays = say("Until then the last good version stays in force.")
        return last[0], tuple(replace(p, message=together(p.message, stays)) for p in problems), last[2]

    def _copy(self) -> ReadPlaybook | None:
        if self._kept is None or not self._kept.is_file():
            return None
        content = read_file(EntryFile(PLAYBOOK_NAME, self._kept))
        found = load_playbook(content.text) if isinstance(content, FileText) else content
        if isinstance(found, Problem) or not isinstance(content, FileText):
            return None
        return found[0], (*content.problems, *found[1]), content.content_hash


def read_playbook(folder: Path) -> ReadPlaybook:
    """Return the playbook of a folder, for callers that read it once."""
    return PlaybookFile(folder).read()


def check(folder: Path, today: date | None = None) -> tuple[int, list[Problem]]:
    """Return the number of entries in a folder and all problems on a day (none: today), sorted."""
    playbook, problems, _ = read_playbook(folder)
    files, unreadable = find_files(folder)
    found = [*problems, *unreadable]
    taken: dict[str, str] = {}
    links: list[tuple[str, str, str, str]] = []
    counted: list[Entry] = []
    for file in files:
        content = read_file(file)
        if isinstance(content, Problem):
            found.append(content)
            continue
        parsed = parse_entry(content.text, file.path, playbook)
        entry, clash = with_own_id(parsed.entry, taken)
        found += [*content.problems, *parsed.problems, *clash]
        taken[entry.id] = file.path
        links += [(file.path, entry.id, relation, target) for relation, target in entry.links()]
        counted += [entry] if entry.kind in COUNTED and entry.status == "published" else []
    found += uncounted_problems(counted, today or CLOCK.today())
    found += [*dangling(links, set(taken)), *link_cycles(links), *copies(set(taken.values()))]
    return len(taken), sorted(set(found))


def dangling(links: Sequence[tuple[str, str, str, str]], ids: set[str]) -> list[Problem]:
    """Return a problem for each broken link; links are (path, id, relation, target)."""
    problems: list[Problem] = []
    for path, _, relation, target in links:
        if target not in ids:
            close = get_close_matches(target, ids, n=1, cutoff=0.6) if len(problems) < MOST_HINTS else []
            missing = say("{field}: there is no entry '{id}'.", field=relation, id=target)
            hint = did_you_mean(close[0]) if close else say("Write the path relative to entries/, without .md.")
            problems.append(Problem(path, 1, together(missing, hint)))
    return problems


def _hash_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
