"""The one check of where a path below a folder leads: never out of it, never to what is hidden, never over a link."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from kb.errors import NotSavedError
from kb.wording import say


def is_plain(path: str) -> bool:
    """Whether a path with forward slashes names one visible place below a folder, on every system: in a backup."""
    return _is_visible(path) and "\\" not in path


def _is_visible(path: str) -> bool:
    """Whether a path with forward slashes names one visible place below a folder, on this system."""
    return all(part and not part.startswith(".") for part in path.split("/")) and not any(sign < " " for sign in path)


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
    if not _is_visible(path):
        raise NotSavedError(say("'{name}' is no name of a file in the entries folder", name=path))
    root = folder.resolve()
    if link := link_in(root, path):
        raise NotSavedError(say("'{name}' is a link; put the folder or file itself in its place", name=link))
    return root / path
