"""Run graphs with ONNX Runtime: the bundled model's, and the product of bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.model.graph import ZERO, product_of_bytes

MOST_THREADS = 4  # a question has too little work for more
TOKENS_AT_ONCE = 2_048  # with padding; more takes memory and is no faster
PAD = 1


class Session:
    """The graph, loaded. Thread-safe."""

    def __init__(self, file: Path, processes: int = 1) -> None:
        """Load the graph, with a share of the cores if there are several `processes`.

        Raises ImportError without ONNX Runtime.
        """
        threads = min(max((os.cpu_count() or 1) // processes, 1), MOST_THREADS)
        self._session = _opened(str(file), threads)

    def vectors(self, texts: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return one row per list of tokens, float32, unit length, in order."""
        rows: list[tuple[int, NDArray[np.float32]]] = []
        for batch in _batches(texts):
            ids = np.full((len(batch), len(texts[batch[-1]])), PAD, np.int64)
            mask = np.zeros_like(ids)
            for row, at in enumerate(batch):
                ids[row, : len(texts[at])] = texts[at]
                mask[row, : len(texts[at])] = 1
            (found,) = self._session.run(None, {"ids": ids, "mask": mask})
            rows += zip(batch, found, strict=True)
        return np.stack([row for _, row in sorted(rows, key=lambda pair: pair[0])])


class ByteProducts:
    """Products of rows of bytes with a few columns, as exact integers. Thread-safe."""

    def __init__(self) -> None:
        """Load the graph. Without ONNX Runtime, NumPy computes the same integers more slowly."""
        try:
            self._session = _opened(product_of_bytes(), min(os.cpu_count() or 1, MOST_THREADS))
        except ImportError:
            self._session = None

    def of(self, rows: NDArray[np.uint8], columns: NDArray[np.int8]) -> NDArray[np.int32]:
        """Return the product of each row, whose zero is ZERO, with each column.

        Columns must lie within ±63: beyond, some processors cut off sums of two products.
        """
        if self._session is None:
            return slow_products(rows, columns)
        found: NDArray[np.int32] = self._session.run(None, {"rows": rows, "columns": columns})[0]
        return found


def slow_products(rows: NDArray[np.uint8], columns: NDArray[np.int8]) -> NDArray[np.int32]:
    """Return what `ByteProducts` returns, without ONNX Runtime; sums below 2^24 are exact."""
    return ((rows.astype(np.float32) - ZERO) @ columns.astype(np.float32)).astype(np.int32)


def _opened(graph: str | bytes, threads: int) -> Any:
    """Load a graph from a file or from its bytes. Raises ImportError without ONNX Runtime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting threads leave the cores free
    options.enable_cpu_mem_arena = False  # it would keep the memory of the largest batch
    options.log_severity_level = 3  # errors
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _batches(texts: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Yield the places of texts to run together: neighbours in length, the longest last."""
    batch: list[int] = []
    for at in sorted(range(len(texts)), key=lambda place: len(texts[place])):
        if batch and (len(batch) + 1) * len(texts[at]) > TOKENS_AT_ONCE:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch
