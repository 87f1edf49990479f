"""What a search holds in memory is what the catalogue says, and filtered neighbours are the exact ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from ingest.sync import sync
from kb.index.balance import balance_of
from kb.index.index import Index
from kb.index.matrix import MOST_EXACT, NO_ROWS, ExactRows
from kb.index.neighbours import PACKED_MORE, Neighbours, largest
from kb.index.snapshot import Snapshot, take_snapshot
from kb.index.vectors import SEARCHED, View
from tests.words import WordEmbedder, note, write

EVERYONE = frozenset({"all", "sales", "marketing"})


@pytest.fixture
def snapshot(index: Index, entries: Path) -> Snapshot:
    for number in range(60):
        body = f"商談{number % 7} の記録 {'値引き' * (number % 5)} 業種{number % 11}"
        write(
            entries, f"deals/{number:02}.md", note(f"題{number % 20}", body)
        )  # some texts are the same: shared vectors
    write(entries, "draft.md", note("draft", status="draft"))
    write(entries, "secret.md", note("secret", visibility="sales"))
    sync(index, entries)
    return take_snapshot(index.catalog, index.vectors, frozenset({"all"}))


def _brute_force(snapshot: Snapshot, view: View, query: np.ndarray, allowed: np.ndarray, limit: int) -> list[float]:
    chunks = np.flatnonzero(allowed)
    return sorted(map(float, Neighbours(snapshot, None, query).similarity(view, chunks)), reverse=True)[:limit]


@pytest.mark.parametrize("with_store", [True, False])
def test_filtered_neighbours_are_those_of_brute_force(snapshot: Snapshot, index: Index, with_store: bool) -> None:
    total = len(snapshot.numbers)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors])
    @given(
        st.lists(st.booleans(), min_size=total, max_size=total),
        st.integers(1, 70),
        st.text(max_size=20),
        st.sampled_from(SEARCHED),
    )
    def law(flags: list[bool], limit: int, question: str, view: View) -> None:
        allowed = np.array(flags, np.bool_)
        query = WordEmbedder().embed_queries([question])[0]
        found = Neighbours(snapshot, index.vectors if with_store else None, query).nearest(view, limit, allowed)
        assert allowed[found].all()
        assert len(set(found.tolist())) == len(found)
        scores = Neighbours(snapshot, None, query).similarity(view, found).tolist()
        assert scores == pytest.approx(_brute_force(snapshot, view, query, allowed, limit), abs=1e-5)

    law()


def test_without_a_filter_all_neighbours_are_found(snapshot: Snapshot, index: Index) -> None:
    query = WordEmbedder().embed_queries(["値引き"])[0]
    found = Neighbours(snapshot, index.vectors, query).nearest("bodies", 10, None)
    everything = np.ones(len(snapshot.numbers), np.bool_)
    assert Neighbours(snapshot, None, query).similarity("bodies", found).tolist() == pytest.approx(
        _brute_force(snapshot, "bodies", query, everything, 10), abs=1e-5
    )


def test_drafts_and_what_is_not_visible_are_not_in_memory(snapshot: Snapshot, index: Index) -> None:
    assert len(snapshot.numbers) == 60
    assert len(take_snapshot(index.catalog, index.vectors, EVERYONE).numbers) == 61


def test_chunks_are_found_by_their_catalogue_numbers(snapshot: Snapshot) -> None:
    wanted = [int(snapshot.numbers[5]), 999_999, int(snapshot.numbers[0])]
    assert snapshot.places(wanted).tolist() == [5, 0]


def test_an_empty_index_has_no_neighbours(index: Index, entries: Path) -> None:
    sync(index, entries)
    empty = take_snapshot(index.catalog, index.vectors, EVERYONE)
    query = WordEmbedder().embed_queries(["x"])[0]
    assert len(Neighbours(empty, index.vectors, query).nearest("bodies", 5, None)) == 0
    assert empty.places([1, 2]).tolist() == []


def test_a_chunk_whose_vector_is_missing_has_no_similarity(index: Index, entries: Path) -> None:
    for name in ("aaa", "bbb"):
        write(entries, f"{name}.md", note(name, name))
    sync(index, entries)
    lost = sorted(index.vectors.keys("bodies"))[0]
    index.vectors.remove("bodies", [lost])
    with index.cache._engine.begin() as cache:
        cache.execute(text("DELETE FROM vectors WHERE key = :key"), {"key": lost})
    snapshot = take_snapshot(index.catalog, index.vectors, EVERYONE)
    query = WordEmbedder().embed_queries(["aaa"])[0]
    missing = snapshot.rows["bodies"] == -1
    assert missing.sum() == 1
    assert Neighbours(snapshot, None, query).similarity("bodies", np.flatnonzero(missing)).tolist() == [0.0]
    assert len(Neighbours(snapshot, index.vectors, query).nearest("bodies", 5, None)) == 1


def test_among_many_packed_vectors_the_nearest_are_found(snapshot: Snapshot) -> None:
    total, limit = MOST_EXACT + 10_000, 100
    made = np.random.default_rng(3).standard_normal((total, 32), dtype=np.float32) + 2  # near to each other, as texts
    vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
    balance = balance_of(np.zeros(total, np.int8), {"bodies": np.arange(total)}, {"bodies": ExactRows(vectors)})
    packed = NO_ROWS.with_rows(vectors)
    large = replace(
        snapshot,
        numbers=np.arange(total),
        rows={"bodies": np.arange(total)},
        matrices={"bodies": packed},
        balance=balance,
    )
    for query, share in zip(vectors[:20], np.linspace(0.05, 1, 20), strict=True):
        allowed = np.random.default_rng(4).random(total) < share
        exact = np.where(allowed, vectors @ query, -1)
        found = Neighbours(large, None, query).nearest("bodies", limit, allowed)
        assert allowed[found].all()
        assert set(largest(exact, limit)) <= set(found) and len(found) == limit * PACKED_MORE


@given(st.lists(st.floats(-1, 1, width=32), max_size=40), st.integers(1, 50))
def test_the_largest_are_the_head_of_a_sort(values: list[float], limit: int) -> None:
    array = np.array(values, np.float32)
    assert array[largest(array, limit)].tolist() == sorted(array.tolist(), reverse=True)[:limit]
