"""What writers sent and what was acknowledged: with it, answers and files are judged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ingest.document import Document
from ingest.front_matter import edited

FOREVER = float("inf")


@dataclass(slots=True)
class Version:
    """One text of an entry; times are on the monotonic clock."""

    text: str
    title: str
    base: str  # the hash of the version it replaces; empty for the first
    sent: float
    acked: float = FOREVER  # when it was acknowledged
    archived: bool = False

    @property
    def hash(self) -> str:
        """The SHA-256 of its bytes."""
        return hash_of(self.text)


@dataclass(slots=True)
class Written:
    """One entry."""

    token: str  # a word that stands in no other entry
    id: str = ""  # once it is known
    versions: list[Version] = field(default_factory=list)
    closing: bool = False  # it is archived, or about to be

    def at(self, content_hash: str) -> Version | None:
        """Return the version with a hash."""
        return next((version for version in self.versions if version.hash == content_hash), None)

    def settled(self, before: float) -> list[Version]:
        """Return the versions acknowledged before a time."""
        return [version for version in self.versions if version.acked < before]

    def is_replaced(self, version: Version, before: float) -> bool:
        """Whether another version, acknowledged before a time, stands on this one or on one after it."""
        followers = [other for other in self.versions if other.base == version.hash and other is not version]
        return any(other.acked < before or self.is_replaced(other, before) for other in followers)

    def line(self, content_hash: str) -> list[str]:
        """Return a version's hash and those it stands on, newest first."""
        found = []
        while content_hash and content_hash not in found and (version := self.at(content_hash)):
            found.append(content_hash)
            content_hash = version.base
        return found


def hash_of(text: str) -> str:
    """Return the SHA-256 of a text's bytes."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def archived(text: str) -> str:
    """Return the text that archiving makes of another."""
    return edited(Document.of(text), {"status": "archived"})


class Ledger:
    """All entries that writers sent, and those that were there before."""

    def __init__(self, before: Mapping[str, str]) -> None:
        """`before` are the titles of the entries that are there and never change, by id."""
        self.before = before
        self.written: list[Written] = []
        self.by_id: dict[str, Written] = {}

    def begin(self, entry: Written) -> None:
        """Note an entry that is about to be sent for the first time."""
        self.written.append(entry)

    def name(self, entry: Written, entry_id: str) -> None:
        """Note the id that an entry got."""
        entry.id = entry_id
        self.by_id[entry_id] = entry

    def wrong_in_answer(self, hits: Iterable[Mapping[str, str]], asked: float, settle: float) -> Iterator[str]:
        """Yield what is wrong with hits of a question asked at a time; what is younger than `settle` may be missing."""
        for hit in hits:
            found, title = hit["id"], hit["title"]
            if self.before.get(found) == title:
                continue
            entry = self.by_id.get(found) or self._by_title(title)
            if entry is None:
                yield f"unknown entry {found} {title}"
                continue
            shown = [version for version in entry.versions if version.title == title and not version.archived]
            if not shown:
                yield f"title that nobody wrote {found} {title}"
            elif all(entry.is_replaced(version, asked - settle) for version in shown):
                state = "archived" if any(v.archived and v.acked < asked - settle for v in entry.versions) else "stale"
                yield f"{state} {found} {title}"

    def _by_title(self, title: str) -> Written | None:
        """Return an entry that was sent and perhaps saved, though nobody was told its id."""
        unnamed = (entry for entry in self.written if not entry.id)
        return next((entry for entry in unnamed if any(v.title == title for v in entry.versions)), None)

    def judge_files(self, files: Mapping[str, str]) -> tuple[list[str], list[str], list[str]]:
        """Return what acknowledged writes are lost, what is in files that nobody wrote, and what is there twice.

        `files` are the texts by id, without the entries that were there before.
        """
        lost, wrong, owner = [], [], {version.hash: entry for entry in self.written for version in entry.versions}
        places: dict[int, list[str]] = {}
        for found, text in files.items():
            entry = owner.get(hash_of(text))
            if entry is None:
                wrong.append(f"text that nobody wrote in {found}")
                continue
            places.setdefault(id(entry), []).append(found)
            line = entry.line(hash_of(text))
            lost += [f"{found}: {v.title}" for v in entry.settled(FOREVER) if v.hash not in line]
        lost += [f"{e.id or e.token} is gone" for e in self.written if e.settled(FOREVER) and id(e) not in places]
        twice = [f"{', '.join(found)}" for found in places.values() if len(found) > 1]
        return lost, wrong, twice
