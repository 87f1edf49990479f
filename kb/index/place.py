"""Where a build of an index is kept: a folder of this process, or a database that all servers share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from kb.entry import VISIBILITIES
from kb.index.catalog import Catalog
from kb.index.embedding_cache import EmbeddingCache
from kb.index.vectors import View

MARK = 16  # characters of the fingerprint in the name of a build


class Place(Protocol):
    """One build: its catalogue, the embedding cache of all builds, and who may write."""

    root: Path  # a folder for what a process keeps for itself
    name: str  # of the build
    catalog: Catalog
    cache: EmbeddingCache
    schema: str  # of the tables in a database; empty if the catalogue is a file
    has_files: bool  # whether vectors may be files beside the catalogue

    def current(self) -> str:
        """Return the name of the build being served; empty if there is none."""
        ...

    def builds(self) -> list[str]:
        """Return the names of all builds, by name."""
        ...

    def is_gone(self) -> bool:
        """Whether somebody deleted it."""
        ...

    def make_current(self) -> None:
        """Serve this build from now on, and delete those that nobody needs any more."""
        ...

    def note_use(self) -> None:
        """Say that a server uses this build, which is kept for some minutes then."""
        ...

    def forget_superseded(self) -> None:
        """Delete builds that nobody needs any more."""
        ...

    def writing(self, wait: float) -> AbstractContextManager[None]:
        """Hold the write lock. Raises IndexBusyError if another process has it for more than `wait` seconds."""
        ...

    def lacking(self) -> Mapping[View, Sequence[str]]:
        """Return the keys of referenced vectors that nobody has embedded, the newest last.

        None where only the processes of one data folder write: they know what they have to embed.
        """
        ...

    def close(self) -> None:
        """Close all connections and files."""
        ...


def index_root(folder: Path, visible: frozenset[str]) -> Path:
    """Return where the index of these visibilities lives: one that shows a part has a folder of its own."""
    return folder if visible >= VISIBILITIES else folder / f"only-{'-'.join(sorted(visible))}"


def label_of(folder: Path, visible: frozenset[str]) -> str:
    """Return what tells the indexes of one folder apart in other places; a name that no build begins with."""
    root = index_root(folder, visible)
    return "all" if root == folder else f"only{hashlib.sha256(root.name.encode()).hexdigest()[:8]}"


def build_for(fingerprint: str, builds: Sequence[str], current: str, *, fresh: bool) -> str:
    """Return which build to open: the one being served, an interrupted one, or a new one, as always if `fresh`."""
    own = [name for name in builds if name.startswith(beginning(fingerprint))]
    if own and not fresh:
        return current if current in own else own[-1]
    number = int(own[-1].rsplit("-", 1)[1]) + 1 if own else 1
    return f"{beginning(fingerprint)}{number:04}"


def beginning(fingerprint: str) -> str:
    """Return what the names of all builds of one fingerprint begin with."""
    return f"build-{fingerprint[:MARK]}-"
