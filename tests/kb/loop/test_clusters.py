from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kb.loop.clusters import clusters, likeness, name_of

Search = tuple[int, frozenset[str]]
WORDS = st.frozensets(st.sampled_from(["解約", "料金", "夜間", "sso", "api", "limit"]), max_size=3)
SEARCHES = st.lists(st.tuples(st.integers(0, 9), WORDS), max_size=24)
DIRECTIONS = np.random.default_rng(1).normal(size=(10, 8))


def _vectors(places: list[int]) -> NDArray[np.float32]:
    rows = DIRECTIONS[places] if places else np.zeros((0, 8))
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)


def _clusters(searches: list[Search]) -> list[int]:
    return clusters(_vectors([place for place, _ in searches]), [words for _, words in searches])


def _themes(count: int, themes: int) -> NDArray[np.float32]:
    """Rows around a few directions, with much in common, as a language has."""
    random = np.random.default_rng(2)
    middle, around = random.normal(size=32) * 3, random.normal(size=(themes, 32))
    rows = middle + around[np.arange(count) % themes] + random.normal(size=(count, 32)) * 0.1
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_no_search_has_no_cluster() -> None:
    assert clusters(np.zeros((0, 384), np.float32), []) == []


def test_one_search_is_a_cluster() -> None:
    assert _clusters([(0, frozenset({"解約"}))]) == [0]


def test_each_search_needs_its_words() -> None:
    with pytest.raises(ValueError, match="shorter"):
        clusters(_vectors([0, 1]), [frozenset()])


def test_two_unrelated_searches_stay_apart_though_there_is_no_middle() -> None:
    rows = np.array([[1, 0, 0], [0.8, 0.6, 0], [0.99, 0.141, 0]], np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert clusters(rows, [frozenset({"解約"}), frozenset({"料金"}), frozenset({"退会"})]) == [0, 1, 0]


def test_what_all_have_in_common_does_not_count() -> None:
    rows = _themes(24, 3)
    assert float((rows @ rows.T).min()) > 0.7
    assert clusters(rows, [frozenset({"語"})] * 24) == [0, 1, 2] * 8


def test_each_language_has_a_middle_of_its_own() -> None:
    rows = _themes(24, 3).astype(np.float64)
    shift = np.random.default_rng(5).normal(size=32) * 0.5
    english = rows + shift
    english /= np.linalg.norm(english, axis=1, keepdims=True)
    words = [frozenset({"語"})] * 24 + [frozenset({"word"})] * 24
    assert clusters(np.vstack([rows, english]).astype(np.float32), words) == [0, 1, 2] * 16


def test_shared_rare_words_bring_together() -> None:
    rows = _vectors([0, 1])
    words = [frozenset({"henngeone"}), frozenset({"henngeone"})]
    assert clusters(rows, words, threshold=0.5, word_weight=1.0) == [0, 0]
    assert clusters(rows, [words[0], frozenset({"料金"})], threshold=0.5, word_weight=1.0) == [0, 1]


def test_what_a_person_said_holds_and_new_searches_go_where_they_are_nearest() -> None:
    rows, words = _themes(24, 2), [frozenset({"語"})] * 24
    free = clusters(rows, words)
    theme = [place for place, group in enumerate(free) if group == free[0]]
    apart = {(theme[0], other): False for other in theme[1:]}
    found = clusters(rows, words, judged=apart)
    assert [place for place, group in enumerate(found) if group == found[theme[0]]] == [theme[0]]
    assert {found[other] for other in theme[1:]} == {found[theme[1]]}
    other_theme = [place for place, group in enumerate(free) if group != free[0]]
    joined = clusters(rows, words, judged={(a, b): True for a in theme for b in other_theme})
    assert len(set(joined)) == 1


def test_likeness_is_the_same_both_ways_and_highest_with_itself() -> None:
    rows = _themes(24, 3).astype(np.float64)
    alike = likeness(rows, [["語", str(place)] for place in range(24)])
    assert np.allclose(alike, alike.T)
    assert np.allclose(np.diag(alike), 1.0)
    assert alike.max() <= 1.0 + 1e-9
    assert {int(place) % 3 for place in np.argsort(-alike[0])[:8]} == {0}


def test_a_higher_threshold_never_joins_more() -> None:
    rows, words = _themes(24, 6), [frozenset({"語"})] * 24
    counts = [len(set(clusters(rows, words, threshold))) for threshold in (-1.0, 0.1, 0.5, 0.9, 1.1)]
    assert counts == sorted(counts)
    assert counts[0] == 1


@given(SEARCHES, st.randoms(use_true_random=False))
def test_the_order_of_searches_does_not_matter(searches: list[Search], random: object) -> None:
    order = list(range(len(searches)))
    random.shuffle(order)  # type: ignore[attr-defined]
    straight, shuffled = _clusters(searches), _clusters([searches[at] for at in order])
    again = {at: shuffled[place] for place, at in enumerate(order)}
    for one in order:
        for other in order:
            assert (straight[one] == straight[other]) == (again[one] == again[other])


@given(SEARCHES)
def test_a_search_asked_twice_is_in_one_cluster_and_changes_nothing(searches: list[Search]) -> None:
    once, twice = _clusters(searches), _clusters(searches + searches)
    assert twice == once + once
    assert list(dict.fromkeys(once)) == list(range(len(set(once))))


def test_a_cluster_is_named_by_the_search_nearest_to_all() -> None:
    angles = np.array([0.0, 0.3, 0.5, 1.2])
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert name_of(["a", "b", "c", "d"], rows) == 2


def test_of_equals_the_shortest_names_the_cluster() -> None:
    assert name_of(["解約したいときの違約金", "解約", "解約金"], _vectors([3, 3, 3])) == 1
    assert name_of(["解約"], _vectors([0])) == 0
