"""Guard against ZIP bombs: check the declared and the real size of an archive before unpacking it."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence

MAX_RATIO = 200  # unpacked to packed bytes; real tables and texts reach 20
SMALL = 20_000_000  # bytes unpacked; smaller archives may have any ratio
BLOCK = 1 << 20  # bytes in memory at a time
ENCRYPTED = 0x1  # flag bit of a part
# What zipfile raises on corrupted files, found by corrupting bytes.
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError, ValueError, OverflowError)
_BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # other methods unpack a part in one go, whatever its size


class TooLargeError(Exception):
    """An archive is too large to unpack; its readers raise their own error for it."""


def declares_too_much(parts: Sequence[zipfile.ZipInfo], packed: int, most: int, most_parts: int) -> bool:
    """Whether the declared size of an archive of `packed` bytes exceeds the limits."""
    total = sum(part.file_size for part in parts)
    return total > most or len(parts) > most_parts or (total > SMALL and total > MAX_RATIO * packed)


def blocks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the content of a part in blocks.

    Raises TooLargeError if it is larger than declared or cannot be read in blocks, and the errors in DAMAGE.
    """
    if part.compress_type not in _BOUNDED:
        raise TooLargeError
    declared, part.file_size = part.file_size, part.file_size + BLOCK  # or zipfile stops at the declared size
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
