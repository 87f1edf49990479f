"""Both languages have the same middle for every question, and a base in one language is left as it is."""

from __future__ import annotations

import numpy as np
import pytest

from kb.index.balance import ENOUGH, STRENGTH, Balance, balance_of, languages_of
from kb.index.embedding import Vectors
from kb.index.matrix import NO_ROWS, ExactRows


def unit(rows: Vectors) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def balanced(japanese: int, english: int) -> tuple[Balance, Vectors, Vectors]:
    """Passages of which the English ones point elsewhere, and a question near the English middle."""
    random = np.random.default_rng(3)
    matrix = random.normal(size=(japanese + english, 16)).astype(np.float32)
    matrix[japanese:, 0] += 4
    languages = languages_of(np.array(["ja"] * japanese + ["en"] * english, "U2"))
    rows = {"bodies": np.arange(len(matrix)), "heads": np.full(len(matrix), -1)}
    matrix = unit(matrix)
    question = unit(np.eye(1, 16, dtype=np.float32) + 0.2)[0]
    return balance_of(languages, rows, {"bodies": ExactRows(matrix), "heads": NO_ROWS}), matrix, question


def test_the_tilt_towards_the_questions_language_is_taken_away() -> None:
    balance, matrix, question = balanced(50, 30)
    cosines = matrix @ question
    before = cosines[50:].mean() - cosines[:50].mean()
    after = cosines + balance.offsets("bodies", question)[balance.language]
    assert before > 0.3
    assert after[50:].mean() - after[:50].mean() == pytest.approx((1 - STRENGTH) * before, abs=1e-5)


@pytest.mark.parametrize(("japanese", "english"), [(50, 0), (0, 50), (50, ENOUGH - 1), (1, 1)])
def test_a_base_without_enough_of_both_languages_does_not_change(japanese: int, english: int) -> None:
    balance, _, question = balanced(japanese, english)
    assert not balance.offsets("bodies", question).any()


def test_an_unknown_language_is_not_moved() -> None:
    languages = languages_of(np.array(["ja"] * 30 + ["en"] * 30 + [""], "U2"))
    matrix = unit(np.random.default_rng(4).normal(size=(61, 8)).astype(np.float32))
    balance = balance_of(languages, {"bodies": np.arange(61)}, {"bodies": ExactRows(matrix)})
    assert balance.language[60] == -1
    assert balance.offsets("bodies", matrix[0])[-1] == 0.0


def test_the_level_of_a_question_is_its_mean_cosine_and_the_usual_one_where_little_is_there() -> None:
    balance, matrix, question = balanced(50, 30)
    mean = float((matrix @ question).mean())
    assert balance.level(question, mean) == pytest.approx(mean, abs=1e-5)
    assert balance.level(question, mean + 0.1) == pytest.approx(mean + 0.1 * ENOUGH / (80 + ENOUGH), abs=1e-5)
    nothing = balance_of(np.zeros(0, np.int8), {"bodies": np.zeros(0, np.int64)}, {"bodies": NO_ROWS})
    assert nothing.level(question, 0.8) == 0.8


def test_means_kept_up_to_date_are_those_added_up_anew() -> None:
    random = np.random.default_rng(8)
    matrix = ExactRows(unit(random.normal(size=(200, 16)).astype(np.float32)))
    balance = None
    for count in (100, 150, 200, 200, 120):
        part = ExactRows(matrix.vectors[: max(count, 100)]) if balance is None else matrix
        rows = {"bodies": random.integers(-1, count, 300)}  # texts of several passages, missing ones, others gone
        language = languages_of(random.choice(["ja", "en", "de"], 300))
        balance = balance_of(language, rows, {"bodies": part}, balance)
        anew = balance_of(language, rows, {"bodies": part})
        assert np.array_equal(balance.means["bodies"], anew.means["bodies"])
        assert np.array_equal(balance.middle, anew.middle) and balance.texts == anew.texts
