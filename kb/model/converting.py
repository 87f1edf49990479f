"""The ONNX file of the bundled model: made once, beside the unpacked model."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

from kb.model.graph import FORMAT, write_graph
from kb.model.package import file_checksum
from kb.model.packed import open_packed

log = logging.getLogger(__name__)


def graph_file(source: Path, checksum: str, cache: Path) -> Path:
    """Return the ONNX file of the packed file `source` below `cache`, made if it is missing or damaged.

    Its name holds the checksum of `source`, the format and its own checksum; it appears by one rename. Files of other
    models and formats are removed. Raises ImportError without the package onnx, OSError if it cannot be written.
    """
    stem = f"multilingual-e5-small-{checksum[:12]}-{FORMAT}"
    usable = None
    for file in sorted(cache.glob("multilingual-e5-small-*.onnx")):
        if usable is None and file.name.startswith(f"{stem}-") and file.name == _name(stem, file):
            usable = file
        else:
            log.info("%s is damaged or of another version; it is removed.", file.name)
            file.unlink(missing_ok=True)
    return usable or _made(source, stem, cache)


def _made(source: Path, stem: str, cache: Path) -> Path:
    cache.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix="converting-", dir=cache)
    os.close(handle)
    building = Path(name)
    try:
        write_graph(open_packed(source), building)
        return building.rename(cache / _name(stem, building))
    finally:
        building.unlink(missing_ok=True)


def _name(stem: str, file: Path) -> str:
    return f"{stem}-{file_checksum(file)[:12]}.onnx"
