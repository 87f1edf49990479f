"""A build in a folder: a catalogue of SQLite beside the vectors, a pointer file, a lock file."""

from __future__ import annotations

import fcntl
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from kb.errors import IndexBusyError, IndexNotReadyError
from kb.index.catalog import Catalog
from kb.index.embedding_cache import EmbeddingCache
from kb.index.place import build_for
from kb.index.vectors import View

CACHE = "embeddings.sqlite"
CURRENT = "current"
CATALOG = "catalog.sqlite"  # in the folder of a build
BETWEEN_SECONDS = 0.05  # two attempts to get the write lock


class FolderPlace:
    """One build in its folder below `root`."""

    schema = ""

    def __init__(self, root: Path, name: str, cache: EmbeddingCache, *, has_files: bool = True) -> None:
        """Open the catalogue, created if there is none."""
        self.root = root
        self.name = name
        self.cache = cache
        self.has_files = has_files
        self.catalog = Catalog.in_file(root / name / CATALOG)

    @classmethod
    def opened(cls, folder: Path, root: Path, fingerprint: str, *, fresh: bool) -> FolderPlace:
        """Open the build for a fingerprint; all builds below `folder` share the embedding cache."""
        root.mkdir(parents=True, exist_ok=True)
        cache = EmbeddingCache(folder / CACHE)
        return cls(root, build_for(fingerprint, builds_in(root), current_build(root), fresh=fresh), cache)

    def current(self) -> str:
        """Return the name of the build being served; empty if there is none."""
        return current_build(self.root)

    def builds(self) -> list[str]:
        """Return the names of all builds, by name."""
        return builds_in(self.root)

    def is_gone(self) -> bool:
        """Whether somebody deleted it."""
        return not (self.root / self.name / CATALOG).is_file()

    def make_current(self) -> None:
        """Serve this build from now on, and delete builds older than the previous one."""
        previous = self.current()
        pointer = self.root / f"{CURRENT}.new"
        pointer.write_text(self.name, "utf-8")
        pointer.replace(self.root / CURRENT)
        for name in self.builds():
            if name not in (self.name, previous):
                shutil.rmtree(self.root / name, ignore_errors=True)

    def note_use(self) -> None:
        """Nothing: the servers of one folder use one build."""

    def forget_superseded(self) -> None:
        """Nothing: another build becomes current only where one is deleted."""

    @contextmanager
    def writing(self, wait: float) -> Iterator[None]:
        """Hold the write lock. Raises IndexBusyError if another process has it for more than `wait` seconds.

        Raises IndexNotReadyError if somebody deleted the folder.
        """
        deadline = time.monotonic() + wait
        if not self.root.is_dir():
            raise IndexNotReadyError
        with (self.root / "writer.lock").open("w") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError as error:
                    if time.monotonic() >= deadline:
                        raise IndexBusyError from error
                time.sleep(BETWEEN_SECONDS)
            yield

    def lacking(self) -> Mapping[View, Sequence[str]]:
        """Nothing: the processes of one data folder know what they have to embed."""
        return {}

    def close(self) -> None:
        """Close all files."""
        self.catalog.close()
        self.cache.close()


def current_build(root: Path) -> str:
    """Return the folder name of the build being served; empty if there is none."""
    pointer = root / CURRENT
    return pointer.read_text("utf-8").strip() if pointer.is_file() else ""


def builds_in(root: Path) -> list[str]:
    """Return the names of the builds in a folder, by name."""
    return sorted(folder.name for folder in root.glob("build-*"))
