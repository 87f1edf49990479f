"""Check a folder of entries without an index or a model: each file, and the links between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from ingest.fields import did_you_mean
from ingest.files import EntryFile, find_files, not_followed, read_file
from ingest.parse import parse_entry
from ingest.playbook_file import PLAYBOOK_NAME, parse_playbook
from kb.entry import Entry, Problem
from kb.loop.lineage import link_cycles
from kb.playbook import Playbook
from kb.wording import say, together

ReadPlaybook = tuple[Playbook, tuple[Problem, ...], str]  # with its problems and its content hash


class PlaybookFile:
    """The current playbook of a folder, parsed again only when the file changes. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / PLAYBOOK_NAME
        self._last: ReadPlaybook | None = None

    def read(self) -> ReadPlaybook:
        """Return the playbook, or an empty one if there is no file."""
        if self._path.is_symlink():
            return Playbook(), (Problem(PLAYBOOK_NAME, 1, not_followed(PLAYBOOK_NAME)),), "link"
        if not self._path.is_file():
            return Playbook(), (), ""
        content = read_file(EntryFile(PLAYBOOK_NAME, self._path))
        if isinstance(content, Problem):
            return Playbook(), (content,), content.message
        last = self._last
        if last is None or last[2] != content.content_hash:
            playbook, problems = parse_playbook(content.text)
            self._last = last = (playbook, (*content.problems, *problems), content.content_hash)
        return last


def read_playbook(folder: Path) -> ReadPlaybook:
    """Return the playbook of a folder, for callers that read it once."""
    return PlaybookFile(folder).read()


def check(folder: Path) -> tuple[int, list[Problem]]:
    """Return the number of entries in a folder and all problems, sorted."""
    playbook, problems, _ = read_playbook(folder)
    files, unreadable = find_files(folder)
    found = [*problems, *unreadable]
    taken: dict[str, str] = {}
    links: list[tuple[str, str, str, str]] = []
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
    found += [*dangling(links, set(taken)), *link_cycles(links)]
    return len(taken), sorted(set(found))


def with_own_id(entry: Entry, taken: dict[str, str]) -> tuple[Entry, list[Problem]]:
    """Return the entry with a unique id; of files with the same id, the earlier one keeps it."""
    own = entry.path.removesuffix(".md")
    owner = taken.get(entry.id)
    if owner in (None, entry.path):
        return entry, []
    free = next(i for i in _candidates(own) if taken.get(i) in (None, entry.path))
    message = say(
        "The id '{id}' is already used by {owner}; this entry gets '{free}' until you change it.",
        id=entry.id,
        owner=owner,
        free=free,
    )
    return replace(entry, id=free), [Problem(entry.path, 1, message)]


def dangling(links: Sequence[tuple[str, str, str, str]], ids: set[str]) -> list[Problem]:
    """Return a problem for each broken link; links are (path, id, relation, target)."""
    problems = []
    for path, _, relation, target in links:
        if target not in ids:
            close = get_close_matches(target, list(ids), n=1, cutoff=0.6)
            missing = say("{field}: there is no entry '{id}'.", field=relation, id=target)
            hint = did_you_mean(close[0]) if close else say("Write the path relative to entries/, without .md.")
            problems.append(Problem(path, 1, together(missing, hint)))
    return problems


def _candidates(own: str) -> Iterator[str]:
    yield own
    yield from (f"{own}-{n}" for n in range(2, 10_000))
