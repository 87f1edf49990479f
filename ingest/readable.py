"""File names as people can read them, whatever bytes they consist of."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path, PurePath

from kb.wording import say

_JAPANESE = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")


def path_below(root: Path, location: Path) -> str:
    """Return the path of a file below a folder with forward slashes, in NFC."""
    return "/".join(map(readable, location.relative_to(root).parts))


def misnamed(path: PurePath) -> tuple[str, str] | None:
    """Return the part of a path whose name must change, and the message that says so; None if no name must."""
    for at, name in enumerate(path.parts, start=1):
        if _is_undecodable(name):
            message = say(
                "The name '{name}' is not UTF-8, as in ZIP files from older Windows. Rename the file or folder.",
                name=readable(name),
            )
        elif any(map(_is_control, name)):
            message = say(
                "The name '{name}' contains invalid characters. Rename the file or folder.", name=readable(name)
            )
        else:
            continue
        return "/".join(map(readable, path.parts[:at])), message
    return None


def readable(name: str) -> str:
    """Return a name that can be printed and is still unique; what is not UTF-8 is also read as Shift_JIS."""
    raw = name.encode("utf-8", "surrogateescape")
    text = "".join(_escaped(sign) if _is_control(sign) else sign for sign in raw.decode("utf-8", "backslashreplace"))
    if not _is_undecodable(name):
        return unicodedata.normalize("NFC", text)
    guess = guessed(name)
    return f"{guess} [{text}]" if guess != name else text


def guessed(name: str) -> str:
    """Return a name that is not UTF-8 as a Japanese Windows reads it; any other name unchanged."""
    try:
        guess = name.encode("utf-8", "surrogateescape").decode("cp932") if _is_undecodable(name) else name
    except UnicodeDecodeError:
        return name
    return guess if _JAPANESE.search(guess) and not any(map(_is_control, guess)) else name


class Locations:
    """Where files with paths in NFC are: on the disk a name may be stored in another form. Reads each folder once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._names: dict[Path, dict[str, str]] = {}  # by folder: the name on the disk by the name in NFC

    def of(self, path: str) -> Path:
        """Return the location of a path. Raises OSError."""
        location = self._root
        for name in path.split("/"):
            place = location / name
            location = place if os.path.lexists(place) else location / self._stored(location).get(name, name)
        return location

    def _stored(self, folder: Path) -> dict[str, str]:
        if folder not in self._names:
            self._names[folder] = {readable(name): name for name in os.listdir(folder)}
        return self._names[folder]


def _is_undecodable(name: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in name)


def _is_control(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Zl", "Zp")


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")
