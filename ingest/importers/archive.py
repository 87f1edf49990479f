"""Look at an office file before anything unpacks it: locked, old, damaged, or far larger inside than outside."""

from __future__ import annotations

import io
import zipfile

from ingest import zips
from kb.errors import RefusedTextError
from kb.wording import say

MAX_UNPACKED = 500_000_000  # bytes of all parts; pictures and films do not shrink, so real files stay near their size
MAX_XML = 60_000_000  # bytes of the parts that are parsed, which takes ten times as much memory
MAX_PARTS = 20_000
_PARSED = (".xml", ".rels", ".vml")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # what a locked file is wrapped in, and what files were before 2007
_LOCKED = "EncryptedPackage".encode("utf-16-le")


def refuse_unsafe(raw: bytes) -> None:
    """Raise RefusedTextError unless the bytes are an office file that can be unpacked safely.

    What it declares is looked at first; then each part is unpacked once, a block at a time, for a part that holds more
    than it declares would fill the memory of whoever reads it.
    """
    if raw.startswith(_OLE):
        raise (
            locked()
            if _LOCKED in raw
            else RefusedTextError(
                say("The file is in the Office format from before 2007. Save it as .docx, .pptx or .xlsx.")
            )
        )
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _refuse_large(archive, len(raw))
    except zips.DAMAGE as error:
        raise damaged() from error


def _refuse_large(archive: zipfile.ZipFile, packed: int) -> None:
    parts = archive.infolist()
    if any(part.flag_bits & zips.ENCRYPTED for part in parts):
        raise locked()
    parsed = sum(part.file_size for part in parts if part.filename.lower().endswith(_PARSED))
    if parsed > MAX_XML or zips.declares_too_much(parts, packed, MAX_UNPACKED, MAX_PARTS):
        size = sum(part.file_size for part in parts) / 1e6
        raise RefusedTextError(
            say("The file unpacks to {size:.0f} MB, which is too large to open. Split it.", size=size)
        )
    try:
        for part in parts:
            for _ in zips.blocks(archive, part):
                continue
    except zips.TooLargeError as error:
        raise damaged() from error


def locked() -> RefusedTextError:
    """Return what is said of a file with a password."""
    return RefusedTextError(say("The file is password-protected. Save it without a password."))


def damaged() -> RefusedTextError:
    """Return what is said of a file that cannot be read."""
    return RefusedTextError(say("The file is damaged, or its extension does not match its content."))
