"""How far a CRM has been read, what waits to be written, and what was: files of the data folder."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ingest import atomic
from ingest.connectors.deals import START, CrmDeal, Mark
from ingest.connectors.errors import PullBusyError, StateDamagedError

_LOCK, _PROGRESS, _DEALS, _SPOOL, _SENT = "pull.lock", "progress.json", "deals.json", "waiting.jsonl", "sent.json"


@dataclass(slots=True)
class Progress:
    """How far a pull has come, and how the last ones ended."""

    place: str = ""  # which CRM this is about
    fields: str = ""  # hash of the fields that were read and what they mean; another: everything is read again
    mark: Mark = START
    is_midway: bool = False  # pages follow; else the next pull begins a little before the mark
    size: int = 0  # bytes of the deals that wait
    gone: dict[str, str] = field(default_factory=dict)  # id → deal it was merged into; waits to be written
    swept_at: str = ""  # when it was last asked what is gone
    read_at: str = ""  # when everything was last read
    written_at: str = ""  # when it was last written; empty: never, so the server does not pull by itself
    counts: dict[str, int] = field(default_factory=dict)  # of what was last written
    not_before: str = ""  # the CRM wants no requests until then
    failed_at: str = ""  # of the last run; empty: it succeeded
    why: str = ""  # as JSON of a sentence

    def __post_init__(self) -> None:
        self.mark = Mark(*self.mark)


@dataclass(slots=True)
class Taken:
    """A deal that was imported."""

    cells: str  # hash of what the CRM said
    key: str  # the CRM id by which its entry is found
    outcome: str = ""  # of a closed deal
    closed_on: str = ""
    file: str = ""  # hash of the entry as a pull last wrote it
    gone: str = ""  # why the CRM has it no longer
    path: str = ""  # of the entry that a pull wrote


class State:
    """The files of one connection; one process at a time changes them."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.progress = self._read_progress()

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Hold the connection for one pull, and read what others did before. Raises PullBusyError."""
        self._place.parent.mkdir(parents=True, exist_ok=True)
        self._place.mkdir(mode=0o700, exist_ok=True)  # it holds names of customers
        with (self._place / _LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise PullBusyError(name) from error
            self.progress = self._read_progress()
            self._cut()
            yield

    def save(self) -> None:
        """Write the progress."""
        atomic.replace(self._place / _PROGRESS, json.dumps(asdict(self.progress), ensure_ascii=False))

    def start_over(self, place: str, fields: str) -> None:
        """Forget how far the CRM has been read, and what deals said; with another CRM, also that they were imported."""
        before = self.progress
        is_same = before.place == place
        self.write_deals({name: replace(one, cells="") for name, one in self.deals().items()} if is_same else {})
        if not is_same:
            (self._place / _SENT).unlink(missing_ok=True)
        self.progress = Progress(place, fields, written_at=before.written_at if is_same else "")
        self._cut()
        self.save()

    def add(self, deals: Sequence[CrmDeal], headers: Sequence[str]) -> None:
        """Add deals to those that wait; they are on the disk before the progress says so."""
        with self._spool.open("ab") as file:
            for deal in deals:
                cells = [deal.cells.get(header, "") for header in headers]
                file.write(json.dumps([deal.id, cells], ensure_ascii=False).encode("utf-8", "replace") + b"\n")
            file.flush()
            os.fsync(file.fileno())
            self.progress.size = file.tell()

    def waiting(self) -> dict[str, tuple[int, str]]:
        """Return the deals that wait by id, each as it came last: where it stands, and the hash of its cells."""
        found: dict[str, tuple[int, str]] = {}
        if self._spool.exists():
            with self._spool.open("rb") as file:
                at = 0
                for line in file:
                    found[json.loads(line)[0]] = at, hashlib.sha256(line).hexdigest()[:24]
                    at += len(line)
        return found

    def cells(self, places: Sequence[int]) -> Iterator[list[str]]:
        """Yield the cells of deals that wait, by where they stand."""
        for line in self._lines(places):
            yield json.loads(line)[1]

    def keep(self, places: Sequence[int]) -> None:
        """Keep only some of the deals that wait: the others were written."""
        lines = list(self._lines(places))
        if lines:
            atomic.put(self._spool, lambda file: file.writelines(lines))
        self.progress.size = sum(map(len, lines))
        self.save()
        self._cut()

    def deals(self) -> dict[str, Taken]:
        """Return what was imported, by the id of the record. Raises StateDamagedError."""
        path = self._place / _DEALS
        try:
            return {name: Taken(*values) for name, values in json.loads(path.read_text("utf-8")).items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError) as error:
            raise StateDamagedError(str(path)) from error

    def write_deals(self, deals: Mapping[str, Taken]) -> None:
        """Write what was imported."""
        rows = {name: list(asdict(one).values()) for name, one in deals.items()}
        atomic.replace(self._place / _DEALS, json.dumps(rows, ensure_ascii=False))

    def sent(self) -> dict[str, dict[str, str]]:
        """Return what was last written into each deal of the CRM. Raises StateDamagedError."""
        path = self._place / _SENT
        try:
            return dict(json.loads(path.read_text("utf-8")))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError) as error:
            raise StateDamagedError(str(path)) from error

    def write_sent(self, sent: Mapping[str, Mapping[str, str]]) -> None:
        """Write what was written into the CRM."""
        atomic.replace(self._place / _SENT, json.dumps(sent, ensure_ascii=False))

    @property
    def has_sent(self) -> bool:
        """Whether anything was ever written into the CRM, by a person who looked at it first."""
        return (self._place / _SENT).exists()

    def _lines(self, places: Sequence[int]) -> Iterator[bytes]:
        if not places:
            return
        with self._spool.open("rb") as file:
            for at in places:
                file.seek(at)
                yield file.readline()

    @property
    def _spool(self) -> Path:
        return self._place / _SPOOL

    def _read_progress(self) -> Progress:
        path = self._place / _PROGRESS
        try:
            return Progress(**json.loads(path.read_text("utf-8")))
        except FileNotFoundError:
            return Progress()
        except (OSError, ValueError, TypeError) as error:
            raise StateDamagedError(str(path)) from error

    def _cut(self) -> None:
        """Remove what a killed process wrote without noting it; if something is missing, everything is read again."""
        size = self._spool.stat().st_size if self._spool.exists() else 0
        is_lost = bool(self.progress.written_at) and not (self._place / _DEALS).exists()
        if size < self.progress.size or is_lost:
            self.progress = Progress(self.progress.place, written_at=self.progress.written_at)
        if size > self.progress.size:
            os.truncate(self._spool, self.progress.size)
