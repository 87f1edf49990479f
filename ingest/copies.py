"""Copies that file sync and file managers leave beside an original: 「の競合コピー」, "conflicted copy", "(1)"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from pathlib import PurePosixPath

from kb.entry import Problem
from kb.wording import say

_COPY = re.compile(
    r"""(?P<stem>.+?)(?:
      \.sync-conflict-[\w-]+ |                                    # Syncthing
      \s*[(（][^()（）]*(?:conflicted\ copy|競合コピー|の競合)[^()（）]*[)）] |   # Dropbox, Nextcloud
      \s*(?:の|-|–)?\s*(?:競合)?コピー(?:\s*[(（]?\d+[)）]?)? |              # Finder, Explorer, Box
      \s+-?\s*copy(?:\s*[(]?\d+[)]?)? |
      \s*[(（]\d{1,2}[)）] |                                           # downloads
      \s+conflict(?:ed)?(?:\s.*)?
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def original_of(path: str, paths: Collection[str]) -> str:
    """Return the path of the file a path is a copy of, by its name; empty if it is none of these paths."""
    place = PurePosixPath(path)
    found = _COPY.fullmatch(unicodedata.normalize("NFC", place.stem))
    original = str(place.with_name(found["stem"] + place.suffix)) if found and found["stem"].strip(".") else ""
    return original if original in paths and original != path else ""


def copies(paths: Collection[str]) -> list[Problem]:
    """Return a problem for each file that is a copy of another one."""
    known = set(paths)
    return [
        Problem(path, 1, say("This looks like a copy of {original}. Keep one, and move what differs there first.",
                             original=original))
        for path in sorted(known) if (original := original_of(path, known))
    ]  # fmt: skip
