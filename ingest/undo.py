"""Undo an import: remove what it wrote and bring back what it changed, except what has been changed since."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ingest import atomic
from ingest.inside import below
from ingest.saving import one_at_a_time
from kb.errors import NotSavedError, why_refused

MOST_KEPT = 20  # imports that can be undone, the latest
_NUMBER = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Wrote:
    """One file an import wrote."""

    path: str
    content_hash: str  # afterwards
    before: str | None = None  # the text before; None: the file is new


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing an import did, as paths."""

    gone: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()  # changed since


class Imports:
    """The latest imports, kept in files until they are undone. Safe for several processes."""

    def __init__(self, place: Path) -> None:
        """Keep them in a folder of their own."""
        self._place = place

    def keep(self, wrote: Iterable[Wrote], by: str = "") -> str:
        """Keep what a person (id `by`) imported; return its number, empty if nothing was written or kept."""
        rows = [asdict(one) for one in _one_a_file(wrote)]
        if not rows:
            return ""
        number = secrets.token_hex(8)
        try:
            self._place.mkdir(parents=True, exist_ok=True)
            atomic.replace(self._place / f"{number}.json", json.dumps({"by": by, "wrote": rows}, ensure_ascii=False))
            kept = sorted(self._place.glob("*.json"), key=lambda path: path.stat().st_mtime)
            for path in kept[:-MOST_KEPT]:
                path.unlink(missing_ok=True)
        except (OSError, NotSavedError):  # the import itself has been written
            return ""
        return number

    def undo(
        self, number: str, folder: Path, lock: Path | None, commit: Callable[[str], object], by: str = ""
    ) -> Undone | None:
        """Undo an import once; None if it is not kept, or not theirs. `commit` records a file before and after.

        Raises NotSavedError.
        """
        if not _NUMBER.fullmatch(number):
            return None
        path = self._place / f"{number}.json"
        with one_at_a_time(folder, lock):  # a second click waits, and finds nothing left to undo
            wrote = _kept(path, by)
            if not wrote:
                return None
            try:
                done = _undo(wrote, folder, commit)
                path.unlink(missing_ok=True)
            except OSError as error:
                raise NotSavedError(why_refused(error)) from error
        return done


def _one_a_file(wrote: Iterable[Wrote]) -> list[Wrote]:
    """Return one change per file: of two exports imported together the second may change what the first one wrote."""
    found: dict[str, Wrote] = {}
    for one in wrote:
        first = found.get(one.path)
        goes_on = first and one.before is not None and _hash(one.before.encode("utf-8")) == first.content_hash
        found[one.path] = replace(one, before=first.before) if first and goes_on else one
    return list(found.values())


def _kept(path: Path, by: str) -> list[Wrote]:
    """Return what somebody's import wrote; empty if it is not kept or of somebody else, or the file is damaged."""
    try:
        kept = json.loads(path.read_text("utf-8"))
        if isinstance(kept, list):  # of an earlier version, which did not say whose it was
            kept = {"by": "", "wrote": kept}
        wrote = [Wrote(**row) for row in kept["wrote"]] if kept["by"] == by else []
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return []
    is_sound = all(isinstance(one.path, str) and isinstance(one.before, str | None) for one in wrote)
    return wrote if is_sound else []


def _undo(wrote: Iterable[Wrote], folder: Path, commit: Callable[[str], object]) -> Undone:
    found: dict[str, list[str]] = {"gone": [], "restored": [], "kept": []}
    for one in wrote:
        location = below(folder, one.path)
        with suppress(FileNotFoundError):  # removed since
            raw = location.read_bytes()
            if one.before is not None and raw == one.before.encode("utf-8"):  # an attempt before this one got so far
                found["restored"].append(one.path)
                continue
            if _hash(raw) != one.content_hash:
                found["kept"].append(one.path)
                continue
            commit(one.path)
            if one.before is None:
                location.unlink()
                found["gone"].append(one.path)
            else:
                atomic.replace(location, one.before, durable=False)
                found["restored"].append(one.path)
            commit(one.path)
    atomic.settle()
    return Undone(*(tuple(found[name]) for name in ("gone", "restored", "kept")))


def _hash(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
