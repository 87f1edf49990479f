"""Deals that left the CRM: what nobody wrote into is archived, everything else is for people to decide."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest import atomic
from ingest.connectors.deals import Gone
from ingest.connectors.gone import archive, restore
from ingest.connectors.state import Taken
from ingest.importers.known import known_entries

DELETED = "deleted"
FEW, MOST = 10, 0.2  # so many, and so large a part of all deals, may be gone at once; more is a fault of the connection


@dataclass(frozen=True, slots=True)
class Left:
    """A deal that is gone, and its entry."""

    id: str
    into: str
    path: str  # empty: there is no entry
    is_archived: bool


@dataclass(slots=True)
class Leaving:
    """Archives the entries of deals that are gone, and brings back those that come again."""

    folder: Path
    lock: Path | None
    deals: dict[str, Taken]
    believes_all: bool = False
    is_held: bool = False  # too many are gone: nothing was done
    _paths: dict[str, str] = field(default_factory=dict)

    def run(self, gone: Sequence[Gone], *, write: bool) -> list[Left]:
        """Return what is gone of what was imported; archive it if nobody changed it. Raises NotSavedError."""
        known = [one for one in gone if one.id in self.deals and not self.deals[one.id].gone]
        if not known:
            return []
        present = sum(not one.gone for one in self.deals.values())
        self.is_held = not self.believes_all and len(known) > max(FEW, MOST * present)
        self._find()
        left = [self._leave(one, write=write and not self.is_held) for one in known]
        if any(one.is_archived for one in left):
            atomic.settle()
        return left

    def bring_back(self, ids: Collection[str]) -> None:
        """Restore the entries of deals the CRM has again. Raises NotSavedError."""
        if ids:
            self._find()
        for one in ids:
            taken = self.deals[one]
            if path := self._paths.get(taken.key):
                taken.file = restore(self.folder, path, self.lock) or taken.file
            taken.gone = ""

    def _leave(self, one: Gone, *, write: bool) -> Left:
        taken = self.deals[one.id]
        path, why = self._paths.get(taken.key, ""), f"merged into {one.into}" if one.into else DELETED
        if not write:
            return Left(one.id, one.into, path, is_archived=False)
        file = archive(self.folder, path, why, taken.file, self.lock) if path else ""
        taken.gone, taken.file = why, file or taken.file
        return Left(one.id, one.into, path, is_archived=bool(file))

    def _find(self) -> None:
        """Find the entries of deals by their CRM ids."""
        known, _ = known_entries(self.folder, lambda _done, _total: None)
        self._paths = {key: entry.path for (kind, key), entry in known.items() if kind == "deal"}
