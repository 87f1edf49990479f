"""Check an Office file before unpacking it: password, old format, damage, ZIP bomb."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

from lxml import etree

from ingest import zips
from kb.errors import RefusedTextError
from kb.wording import say

MAX_UNPACKED = 500_000_000  # bytes of all parts; media do not compress, so real files stay well below
MAX_XML = 60_000_000  # bytes of the parsed parts; parsing takes ten times as much memory
MAX_PARTS = 20_000
Element = Any  # of lxml, which has no types
_PARSED = (".xml", ".rels", ".vml")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # container of encrypted files and of files from before 2007
_LOCKED = "EncryptedPackage".encode("utf-16-le")


def refuse_unsafe(raw: bytes) -> None:
    """Raise RefusedTextError unless the bytes are an Office file that is safe to unpack.

    Checks the declared sizes first, then unpacks each part once in blocks: a part larger than declared could exhaust
    the memory of its reader.
    """
    if is_old(raw):
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


def is_old(raw: bytes) -> bool:
    """Whether a file has the container of Office before 2007, which encrypted files have too."""
    return raw.startswith(_OLE)


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
    """Return the error for a password-protected file."""
    return RefusedTextError(say("The file is password-protected. Save it without a password."))


def damaged() -> RefusedTextError:
    """Return the error for a damaged file."""
    return RefusedTextError(say("The file is damaged, or its extension does not match its content."))


def xml_of(raw: bytes) -> Element:
    """Return the root of a part, without loading anything it refers to."""
    return etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def serialized(root: Element) -> bytes:
    """Return a part as bytes."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def elements(part: IO[bytes], names: Iterable[str]) -> Iterator[Element]:
    """Yield the elements with these names, whatever their namespace, and forget each one after it was used."""
    for _, element in etree.iterparse(
        part, tag=[f"{{*}}{name}" for name in names], resolve_entities=False, no_network=True, huge_tree=True
    ):
        yield element
        element.clear()
