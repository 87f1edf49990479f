from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from bench.gaps import adjusted_rand_index, corrections, pair_precision_recall

SEARCHES = Path(__file__).parents[3] / "bench" / "gap_searches.jsonl"


def test_equal_partitions_agree_fully_whatever_their_names() -> None:
    assert adjusted_rand_index([0, 0, 1, 1], ["b", "b", "a", "a"]) == 1.0
    assert adjusted_rand_index([0, 1, 2], [0, 1, 2]) == 1.0
    assert adjusted_rand_index([], []) == 1.0


def test_the_index_is_as_counted_by_hand() -> None:
    # pairs together in both 1, in each 2, of 10: (1 - 2·2/10) / (2 - 2·2/10)
    assert adjusted_rand_index([0, 0, 1, 1, 2], [0, 0, 1, 2, 2]) == pytest.approx((1 - 0.4) / (2 - 0.4))
    # none in both, 2 and 2 of 6: (0 - 2/3) / (2 - 2/3)
    assert adjusted_rand_index([0, 0, 1, 1], [0, 1, 0, 1]) == pytest.approx(-0.5)
    # 2 in both, 6 and 3 of 15: (2 - 6·3/15) / (4.5 - 6·3/15)
    assert adjusted_rand_index([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 2, 2]) == pytest.approx((2 - 1.2) / (4.5 - 1.2))


def test_all_in_one_says_nothing() -> None:
    assert adjusted_rand_index([0, 0, 1, 1], [0, 0, 0, 0]) == 0.0


def test_the_file_of_searches_is_whole() -> None:
    rows = [json.loads(line) for line in SEARCHES.read_text("utf-8").splitlines()]
    sizes = Counter(row["group"] for row in rows)
    assert all(set(row) == {"query", "group", "language"} and row["language"] in ("ja", "en") for row in rows)
    assert len({row["query"] for row in rows}) == len(rows) >= 130
    assert sum(size == 1 for size in sizes.values()) >= 15
    assert all(size == 1 or 3 <= size <= 10 for size in sizes.values())


def test_pairs_put_together_wrongly_and_pairs_missed_are_told_apart() -> None:
    assert pair_precision_recall([0, 0, 0, 1], [0, 0, 1, 1]) == (1 / 2, 1 / 3)
    assert pair_precision_recall([0, 0, 1, 1], ["b", "b", "a", "a"]) == (1.0, 1.0)
    assert pair_precision_recall([0, 1], [0, 1]) == (0.0, 0.0)
    assert pair_precision_recall([], []) == (0.0, 0.0)


def test_corrections_are_counted_until_the_aim() -> None:
    right = ["a", "a", "a", "b", "b", "c"]
    assert corrections(right, [0, 0, 0, 1, 1, 2], 1.0) == 0
    assert corrections(right, [0, 0, 0, 1, 1, 1], 1.0) == 1  # set one apart
    assert corrections(right, [0, 0, 3, 1, 4, 2], 1.0) == 2  # join twice
