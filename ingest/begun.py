"""A save that has begun: what is noted before its file is written, so that nobody writes it a second time."""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple, dataclass
from pathlib import Path

from ingest.inside import below
from ingest.stored import Saved
from kb.errors import NotSavedError


@dataclass(frozen=True, slots=True)
class Begun:
    """A new file that is about to be written."""

    id: str
    path: str
    content_hash: str  # SHA-256 of its bytes

    @classmethod
    def with_text(cls, entry_id: str, path: str, text: str) -> Begun:
        """Return the plan to write a text."""
        return cls(entry_id, path, hashlib.sha256(text.encode("utf-8")).hexdigest())

    @classmethod
    def read(cls, plan: str) -> Begun:
        """Return a plan that was noted."""
        return cls(*json.loads(plan))

    def noted(self) -> str:
        """Return the plan as it is noted."""
        return json.dumps(astuple(self), ensure_ascii=False)

    def done(self, folder: Path) -> Saved | None:
        """Return the result if the file was written below a folder, and nobody changed it since."""
        try:
            raw = below(folder, self.path).read_bytes()
        except (OSError, NotSavedError):
            return None
        is_same = hashlib.sha256(raw).hexdigest() == self.content_hash
        return Saved(self.id, self.path, self.content_hash, (), is_findable=False) if is_same else None
