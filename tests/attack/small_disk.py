"""A disk of its own for a folder, small enough to fill."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_FILLER = "filler"
_BLOCK = bytes(4096)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a disk in memory at a folder; skip the test where that is not permitted."""
    folder.mkdir(parents=True)
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if not mount or os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not permitted")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Leave no byte free on the disk of a folder."""
    handle = os.open(folder / _FILLER, os.O_CREAT | os.O_WRONLY)
    try:
        while True:
            os.write(handle, _BLOCK)
    except OSError:
        os.close(handle)


def free(folder: Path) -> None:
    """Make room again."""
    (folder / _FILLER).unlink()
