"""Write the bundled model as an ONNX graph over its 4-bit weights, from a text's tokens to its unit vector.

The graph computes with the weights as they are packed: they are never unpacked in memory. Its operators are those that
ONNX Runtime has for BERT models and for weights in blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.model.packed import PackedModel

FORMAT = 1  # of the graph: another number builds it anew
OPSET, IR_VERSION = 21, 10  # the oldest with everything used here
BLOCK = 32  # weights with one scale
ZERO = 128  # of unsigned bytes: ONNX Runtime multiplies them by signed ones several times as fast as signed by signed
INT8_COMPUTE = 4  # of MatMulNBits: activations as 8-bit integers, half the time of float32; cosine to float32 .9999
_OWN_DOMAIN = "com.microsoft"  # of ONNX Runtime's own operators, these:
_OWN = {"GatherBlockQuantized", "Gelu", "MatMulNBits", "MultiHeadAttention", "SkipLayerNormalization"}


def write_graph(packed: PackedModel, path: Path) -> None:
    """Write the graph to a file. Its inputs are `ids` and `mask`, one row per text; its output is `vectors`."""
    import onnx

    onnx.save(_Graph(packed).model(), path)


def product_of_bytes() -> bytes:
    """Return the graph of one product: unsigned `rows`, whose zero is 128, times signed `columns`, as integers."""
    from onnx import TensorProto, helper, numpy_helper

    inputs = [
        helper.make_tensor_value_info("rows", TensorProto.UINT8, ["row", "value"]),
        helper.make_tensor_value_info("columns", TensorProto.INT8, ["value", "column"]),
    ]
    output = helper.make_tensor_value_info("products", TensorProto.INT32, ["row", "column"])
    zero = numpy_helper.from_array(np.array(ZERO, np.uint8), "zero")
    node = helper.make_node("MatMulInteger", ["rows", "columns", "zero"], ["products"])
    graph = helper.make_graph([node], "product of bytes", inputs, [output], [zero])
    opsets = [helper.make_opsetid("", OPSET)]
    found: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION).SerializeToString()
    return found


class _Graph:
    """A graph being built, layer by layer. Each method adds nodes and returns the name of their result."""

    def __init__(self, packed: PackedModel) -> None:
        self._packed = packed
        self._tensors = {tensor.name: tensor for tensor in packed.tensors}
        self._hidden, self._wide = packed.shape["hidden"], packed.shape["feed_forward"]
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def model(self) -> Any:
        """Return the complete graph."""
        from onnx import TensorProto, helper

        state = self._embeddings()
        seen = self._add("Cast", ["mask"], "seen", to=TensorProto.INT32)
        for number in range(self._packed.shape["layers"]):
            state = self._layer(f"l{number}", state, seen)
        self._pooled(state)
        inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["text", "token"]) for name in ("ids", "mask")]
        output = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["text", self._hidden])
        graph = helper.make_graph(self._nodes, "multilingual-e5-small", inputs, [output], self._weights)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(_OWN_DOMAIN, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)

    def _embeddings(self) -> str:
        words, scales = _repacked(self._packed.blocks(self._tensors["emb.word"]))
        inputs = [
            self._constant("words", words.reshape(-1, self._hidden // 2)),
            "ids",
            self._constant("words.scales", scales.reshape(-1, self._hidden // BLOCK)),
        ]
        blocks = {"bits": 4, "block_size": BLOCK, "gather_axis": 0, "quantize_axis": 1}
        word = self._add("GatherBlockQuantized", inputs, "word", **blocks)
        type_zero = self._values("emb.type").reshape(-1, self._hidden)[0]  # every token has it
        places = self._constant("places", self._values("emb.pos").reshape(-1, self._hidden) + type_zero)
        zero = self._constant("zero", np.array([0], np.int64))
        length = self._add("Shape", ["ids"], "length", start=1, end=2)
        place = self._add("Slice", [places, zero, length, zero], "place")
        added = self._add("Add", [word, place], "added")
        return self._add("LayerNormalization", [added, *self._norm("emb.ln")], "embedded", epsilon=self._packed.epsilon)

    def _layer(self, name: str, state: str, seen: str) -> str:
        projected = self._product(state, [f"{name}.{part}" for part in "qkv"], self._hidden)
        parts = [f"{name}.{part}" for part in ("query", "key", "value")]
        self._add("Split", [projected], *parts, axis=-1, num_outputs=3)
        heads = self._packed.shape["heads"]
        attended = self._add("MultiHeadAttention", [*parts, "", seen], f"{name}.attended", num_heads=heads)
        state = self._added_up(self._product(attended, [f"{name}.ao"], self._hidden), state, f"{name}.aln")
        wide = self._add("Gelu", [self._product(state, [f"{name}.fi"], self._hidden)], f"{name}.gelu")
        return self._added_up(self._product(wide, [f"{name}.fo"], self._wide), state, f"{name}.oln")

    def _pooled(self, state: str) -> None:
        """Add up the vectors of all tokens but padding; at unit length that is their mean."""
        from onnx import TensorProto

        one = self._constant("one", np.array([1], np.int64))
        weights = self._add("Cast", ["mask"], "weights", to=TensorProto.FLOAT)
        rows = self._add("Unsqueeze", [weights, one], "weight rows")
        total = self._add("Squeeze", [self._add("MatMul", [rows, state], "total rows"), one], "total")
        self._add("LpNormalization", [total], "vectors", axis=-1, p=2)

    def _product(self, state: str, names: Sequence[str], width: int) -> str:
        """Multiply by the 4-bit weights of these names, side by side, and add their biases."""
        packed = [_repacked(self._packed.blocks(self._tensors[f"{name}.w"])) for name in names]
        weights = np.concatenate([blocks for blocks, _ in packed]).reshape(-1, width // BLOCK, BLOCK // 2)
        inputs = [
            state,
            self._constant(f"{names[0]}.w", weights),
            self._constant(f"{names[0]}.scales", np.concatenate([scales for _, scales in packed])),
            *("", ""),  # zero points (8 by default) and the order of groups
            self._constant(f"{names[0]}.b", np.concatenate([self._values(f"{name}.b") for name in names])),
        ]
        shape = {"K": width, "N": len(weights), "bits": 4, "block_size": BLOCK, "accuracy_level": INT8_COMPUTE}
        return self._add("MatMulNBits", inputs, f"{names[0]}.out", **shape)

    def _added_up(self, state: str, before: str, norm: str) -> str:
        inputs = [state, before, *self._norm(norm)]
        return self._add("SkipLayerNormalization", inputs, f"{norm}.out", epsilon=self._packed.epsilon)

    def _norm(self, name: str) -> list[str]:
        return [self._constant(f"{name}.{kind}", self._values(f"{name}.{kind}")) for kind in "wb"]

    def _values(self, name: str) -> NDArray[np.float32]:
        return self._packed.weights(self._tensors[name])

    def _constant(self, name: str, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self._weights.append(numpy_helper.from_array(values, name))
        return name

    def _add(self, operator: str, inputs: Sequence[str], *outputs: str, **attributes: Any) -> str:
        from onnx import helper

        domain = _OWN_DOMAIN if operator in _OWN else ""
        self._nodes.append(helper.make_node(operator, inputs, outputs, domain=domain, **attributes))
        return outputs[0]


def _repacked(blocks: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return the weights with neighbours in one byte, as ONNX Runtime reads them, and the scales, flat.

    In the packed file a byte holds the weights j and j + 16 of its block, here 2j and 2j + 1.
    """
    scales = blocks[:, :2].copy().view(np.float16).astype(np.float32).reshape(-1)
    even, odd = blocks[:, 2::2], blocks[:, 3::2]
    weights = np.empty((len(blocks), BLOCK // 2), np.uint8)
    weights[:, : BLOCK // 4] = (even & 15) | (odd << 4)
    weights[:, BLOCK // 4 :] = (even >> 4) | (odd & 0xF0)
    return weights, scales
