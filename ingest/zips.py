"""Look into a ZIP archive before anything unpacks it: what it declares of itself, and what it really holds."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence

MAX_RATIO = 200  # of unpacked to packed bytes; tables and texts reach 20
SMALL = 20_000_000  # bytes unpacked; below it a ratio proves nothing
BLOCK = 1 << 20  # bytes held at a time
ENCRYPTED = 0x1  # flag of a part of an archive
# What zipfile raises on a file in which bytes have changed, as found by changing them.
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError, ValueError, OverflowError)
_BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others are unpacked as a whole, however large


class TooLargeError(Exception):
    """There is more in an archive than is unpacked; its readers say so in their own words."""


def declares_too_much(parts: Sequence[zipfile.ZipInfo], packed: int, most: int, most_parts: int) -> bool:
    """Whether what an archive of `packed` bytes says of itself is more than is unpacked."""
    total = sum(part.file_size for part in parts)
    return total > most or len(parts) > most_parts or (total > SMALL and total > MAX_RATIO * packed)


def blocks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield what a part really holds, a block at a time.

    Raises TooLargeError where that is more than it declares or cannot be read in blocks, and what DAMAGE names.
    """
    if part.compress_type not in _BOUNDED:
        raise TooLargeError
    declared, part.file_size = part.file_size, part.file_size + BLOCK  # else reading ends where the archive says
    size = 0
    try:
        with archive.open(part) as unpacked:
            while block := unpacked.read(BLOCK):
                size += len(block)
                if size > declared:
                    raise TooLargeError
                yield block
    finally:
        part.file_size = declared
    if size < declared:
        raise EOFError
