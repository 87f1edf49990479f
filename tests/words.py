"""A predictable embedder and small sample files for tests; importable from a subprocess."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kb.index.embedding import Vectors

DIMENSIONS = 64
_TOKEN = re.compile(r"[A-Za-z0-9]+|[^\sA-Za-z0-9]")


class WordEmbedder:
    """Texts that share words and pairs of characters have similar vectors; the same text always has the same one."""

    name = "words"

    def __init__(self, checksum: str = "words-1") -> None:
        self.checksum = checksum
        self.embedded = 0  # texts, so that a test can say what must not be embedded again

    def count_tokens(self, text: str) -> int:
        """Return the number of words; every Japanese character is one."""
        return count_tokens(text)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text."""
        self.embedded += len(texts)
        return np.stack([_vector(text) for text in texts]) if texts else np.zeros((0, DIMENSIONS), np.float32)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a question."""
        return np.stack([_vector(text) for text in texts])


def count_tokens(text: str) -> int:
    """Return the number of words of a text; every Japanese character is one."""
    return len(_TOKEN.findall(text))


def write(folder: Path, path: str, text: str | bytes) -> Path:
    """Write a file below a folder."""
    location = folder / path
    location.parent.mkdir(parents=True, exist_ok=True)
    location.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return location


def note(title: str, body: str = "本文です。", **fields: str) -> str:
    """Return the text of an entry with a few fields."""
    front = "".join(f"{name}: {value}\n" for name, value in fields.items())
    return f"---\ntitle: {title}\n{front}---\n## 要点\n{body}\n"


def _vector(text: str) -> Vectors:
    folded = text.lower()
    parts = [*folded.split(), *(folded[i : i + 2] for i in range(len(folded) - 1))]
    vector = np.zeros(DIMENSIONS, np.float32)
    for part in parts or ["∅"]:
        code = zlib.crc32(part.encode("utf-8", "replace"))
        vector[code % DIMENSIONS] += 1.0 if code & 1024 else -1.0
    vector[zlib.crc32(folded.encode("utf-8", "replace")) % DIMENSIONS] += 0.01  # never the zero vector
    return np.asarray(vector / np.linalg.norm(vector), np.float32)
