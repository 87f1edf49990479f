"""Which row holds the vector of a key: 24 bytes a key, where a dictionary of texts takes 200."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

WIDTH = 24  # bytes: 20 of a text's key, 4 more of one that an entry has of its own (see `vector_keys`)
_SHORT, _APART = 40, "."  # characters of a text's key, and what stands behind it
Keys = NDArray[np.bytes_]


def packed(keys: Iterable[str]) -> Keys:
    """Return keys as bytes, in order."""
    digits = "".join(key.replace(_APART, "").ljust(2 * WIDTH, "0") for key in keys)
    return np.frombuffer(bytes.fromhex(digits), f"S{WIDTH}")


def unpacked(key: bytes) -> str:
    """Return a key as it is stored."""
    digits = key.ljust(WIDTH, b"\0").hex()
    own = digits[_SHORT:]
    return f"{digits[:_SHORT]}{_APART}{own}" if own.strip("0") else digits[:_SHORT]


@dataclass(frozen=True, slots=True)
class KeyTable:
    """Keys by row: sorted ones first, then those that came later."""

    ordered: Keys
    later: tuple[bytes, ...] = ()
    _rows: Mapping[bytes, int] = field(default_factory=lambda: MappingProxyType({}))  # of the later ones

    def __len__(self) -> int:
        return len(self.ordered) + len(self.later)

    def rows(self, keys: Keys) -> NDArray[np.int32]:
        """Return the row of each key; -1 for an unknown one."""
        found = np.full(len(keys), -1, np.int32)
        if len(self.ordered):
            at = np.minimum(np.searchsorted(self.ordered, keys), len(self.ordered) - 1).astype(np.int32)
            found = np.where(self.ordered[at] == keys, at, found)
        for place in np.flatnonzero(found < 0).tolist() if self._rows else ():
            found[place] = self._rows.get(bytes(keys[place]), -1)
        return found

    def key(self, row: int) -> str:
        """Return the key of a row."""
        some = self.ordered[row] if row < len(self.ordered) else self.later[row - len(self.ordered)]
        return unpacked(bytes(some))

    def with_keys(self, keys: Sequence[str]) -> KeyTable:
        """Return a table with more keys, none of which it has."""
        added = [bytes(key) for key in packed(keys)]
        rows = {key: len(self) + place for place, key in enumerate(added)}
        return KeyTable(self.ordered, (*self.later, *added), {**self._rows, **rows})
