"""Fusion and the judgement of an answer: laws, not examples."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kb.search import ranking
from kb.search.calibration import BUNDLED, from_unrelated

cosines = st.lists(st.floats(0.7, 0.95), min_size=2, max_size=30).map(np.array)
evidences = st.floats(0, 2.2)


@given(cosines, evidences)
def test_without_keywords_the_order_is_that_of_meaning(meaning: ranking.Scores, evidence: float) -> None:
    fused = ranking.fuse(meaning, np.zeros(len(meaning)), evidence)
    order = np.argsort(-meaning, kind="stable")
    assert all(fused[a] >= fused[b] for a, b in pairwise(order))


@given(cosines, evidences, st.data())
def test_who_is_better_by_both_is_never_below(meaning: ranking.Scores, evidence: float, data: st.DataObject) -> None:
    size = len(meaning)
    keywords = np.array(data.draw(st.lists(st.floats(0, 40), min_size=size, max_size=size)))
    fused = ranking.fuse(meaning, keywords, evidence)
    for a in range(size):
        for b in range(size):
            if meaning[a] >= meaning[b] and keywords[a] >= keywords[b]:
                assert fused[a] >= fused[b] - 1e-9


@given(cosines, st.floats(1e-5, 1e3))
def test_the_scale_of_keyword_scores_does_not_matter(meaning: ranking.Scores, scale: float) -> None:
    keywords = np.arange(len(meaning), dtype=np.float64)
    once, again = ranking.fuse(meaning, keywords, 1.0), ranking.fuse(meaning, keywords * scale, 1.0)
    assert np.allclose(once, again)


def test_keywords_never_count_for_more_than_meaning() -> None:
    meaning, keywords = np.array([0.9, 0.8]), np.array([0.0, 5.0])
    assert np.allclose(ranking.fuse(meaning, keywords, 2.2), 0)


def test_keywords_that_are_no_evidence_change_nothing() -> None:
    meaning, keywords = np.array([0.9, 0.8]), np.array([0.0, 5.0])
    assert np.array_equal(ranking.fuse(meaning, keywords, 0.2), ranking.standardised(meaning))


@given(cosines, cosines)
def test_a_title_never_lowers_a_passage(bodies: ranking.Scores, titles: ranking.Scores) -> None:
    size = min(len(bodies), len(titles))
    unknown, none = np.full(size, np.nan), np.zeros(size, np.int64)
    assert np.all(ranking.meaning_scores(bodies[:size], titles[:size], unknown, none) >= bodies[:size])


@given(cosines, st.integers(1, 60))
def test_a_better_sentence_never_lowers_a_passage(bodies: ranking.Scores, count: int) -> None:
    counts = np.full(len(bodies), count)
    once = ranking.meaning_scores(bodies, bodies, bodies, counts)
    raised = bodies.copy()
    raised[0] += 0.05
    assert ranking.meaning_scores(bodies, bodies, raised, counts)[0] > once[0]


def test_the_best_of_many_sentences_counts_for_less_than_a_lone_one() -> None:
    bodies = np.array([0.8, 0.8, 0.9])
    scores = ranking.meaning_scores(bodies, bodies, np.array([0.85, 0.85, 0.9]), np.array([1, 30, 1]))
    assert scores[0] > scores[1]


def test_a_passage_not_embedded_yet_is_as_far_as_the_farthest() -> None:
    assert ranking.without_gaps(np.array([0.8, 0.0, 0.9])).tolist() == [0.8, 0.8, 0.9]
    assert ranking.without_gaps(np.zeros(2)).tolist() == [0.0, 0.0]


@given(st.lists(st.permutations(range(8)), min_size=1, max_size=3))
def test_rank_fusion_keeps_an_order_all_rankings_share(rankings: list[list[int]]) -> None:
    scores = ranking.rank_fusion(*rankings)
    for a in range(8):
        for b in range(8):
            if all(some.index(a) < some.index(b) for some in rankings):
                assert scores[a] > scores[b]


def test_rare_terms_weigh_more_and_common_ones_never_less_than_nothing() -> None:
    assert ranking.idf(1, 1000) > ranking.idf(100, 1000) > ranking.idf(900, 1000) > 0
    assert math.isclose(ranking.idf(0, 9), math.log(20))


def test_a_near_passage_is_strong_a_far_one_none_and_shared_words_help() -> None:
    assert BUNDLED.confidence(0.9, 0.0, BUNDLED.level) == "strong"
    assert BUNDLED.confidence(0.88, 0.0, BUNDLED.level) == "partial"
    assert BUNDLED.confidence(0.88, 0.9, BUNDLED.level) == "strong"
    assert BUNDLED.confidence(0.85, 0.2, BUNDLED.level) == "none"
    assert BUNDLED.confidence(0.85, 0.6, BUNDLED.level) == "partial"


def test_a_passage_that_stands_out_is_an_answer_where_everything_else_is_far() -> None:
    assert BUNDLED.confidence(0.875, 0.0, BUNDLED.level + 0.03) == "none"
    assert BUNDLED.confidence(0.875, 0.0, BUNDLED.level - 0.03) == "partial"


def test_a_code_whose_words_all_stand_there_is_never_called_missing() -> None:
    assert BUNDLED.confidence(0.80, 1.0, BUNDLED.level) == "partial"


@given(st.lists(st.floats(0.1, 0.9), min_size=5, max_size=50), st.floats(-0.2, 0.1))
def test_thresholds_of_an_unmeasured_model_are_in_order(best: list[float], level: float) -> None:
    found = from_unrelated(best, [level] * len(best))
    assert found.none <= found.strong_with_words + 1e-9
    assert found.strong_with_words <= found.strong and found.words >= 0
