"""What people work with who read entries masked: one for each set of entries and rules, made when asked for."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from ingest.masked_part import MaskedPart
from kb.entry import owner_key
from kb.errors import EmbeddingAwayError
from kb.index.entries import numbered_entries
from kb.library import Part
from kb.owners import own_names
from kb.playbook import MaskingRule
from kb.viewer import Viewer

T = TypeVar("T")
MOST_OPEN = 8  # each holds vectors of its own
FOLDER = "masked"  # in the folder of a build, with which they vanish
Key = tuple[frozenset[str], tuple[MaskingRule, ...], frozenset[str]]  # what is visible, rules, owners read unmasked


class MaskedViews(Generic[T]):
    """What viewers work with for whom something is masked, made by `make` from a masked part. Thread-safe."""

    def __init__(
        self,
        entries: Path,
        secret: Callable[[], bytes],
        make: Callable[[MaskedPart], T],
        most: int = MOST_OPEN,
        own: str = "",
    ) -> None:
        """`entries` is the folder of the files; `secret` makes the ids of masked entries.

        `own` is the folder of this process among several.
        """
        self._entries = entries
        self._secret = secret
        self._make = make
        self._most = most
        self._own = own
        self._lock = threading.Lock()
        self._making: dict[Key, threading.Lock] = {}
        self._open: OrderedDict[Key, tuple[MaskedPart, T]] = OrderedDict()  # the one used longest ago first
        self._owners: dict[frozenset[str], tuple[str, frozenset[str]]] = {}  # of deals, with the generation

    def ready(self, part: Part, viewer: Viewer, rules: Sequence[MaskingRule]) -> T | None:
        """Return what a viewer works with if it is up to date; None if making it so takes a moment."""
        owners = self._owners.get(part.visible)
        if owners is None or owners[0] != part.state().generation:
            return None
        with self._lock:
            known = self._open.get(self._key(part, viewer, rules))
        return known[1] if known and known[0].is_of(part) and known[0].is_fresh else None

    def of(self, part: Part, viewer: Viewer, rules: Sequence[MaskingRule]) -> T:
        """Return what a viewer works with who sees a part and for whom rules apply. Raises IndexBusyError."""
        key = self._key(part, viewer, rules)
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            known = self._open.get(key)
            if known and not known[0].is_of(part):  # the whole was rebuilt
                known[0].close()
                known = None
            if known is None:
                masked = MaskedPart(part, self._entries, self._place(part, key), viewer, self._secret())
                known = masked, self._make(masked)
            self._keep(part, key, known)
            known[0].refresh()
            return known[1]

    def in_use(self) -> list[T]:
        """Return what all viewers work with who came lately."""
        with self._lock:
            return [made for _, made in self._open.values()]

    def work(self) -> None:
        """Bring all up to date and embed some of what waits, so that nobody waits for it."""
        with self._lock:
            parts = [part for part, _ in self._open.values()]
        for part in parts:
            part.refresh()
            with suppress(EmbeddingAwayError):
                part.embed()

    def close(self) -> None:
        """Close all files."""
        with self._lock:
            for part, _ in self._open.values():
                part.close()
            self._open.clear()

    def _key(self, part: Part, viewer: Viewer, rules: Sequence[MaskingRule]) -> Key:
        return part.visible, tuple(rules), self._owners_in(part) & own_names(viewer)

    def _owners_in(self, part: Part) -> frozenset[str]:
        generation, known = part.state().generation, self._owners.get(part.visible)
        if known is None or known[0] != generation:
            deals = part.with_index(lambda index: numbered_entries(index.catalog, "deal", part.visible))
            known = self._owners[part.visible] = generation, frozenset(owner_key(deal.owner) for _, deal in deals)
        return known[1]

    def _keep(self, part: Part, key: Key, made: tuple[MaskedPart, T]) -> None:
        dropped = []
        with self._lock:
            self._open[key] = made
            self._open.move_to_end(key)
            while len(self._open) > self._most:
                dropped.append(self._open.popitem(last=False))
        for old, (masked, _) in dropped:
            masked.close()
            shutil.rmtree(self._place(part, old), ignore_errors=True)

    def _place(self, part: Part, key: Key) -> Path:
        return part.index.whole.build / FOLDER / self._own / _name(key)


def _name(key: Key) -> str:
    visible, rules, own = key
    told = [(sorted(r.what), sorted(r.teams), sorted(r.roles), r.until_days_after_end) for r in rules]
    return hashlib.sha256(repr((sorted(visible), told, sorted(own))).encode()).hexdigest()[:24]
