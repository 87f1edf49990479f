"""The vector store finds the nearest, keeps what it was given, and never embeds anything itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kb.index import vectors as vectors_module
from kb.index.embedding import Vectors
from kb.index.embedding_cache import EmbeddingCache
from kb.index.neighbours import largest
from kb.index.vectors import VIEWS, EmbeddedVectors, Files, VectorStore


def _unit(rows: int, seed: int = 1) -> Vectors:
    values = np.random.default_rng(seed).normal(size=(rows, 32)).astype(np.float32)
    return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True), np.float32)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[VectorStore]:
    opened = _store(tmp_path)
    yield opened
    opened.close()


def _store(place: Path) -> EmbeddedVectors:
    """Return a store beside a cache."""
    return EmbeddedVectors(lambda: Files(place / "vectors"), EmbeddingCache(place / "cache.sqlite"))


def test_the_nearest_come_first_with_their_cosine(store: VectorStore) -> None:
    rows = _unit(50)
    store.add("bodies", {f"k{n}": row for n, row in enumerate(rows)})
    found = store.nearest("bodies", rows[7], 5)
    cosines = rows @ rows[7]
    exact = largest(cosines, 5)
    assert [key for key, _ in found] == [f"k{row}" for row in exact]
    assert [score for _, score in found] == pytest.approx(cosines[exact].tolist(), abs=1e-5)
    assert store.nearest("heads", rows[7], 5) == []


def test_adding_again_changes_nothing_and_removing_forgets(store: VectorStore) -> None:
    rows = {f"k{n}": row for n, row in enumerate(_unit(10))}
    store.add("heads", rows)
    store.add("heads", rows)
    assert store.count("heads") == 10
    store.remove("heads", ["k3", "k4", "unknown"])
    store.remove("heads", [])
    assert store.keys("heads") == set(rows) - {"k3", "k4"}


def test_what_was_stored_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    rows = {f"k{n}": row for n, row in enumerate(_unit(10))}
    first = _store(tmp_path)
    first.add("bodies", rows)
    first.close()
    again = _store(tmp_path)
    keys, matrix = again.rows("bodies", [*rows])
    assert set(keys) == set(rows)
    assert all(np.allclose(matrix[at], rows[key]) for at, key in enumerate(keys))
    again.close()


def test_an_empty_view_has_no_keys_and_no_rows(store: VectorStore) -> None:
    keys, matrix = store.rows("bodies", ["unknown"])
    assert (keys, len(matrix), store.keys("bodies")) == ([], 0, set())


def test_a_store_that_cannot_be_opened_does_not_spoil_the_next_one_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(b"not a database" * 1000)
    with pytest.raises(BaseException, match=r"not a database|tenant"):
        Files(tmp_path)
    (tmp_path / "chroma.sqlite3").unlink()
    Files(tmp_path).close()


def test_what_the_cache_has_is_read_without_opening_chroma(tmp_path: Path) -> None:
    rows = {f"k{n}": row for n, row in enumerate(_unit(10))}
    cache = EmbeddingCache(tmp_path / "cache.sqlite")
    cache.write(rows)
    opened: list[Path] = []

    def open_files() -> Files:
        opened.append(tmp_path)
        return Files(tmp_path / "vectors")

    store = EmbeddedVectors(open_files, cache)
    keys, matrix = store.rows("bodies", [*rows])
    assert set(keys) == set(rows) and all(np.array_equal(matrix[at], rows[key]) for at, key in enumerate(keys))
    assert set(store.rows("heads", ["k3", "k4"])[0]) == {"k3", "k4"} and opened == []
    assert store.count("bodies") == 0 and store.rows("bodies", ["unknown"])[0] == [] and opened == [tmp_path]
    store.close()
    assert store.count("bodies") == 0 and len(opened) == 2
    store.close()


def test_files_that_cannot_be_read_cost_only_what_the_cache_lacks(tmp_path: Path) -> None:
    rows = {f"k{n}": row for n, row in enumerate(_unit(3))}
    store = _store(tmp_path)
    store._cache.write(rows)
    (tmp_path / "vectors").mkdir()
    (tmp_path / "vectors/chroma.sqlite3").write_bytes(b"half written" * 1000)
    assert set(store.rows("bodies", [*rows, "waiting"])[0]) == set(rows)
    with pytest.raises(BaseException, match=r"not a database|tenant"):
        store.count("bodies")


@pytest.mark.parametrize("again", [False, True])
def test_the_embedding_function_of_chroma_cannot_be_reached(tmp_path: Path, again: bool) -> None:
    if again:  # a collection that is opened once more must not come with a function either
        Files(tmp_path).close()
    files = Files(tmp_path)
    files.collections["bodies"].add(ids=["k"], embeddings=_unit(1))
    for view in VIEWS:
        collection = files.collections[view]
        with pytest.raises(ValueError, match="embedding function"):
            collection.query(query_texts=["値引き"])
        with pytest.raises(ValueError, match="embedding function"):
            collection.add(ids=["x"], documents=["値引き"])
    files.close()


def test_every_collection_is_opened_without_an_embedding_function() -> None:
    tree = ast.parse(Path(vectors_module.__file__).read_text("utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    opening = [
        call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr.endswith("_collection")
    ]
    given_functions = [
        [ast.unparse(word.value) for word in call.keywords if word.arg == "embedding_function"] for call in opening
    ]
    assert given_functions
    assert all(functions == ["None"] for functions in given_functions)
