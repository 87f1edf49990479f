"""The only path check: a path never leads out of its folder, to hidden files or through a link."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from kb.errors import NotSavedError
from kb.wording import say


def is_plain(path: str) -> bool:
    """Whether a path with forward slashes names a visible file below a folder on every system: for backups."""
    return _is_visible(path) and "\\" not in path


def _is_visible(path: str) -> bool:
    """Whether a path with forward slashes names a visible file below a folder on this system."""
    return all(part and not part.startswith(".") for part in path.split("/")) and not any(sign < " " for sign in path)


def link_in(folder: Path, path: str) -> str:
    """Return the first link on the path, itself included, or an empty string."""
    location = folder
    for part in PurePosixPath(path).parts:
        location /= part
        if location.is_symlink():
            return location.relative_to(folder).as_posix()
    return ""


def below(folder: Path, path: str) -> Path:
    """Return the location of a path below a folder, to read or write there.

    Raises NotSavedError if it leads out of the folder, to something hidden or through a link.
    """
    if not _is_visible(path):
        raise NotSavedError(say("'{name}' is not a valid file name in the entries folder", name=path))
    root = folder.resolve()
    if link := link_in(root, path):
        raise NotSavedError(say("'{name}' is a link; replace it with the file or folder itself", name=link))
    return root / path
