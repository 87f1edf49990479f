"""What becomes of the entry of a deal that the CRM no longer has."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ingest import atomic
from ingest.document import Document
from ingest.front_matter import edited
from ingest.importers.known import fields_of
from ingest.inside import below
from ingest.saving import one_at_a_time
from ingest.yaml_text import YamlTextError
from kb.errors import NotSavedError
from kb.wording import say

GONE = "crm_gone"  # key of the front matter: why the entry is archived


def archive(folder: Path, path: str, why: str, file: str, lock: Path | None) -> str:
    """Archive an entry that nobody changed since a pull wrote it (`file`); return its new hash, empty if it stays.

    The caller settles the files on the disk. Raises NotSavedError.
    """
    with one_at_a_time(folder, lock):
        raw, document = _read(folder, path)
        if hashlib.sha256(raw).hexdigest() != file:
            return ""
        return atomic.replace(below(folder, path), edited(document, {"status": "archived", GONE: why}), durable=False)


def restore(folder: Path, path: str, lock: Path | None) -> str:
    """Bring back an entry that `archive` archived; return its new hash, empty if it was not. Raises NotSavedError."""
    with one_at_a_time(folder, lock):
        _, document = _read(folder, path)
        if GONE not in fields_of(document)[0]:
            return ""
        return atomic.replace(below(folder, path), edited(document, {"status": None, GONE: None}), durable=False)


def _read(folder: Path, path: str) -> tuple[bytes, Document]:
    try:
        raw = below(folder, path).read_bytes()
        return raw, Document.of(raw.decode("utf-8"))
    except (OSError, UnicodeDecodeError, YamlTextError) as error:
        raise NotSavedError(say("{path} was changed in the meantime", path=path)) from error
