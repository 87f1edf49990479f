"""Turn texts into vectors: with a sentence-transformers model, or a few at a time with ONNX Runtime.

The bundled model answers questions and embeds what a save brings with ONNX Runtime, so that a server which does no more
never loads PyTorch. Both give the same vectors, to a cosine of .9997.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kb.errors import ModelUnavailableError
from kb.model.package import HUB_NAME, bundled_checksum, bundled_file, file_checksum
from kb.model.small import SmallModel
from kb.model.tokenizer import token_counter
from kb.model.unpacking import unpack
from kb.wording import say

Vectors = NDArray[np.float32]
BATCH = 32  # texts per batch: larger ones waste padding on two cores
QUERIES_AT_ONCE = 8  # of several people: five sixths of the work of one by one
FEW = 256  # texts that ONNX Runtime embeds sooner than PyTorch is loaded
DEFAULT_MODEL = "bundled"
QUERY, PASSAGE = "query: ", "passage: "  # how the bundled model tells them apart
log = logging.getLogger(__name__)


class Embedder(Protocol):
    """Turns texts into unit vectors of a fixed dimension."""

    @property
    def name(self) -> str:
        """The name of the model."""
        ...

    @property
    def checksum(self) -> str:
        """What tells the model's vectors from those of others: they are never mixed."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row per text, float32, unit length, in order."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one row per query, float32, unit length, in order."""
        ...


class ModelEmbedder:
    """The configured model, loaded on first use. Thread-safe."""

    def __init__(self, model: str, cache: Path, processes: int = 1) -> None:
        """`model` is a folder, a hub name or `bundled`; `cache` is where the bundled model is unpacked.

        Of several `processes` each gets its share of the cores for a few texts at a time.
        """
        source = bundled_file() if model == DEFAULT_MODEL else None
        self.name = model if model != DEFAULT_MODEL or source else HUB_NAME
        self.checksum = bundled_checksum() if source else _checksum(Path(self.name), self.name)
        self._source = source
        self._cache = cache
        self._model: Any = None
        self._small = SmallModel(source, self.checksum, cache, processes) if source else None
        self._embeds_few = self._small is not None
        self._count: Callable[[str], int] | None = None
        self._loading = threading.Lock()

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text."""
        if self._count is None:
            self._count = self._counter()
        return self._count(text)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row per text, float32, unit length, in order."""
        few = self._embed_few(PASSAGE, texts)
        if few is not None:
            return few
        vectors = self._loaded().encode_document(list(texts), batch_size=BATCH, show_progress_bar=False)
        return np.asarray(vectors, np.float32)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one row per query, float32, unit length, in order."""
        few = self._embed_few(QUERY, texts)
        if few is not None:
            return few
        vectors = self._loaded().encode_query(list(texts), batch_size=BATCH, show_progress_bar=False)
        return np.asarray(vectors, np.float32)

    def embed_as_given(self, given: Sequence[str]) -> Vectors:
        """Return one row per text that says itself what it is, float32, unit length, in order."""
        few = self._embed_few("", given)
        if few is not None:
            return few
        vectors = self._loaded().encode(list(given), prompt="", batch_size=BATCH, show_progress_bar=False)
        return np.asarray(vectors, np.float32)

    def _embed_few(self, prefix: str, texts: Sequence[str]) -> Vectors | None:
        """Embed a few texts with ONNX Runtime; None where that is not possible."""
        if not (self._small and self._embeds_few and 0 < len(texts) <= FEW):
            return None
        try:
            return self._small.embed([prefix + text for text in texts])
        except Exception as error:  # whatever it is, PyTorch can do the same
            log.warning("ONNX Runtime cannot be used (%s); PyTorch answers questions, with more memory.", error)
            self._embeds_few = False
            return None

    def _counter(self) -> Callable[[str], int]:
        if small := self._small:
            return lambda text: len(small.cut(text))
        folder = Path(self.name)
        return (token_counter(folder) if folder.is_dir() else None) or self._count_with_model

    def _count_with_model(self, text: str) -> int:
        return len(self._loaded().tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def _loaded(self) -> Any:
        with self._loading:
            if self._model is None:
                self._model = _load(self._folder())
            return self._model

    def _folder(self) -> str:
        return str(unpack(self._source, self._cache)) if self._source else self.name


def _load(folder: str) -> Any:
    """Load a model. The libraries are imported here because they take seconds."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()  # it warns about the pooler, which mean pooling does not use
    transformers_logging.disable_progress_bar()
    try:
        model = SentenceTransformer(folder, device="cpu", local_files_only=Path(folder).is_dir())
    except (OSError, ValueError) as error:
        why = say(
            "'{folder}' is neither a sentence-transformers folder nor a reachable model name ({error})",
            folder=folder,
            error=str(error).split("\n")[0],
        )
        raise ModelUnavailableError(why) from error
    return model


def _checksum(path: Path, name: str) -> str:
    """Return a hash of what the vectors depend on: the weights of a local model, the name of a hub model."""
    if path.is_file():
        return file_checksum(path)
    if path.is_dir():
        weights = sorted([*path.rglob("*.safetensors"), *path.rglob("pytorch_model.bin"), *path.rglob("*config*.json")])
        return hashlib.sha256("".join(file_checksum(file) for file in weights).encode()).hexdigest()
    return hashlib.sha256(name.encode()).hexdigest()
