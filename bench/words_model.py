"""A model that costs nothing, served as `kb embeddings` serves the real one: `python -m bench.words_model PORT`.

Texts that share pairs of characters have similar vectors, which is enough where not the model is measured.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Sequence

import numpy as np
import uvicorn

from app.http.server import bound, server_config
from app.model_server import ModelServer, model_app
from bench.engines import HOST
from kb.index.embedding import Vectors

DIMENSIONS = 64
WAITING = 400  # requests


class WordsModel:
    """Adds up a direction for each pair of characters."""

    name = "words"
    checksum = ""

    def count_tokens(self, text: str) -> int:
        """Return the number of characters."""
        return len(text)

    def embed_as_given(self, given: Sequence[str]) -> Vectors:
        """Return one row per text, float32, unit length, in order."""
        return np.stack([_vector(text.lower()) for text in given])


def _vector(text: str) -> Vectors:
    vector = np.zeros(DIMENSIONS, np.float32)
    vector[len(text) % DIMENSIONS] = 0.01  # never the zero vector
    for at in range(len(text)):
        code = zlib.crc32(text[at : at + 2].encode("utf-8", "replace"))
        vector[code % DIMENSIONS] += 1.0 if code & 1024 else -1.0
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def main() -> None:
    """Serve until ended."""
    port = int(sys.argv[1])
    app = model_app(ModelServer(WordsModel(), WAITING))
    uvicorn.Server(server_config(app, HOST, port)).run(sockets=[bound(HOST, port)])


if __name__ == "__main__":
    main()
