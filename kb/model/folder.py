"""Write the bundled model as a sentence-transformers folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.model.packed import PackedModel
from kb.model.tokenizer import save_tokenizer

_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


def write_folder(packed: PackedModel, folder: Path) -> None:
    """Write weights, tokenizer and settings into an empty folder."""
    _save_weights(packed, folder)
    save_tokenizer(packed.pieces, packed.scores, packed.replacements, folder)
    _save_settings(packed.shape, packed.epsilon, folder)


def _save_weights(packed: PackedModel, folder: Path) -> None:
    from safetensors.numpy import save_file

    hidden, wide = packed.shape["hidden"], packed.shape["feed_forward"]
    state: dict[str, NDArray[np.float32]] = {}
    for tensor in packed.tensors:
        name = _bert_name(tensor.name)
        values = packed.weights(tensor)
        if values.size > wide and "LayerNorm" not in name and not name.endswith("bias"):
            values = values.reshape(-1, wide if ".output.dense" in name and "attention" not in name else hidden)
        elif name.endswith("token_type_embeddings.weight"):
            values = values.reshape(-1, hidden)
        state[name] = values
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})


def _bert_name(name: str) -> str:
    if name in _EMBEDDING_NAMES:
        return _EMBEDDING_NAMES[name]
    layer, part, kind = name.split(".")
    suffix = "weight" if kind == "w" else "bias"
    return f"encoder.layer.{layer[1:]}.{_LAYER_NAMES[part]}.{suffix}"


def _save_settings(shape: dict[str, int], epsilon: float, folder: Path) -> None:
    bert = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "hidden_size": shape["hidden"],
        "num_hidden_layers": shape["layers"],
        "num_attention_heads": shape["heads"],
        "intermediate_size": shape["feed_forward"],
        "vocab_size": shape["vocabulary"],
        "max_position_embeddings": shape["positions"],
        "type_vocab_size": shape["token_types"],
        "layer_norm_eps": float(f"{epsilon:.6g}"),
        "hidden_act": "gelu",
        "pad_token_id": 1,
        "dtype": "float32",
    }
    _save_json(folder / "config.json", bert)
    _save_json(folder / "sentence_bert_config.json", {"max_seq_length": shape["positions"], "do_lower_case": False})
    _save_json(
        folder / "config_sentence_transformers.json",
        {"prompts": {"query": "query: ", "document": "passage: "}, "similarity_fn_name": "cosine"},
    )
    tokenizer = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": shape["positions"],
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
    }
    _save_json(folder / "tokenizer_config.json", tokenizer)
    _save_modules(shape, folder)


def _save_modules(shape: dict[str, int], folder: Path) -> None:
    """Write the list of modules: transformer, mean pooling, normalisation."""
    pooling, normalize = folder / "1_Pooling", folder / "2_Normalize"
    pooling.mkdir()
    normalize.mkdir()
    _save_json(pooling / "config.json", {"word_embedding_dimension": shape["hidden"], "pooling_mode_mean_tokens": True})
    prefix = "sentence_transformers.models."
    names = [("", "Transformer"), (pooling.name, "Pooling"), (normalize.name, "Normalize")]
    _save_json(
        folder / "modules.json",
        [{"idx": i, "name": str(i), "path": path, "type": prefix + kind} for i, (path, kind) in enumerate(names)],
    )


def _save_json(path: Path, content: object) -> None:
    with path.open("w", encoding="utf-8") as stream:
        json.dump(content, stream, ensure_ascii=False, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
