"""The one check of where a path below a folder leads: never out of it, never to what is hidden, never over a link."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from kb.errors import NotSavedError
from kb.wording import say


def is_plain(path: str) -> bool:
    """Whether a path with forward slashes names one visible place below a folder, on every system."""
    parts = path.split("/")
    return all(part and not part.startswith(".") for part in parts) and not any(c < " " or c in "\\:" for c in path)


def link_in(folder: Path, path: str) -> str:
    """Return the first link on the way to a path below a folder, itself included; empty where there is none."""
    location = folder
    for part in PurePosixPath(path).parts:
        location /= part
        if location.is_symlink():
            return location.relative_to(folder).as_posix()
    return ""


def below(folder: Path, path: str) -> Path:
    """Return where a path below a folder lies, for whoever reads or writes there.

    Raises NotSavedError where it leads out of the folder, to something hidden or over a link.
    """
    if not is_plain(path):
        raise NotSavedError(say("'{name}' is not a valid file name in the entries folder", name=path))
    root = folder.resolve()
    if link := link_in(root, path):
        raise NotSavedError(say("'{name}' is a link; replace it with the file or folder itself", name=link))
    return root / path
