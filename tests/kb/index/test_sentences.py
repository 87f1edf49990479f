"""Sentences are cut as people read them, and their packed vectors are as near as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.sync import sync
from kb.index.embedding_cache import EmbeddingCache, Remembered
from kb.index.index import Index
from kb.index.neighbours import Neighbours
from kb.index.sentences import MOST, SentenceCosines, pack, sentences_of
from kb.index.snapshot import take_snapshot
from tests.words import WordEmbedder, note, write


@pytest.mark.parametrize(
    ("passage", "expected"),
    [
        ("まず比べる相手を聞く。次に三年の費用を見せる！", ["まず比べる相手を聞く。", "次に三年の費用を見せる！"]),
        ("「高いですね。」と言われたら、聞き返す。", ["「高いですね。」と言われたら、聞き返す。"]),
        ("Version 2.1 is out. Ask them first. ", ["Version 2.1 is out.", "Ask them first."]),
        (
            "- **一つ目**の理由\n- [二つ目](x.md)の理由\n\n| 項目 | 値段 |\n| --- | --- |",
            ["一つ目の理由", "二つ目の理由", "項目 | 値段"],
        ),
        ("はい。\n- \n", []),
        ("", []),
    ],
)
def test_sentences_end_where_people_stop(passage: str, expected: list[str]) -> None:
    assert sentences_of(passage) == expected


def test_a_long_table_has_so_many_sentences_and_no_more() -> None:
    assert len(sentences_of("ひとつの行です。\n" * 1000)) == MOST


def test_packed_vectors_keep_their_cosines() -> None:
    random = np.random.default_rng(1)
    rows = random.normal(size=(40, 384)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    query = (rows[7] + 0.5 * rows[8]) / np.linalg.norm(rows[7] + 0.5 * rows[8])
    packed = pack(list(rows))
    assert len(packed) == rows.size  # one byte a dimension
    cosines = SentenceCosines([packed, b"", pack([rows[8]])], query)
    best = cosines.best()
    assert best[0] == pytest.approx(float(rows[7] @ query), abs=1e-3)
    assert np.isnan(best[1])
    assert best[2] == pytest.approx(float(rows[8] @ query), abs=1e-3)
    assert cosines.counts.tolist() == [40, 0, 1]
    assert [cosines.best_place(passage) for passage in range(3)] == [7, -1, 0]


def test_a_sync_embeds_the_sentences_of_passages_with_several_once(index: Index, entries: Path) -> None:
    write(entries, "notes/a.md", note("題", "価格の話をする。導入の話をする。"))
    write(entries, "notes/b.md", note("題", "一文だけの話をする"))
    sync(index, entries)
    assert index.sentences.portions() == []
    snapshot = take_snapshot(index.catalog, index.vectors, frozenset({"all"}))
    query = WordEmbedder().embed_queries(["導入の話をする。"])[0]
    neighbours = Neighbours(snapshot, None, query, index.cache)
    best, counts = neighbours.best_sentences(np.arange(len(snapshot.numbers)))
    assert sorted(counts.tolist()) == [0, 2]
    place = int(np.nanargmax(best))
    assert best[place] == pytest.approx(1.0, abs=1e-3)
    assert neighbours.best_sentence(place) == 1
    unknown, _ = Neighbours(snapshot, None, query).best_sentences(np.arange(len(snapshot.numbers)))
    assert np.isnan(unknown).all()


def test_sentence_vectors_read_before_are_found_without_the_file(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path / "embeddings.sqlite")
    rows = np.eye(3, 384, dtype=np.float32)
    cache.write_sentences({"a": list(rows[:2]), "b": [rows[2]]})
    read = cache.sentences(["a", "b", "unknown"])
    assert set(read) == {"a", "b"}
    cache.write_sentences({"unknown": [rows[0]]})
    assert set(cache.sentences(["a", "unknown"])) == {"a", "unknown"}  # what was missing is looked up again
    cache.close()
    (tmp_path / "embeddings.sqlite").unlink()
    assert cache.sentences(["b", "a"]) == read


def test_of_more_sentence_vectors_than_fit_those_used_last_are_remembered() -> None:
    remembered = Remembered(most=20)
    remembered.add({"a": b"1" * 8, "b": b"2" * 8})
    remembered.of(["a"])
    remembered.add({"c": b"3" * 8})
    assert set(remembered.of(["a", "b", "c"])) == {"a", "c"}


def test_a_changed_passage_waits_for_its_sentences(index: Index, entries: Path) -> None:
    write(entries, "notes/a.md", note("題", "価格の話をする。導入の話をする。"))
    sync(index, entries)
    write(entries, "notes/a.md", note("題", "価格の話をする。解約の話をする。"))
    sync(index, entries, embed_later=True)
    index.store(index.embed_some(10))
    [portion] = index.sentences.portions()
    assert index.sentences.embed(portion) == 2
    assert index.sentences.portions() == []
