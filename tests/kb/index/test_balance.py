"""Both languages have the same middle for every question, and a base in one language is left as it is."""

from __future__ import annotations

import numpy as np
import pytest

from kb.index.balance import ENOUGH, STRENGTH, Balance, balance_of
from kb.index.embedding import Vectors


def unit(rows: Vectors) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def balanced(japanese: int, english: int) -> tuple[Balance, Vectors, Vectors]:
    """Passages of which the English ones point elsewhere, and a question near the English middle."""
    random = np.random.default_rng(3)
    matrix = random.normal(size=(japanese + english, 16)).astype(np.float32)
    matrix[japanese:, 0] += 4
    languages = np.array(["ja"] * japanese + ["en"] * english, "U2")
    rows = {"bodies": np.arange(len(matrix)), "heads": np.full(len(matrix), -1)}
    matrix = unit(matrix)
    question = unit(np.eye(1, 16, dtype=np.float32) + 0.2)[0]
    return balance_of(languages, rows, {"bodies": matrix, "heads": np.zeros((0, 16), np.float32)}), matrix, question


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
    languages = np.array(["ja"] * 30 + ["en"] * 30 + [""], "U2")
    matrix = unit(np.random.default_rng(4).normal(size=(61, 8)).astype(np.float32))
    balance = balance_of(languages, {"bodies": np.arange(61)}, {"bodies": matrix})
    assert balance.language[60] == -1
    assert balance.offsets("bodies", matrix[0])[-1] == 0.0


def test_the_level_of_a_question_is_its_mean_cosine_and_the_usual_one_where_little_is_there() -> None:
    balance, matrix, question = balanced(50, 30)
    mean = float((matrix @ question).mean())
    assert balance.level(question, mean) == pytest.approx(mean, abs=1e-5)
    assert balance.level(question, mean + 0.1) == pytest.approx(mean + 0.1 * ENOUGH / (80 + ENOUGH), abs=1e-5)
    nothing = {"bodies": np.zeros((0, 16), np.float32)}
    assert balance_of(np.zeros(0, "U2"), {"bodies": np.zeros(0, np.int64)}, nothing).level(question, 0.8) == 0.8
