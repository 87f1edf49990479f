"""A snapshot that only adds what is new is the one that reads everything."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np

from ingest.indexing import ENTRIES_AT_ONCE
from ingest.sync import sync, sync_some
from kb.entry import VISIBILITIES
from kb.index.index import Index
from kb.index.matrix import PackedRows
from kb.index.snapshot import Snapshot, take_snapshot
from kb.index.vectors import SEARCHED
from tests.words import note, write


def _vectors(snapshot: Snapshot) -> dict[tuple[int, str], bytes]:
    """Return the vector of each passage in each view."""
    return {
        (int(number), view): vector.tobytes()
        for view in SEARCHED
        for number, vector in zip(snapshot.numbers, snapshot.matrices[view].at(snapshot.rows[view]), strict=True)
    }


def _deal(number: int, version: int, status: str = "published") -> str:
    text = f"版{version}の本文。" + "詳しい話。" * (number % 5) if version % 4 else "メモ。"
    return note(f"商談{number}", text, kind="deal", outcome="won", industry=f"業種{number % 3}", status=status)


def _write_all(entries: Path) -> None:
    for number in range(40):
        write(entries, f"deals/{number}.md", _deal(number, 0))


def test_changes_added_one_by_one_end_where_reading_all_ends(index: Index, entries: Path) -> None:
    chance = random.Random(4)
    _write_all(entries)
    sync(index, entries)
    snapshot = take_snapshot(index.catalog, index.vectors, VISIBILITIES)
    for version in range(1, 25):
        number = chance.randrange(60)
        path = f"deals/{number}.md"
        if chance.random() < 0.2 and (entries / path).exists():
            (entries / path).unlink()
        else:
            status = chance.choice(["published", "published", "archived"])
            write(entries, path, _deal(number, version, status))
        sync_some(index, entries, [path])
        snapshot = take_snapshot(index.catalog, index.vectors, VISIBILITIES, snapshot)
        whole = take_snapshot(index.catalog, index.vectors, VISIBILITIES)
        assert snapshot.numbers.tolist() == whole.numbers.tolist() == sorted(whole.numbers.tolist())
        assert snapshot.entries.tolist() == whole.entries.tolist()
        assert _vectors(snapshot) == _vectors(whole)
        assert {n: snapshot.facets[n] for n in snapshot.entries.tolist()} == {
            n: whole.facets[n] for n in whole.entries.tolist()
        }
        assert snapshot.brief == whole.brief != frozenset()
        for kind in ("hashes", "beginnings"):
            kept, read = getattr(snapshot.names, kind), getattr(whole.names, kind)
            assert kept.values.tolist() == read.values.tolist() and kept.entries.tolist() == read.entries.tolist()
        assert snapshot.trust == whole.trust
        told = (snapshot.situations, whole.situations)
        assert told[0].numbers.tolist() == told[1].numbers.tolist() and np.array_equal(told[0].vectors, told[1].vectors)


def test_changes_are_added_to_packed_vectors_as_well(index: Index, entries: Path) -> None:
    _write_all(entries)
    sync(index, entries)
    snapshot = take_snapshot(index.catalog, index.vectors, VISIBILITIES)
    every = {view: matrix.at(np.arange(len(matrix))) for view, matrix in snapshot.matrices.items()}
    packed = {view: PackedRows(()).with_rows(vectors) for view, vectors in every.items()}
    snapshot = replace(snapshot, matrices=packed)
    for number in range(38, 44):
        write(entries, f"deals/{number}.md", _deal(number, number + 9))
        sync_some(index, entries, [f"deals/{number}.md"])
        snapshot = take_snapshot(index.catalog, index.vectors, VISIBILITIES, snapshot)
    whole = take_snapshot(index.catalog, index.vectors, VISIBILITIES)
    assert snapshot.numbers.tolist() == whole.numbers.tolist()
    for view in SEARCHED:
        assert isinstance(snapshot.matrices[view], PackedRows)
        found = snapshot.matrices[view].at(snapshot.rows[view])
        assert np.allclose(found, whole.matrices[view].at(whole.rows[view]), atol=0.01)
    assert np.allclose(snapshot.balance.middle, whole.balance.middle, atol=0.01)


def test_vectors_that_come_after_the_words_are_read_when_they_are_there(index: Index, entries: Path) -> None:
    _write_all(entries)
    sync(index, entries)
    many = ENTRIES_AT_ONCE * 2
    for number in range(100, 100 + many):
        write(entries, f"deals/{number}.md", _deal(number, number))
    sync(index, entries, embed_later=True)
    snapshot = take_snapshot(index.catalog, index.vectors, VISIBILITIES)
    assert (snapshot.rows["bodies"] < 0).sum() > ENTRIES_AT_ONCE
    write(entries, "deals/saved-meanwhile.md", _deal(7, 7))
    sync_some(index, entries, ["deals/saved-meanwhile.md"], embed_later=True)
    while index.waiting:
        index.store(index.embed_some(50))
        snapshot = take_snapshot(index.catalog, index.vectors, VISIBILITIES, snapshot)
        assert snapshot.numbers.tolist() == sorted(snapshot.numbers.tolist())
    whole = take_snapshot(index.catalog, index.vectors, VISIBILITIES)
    assert snapshot.numbers.tolist() == whole.numbers.tolist() and _vectors(snapshot) == _vectors(whole)
    assert snapshot.situations.numbers.tolist() == whole.situations.numbers.tolist()


def test_each_row_has_the_vector_of_its_key_where_some_are_missing(index: Index, entries: Path) -> None:
    _write_all(entries)
    sync(index, entries)
    for number in range(100, 100 + ENTRIES_AT_ONCE * 2):
        write(entries, f"deals/{number}.md", _deal(number, number))
    sync(index, entries, embed_later=True)
    snapshot = take_snapshot(index.catalog, index.vectors, VISIBILITIES)
    for view in SEARCHED:
        stored = dict(zip(*index.vectors.rows(view, sorted(index.catalog.vector_keys()[view])), strict=True))
        matrix, keys, rows = snapshot.matrices[view], snapshot.keys[view], snapshot.rows[view]
        assert len(matrix) == len(keys) == len(stored) == len(np.unique(rows[rows >= 0])) and (rows < 0).any()
        for row, vector in enumerate(matrix.at(np.arange(len(matrix)))):
            assert np.array_equal(vector, stored[keys.key(row)])


def test_a_hit_of_a_view_leads_to_its_chunks(index: Index, entries: Path) -> None:
    _write_all(entries)
    sync(index, entries)
    before = take_snapshot(index.catalog, index.vectors, VISIBILITIES)
    write(entries, "deals/new.md", note("新しい", "まったく新しい本文"))
    sync_some(index, entries, ["deals/new.md"])
    after = take_snapshot(index.catalog, index.vectors, VISIBILITIES, before)
    for view in SEARCHED:
        for chunk, row in enumerate(after.rows[view].tolist()):
            assert chunk in after.chunks_at(view, np.array([row])).tolist()


def test_what_is_new_only_is_read(index: Index, entries: Path) -> None:
    _write_all(entries)
    sync(index, entries)
    before = take_snapshot(index.catalog, index.vectors, VISIBILITIES)
    assert (
        take_snapshot(index.catalog, index.vectors, VISIBILITIES, before).matrices["bodies"]
        is (before.matrices["bodies"])
    )
