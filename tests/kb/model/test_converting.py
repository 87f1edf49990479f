"""The ONNX file is made once, whole or not at all, and again when it is damaged or of another version."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kb.index.embedding import DEFAULT_MODEL, FEW, ModelEmbedder
from kb.model.converting import graph_file
from kb.model.package import bundled_file, file_checksum

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(bundled_file() is None, reason="there is no bundled model on this platform"),
]
ROOT = Path(__file__).parents[3]


def _made(cache: Path) -> Path:
    source = bundled_file()
    assert source
    return graph_file(source, file_checksum(source), cache)


def test_the_file_is_made_once(tmp_path: Path) -> None:
    first = _made(tmp_path)
    inode = first.stat().st_ino
    assert _made(tmp_path) == first
    assert first.stat().st_ino == inode
    assert list(tmp_path.iterdir()) == [first]


@pytest.mark.parametrize("damage", ["truncated", "changed"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: str) -> None:
    file = _made(tmp_path)
    sound = file.read_bytes()
    file.write_bytes(sound[:-1_000] if damage == "truncated" else sound[:-1] + bytes([sound[-1] ^ 1]))
    assert _made(tmp_path).read_bytes() == sound


def test_files_of_other_models_and_formats_are_removed(tmp_path: Path) -> None:
    for name in ("multilingual-e5-small-0123456789ab-1-0123456789ab.onnx", "multilingual-e5-small-x.onnx"):
        (tmp_path / name).write_bytes(b"old")
    made = _made(tmp_path)
    assert list(tmp_path.iterdir()) == [made]


def test_where_the_file_cannot_be_made_sentence_transformers_answers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    embedder = ModelEmbedder(DEFAULT_MODEL, tmp_path)
    expected = embedder.embed_queries(["値引き"])
    (made,) = tmp_path.glob("*.onnx")
    made.unlink()
    made.mkdir()  # in the way of the file
    other = ModelEmbedder(DEFAULT_MODEL, tmp_path)
    assert np.sum(other.embed_queries(["値引き"]) * expected) >= 0.9995
    assert "ONNX Runtime cannot be used" in caplog.text


def test_answering_and_saving_load_no_pytorch(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from kb.index.embedding import ModelEmbedder
embedder = ModelEmbedder("bundled", Path(sys.argv[1]))
embedder.embed_queries(["値引き"])
embedder.embed_passages(["値引き"] * {FEW})
embedder.count_tokens("値引き")
print({{"torch", "transformers", "sentence_transformers"}} & set(sys.modules))
"""
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, cwd=ROOT)
    assert (run.returncode, run.stdout) == (0, "set()\n"), run.stderr
