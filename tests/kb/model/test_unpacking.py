"""The bundled model is unpacked whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.errors import ModelUnavailableError
from kb.model.package import bundled_file
from kb.model.packed import MAGIC
from kb.model.unpacking import unpack


@pytest.mark.parametrize("kept", [0, 3, 4, 20, 60, 200, 5_000])
def test_a_truncated_file_is_no_model_and_leaves_nothing_behind(tmp_path: Path, kept: int) -> None:
    source = bundled_file()
    if source is None:
        pytest.skip("there is no bundled model on this platform")
    with source.open("rb") as stream:
        (tmp_path / "short.bin").write_bytes(stream.read(kept))
    with pytest.raises(ModelUnavailableError, match="reinstall the package"):
        unpack(tmp_path / "short.bin", tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("content", [b"not a model", MAGIC + b"\xff" * 1_000])
def test_a_file_of_another_kind_is_no_model(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.bin").write_bytes(content)
    with pytest.raises(ModelUnavailableError):
        unpack(tmp_path / "other.bin", tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
