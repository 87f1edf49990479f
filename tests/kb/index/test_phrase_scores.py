"""What is remembered of frequent words gives every passage the score FTS5 gives it, in every state of the index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from kb.index import records
from kb.index.keywords import WEIGHTS, Spellings
from kb.index.phrase_scores import FREQUENT, MOST, FrequentScores, Phrases, Scores, best_of
from tests.kb.index.both import Base, embedded, stored

ASKED = ("導入", "予算", "解約", "roi")
BY_FTS5 = text(
    "SELECT rowid, -bm25(keywords, :title, :heading, :tags, :body) AS score FROM keywords WHERE keywords MATCH :match"
    " ORDER BY score DESC, rowid LIMIT 20"
)
OFTEN: Phrases = (("導入",),)
SELDOM: Phrases = (("解約",),)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Base]:
    """Passages in which two words are frequent, one is not, and one is unknown."""
    with embedded(tmp_path) as found:
        _write(found, *map(_passage, range(4 * FREQUENT)))
        yield found


def test_a_question_has_the_same_answer_each_time(base: Base) -> None:
    expected = _by_fts5(base, ASKED)
    for _ in range(4):  # unknown, asked for before, remembered
        found = base.keywords.matches(ASKED, 20)
        assert [number for number, _ in found] == [number for number, _ in expected]
        assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-9)


def test_what_is_remembered_is_forgotten_with_the_next_change(base: Base) -> None:
    for _ in range(3):
        base.keywords.matches(ASKED, 20)
    _write(base, "予算 予算 導入 導入 解約 解約", name="b")
    found, expected = base.keywords.matches(ASKED, 20), _by_fts5(base, ASKED)
    assert [number for number, _ in found] == [number for number, _ in expected]
    assert found[0][0] == max(base.names())  # the new one


def test_a_scope_has_the_scores_of_the_whole(base: Base) -> None:
    groups = [Spellings((((("解約",),), 1.0), ((("予算",),), 0.5)))]
    everywhere = base.keywords.matches(("導入",), 10 * FREQUENT, groups)
    among = [number for number, _ in everywhere if number % 7 == 0]
    for _ in range(3):
        within = base.keywords.matches(("導入",), 10 * FREQUENT, groups, among)
        assert within == [pair for pair in everywhere if pair[0] in among]
        assert base.keywords.matches(("導入",), 10 * FREQUENT, groups) == everywhere


def test_only_frequent_phrases_that_were_asked_for_before_are_remembered() -> None:
    scores = FrequentScores()
    assert scores.known("1", [OFTEN, SELDOM]) == ({}, set())
    known, again = scores.known("1", [OFTEN, SELDOM])
    assert (known, again) == ({}, {OFTEN, SELDOM})
    scores.remember("1", {OFTEN: _scores(FREQUENT), SELDOM: _scores(FREQUENT - 1)})
    known, again = scores.known("1", [OFTEN, SELDOM])
    assert (set(known), again) == ({OFTEN}, {SELDOM})


def test_scores_of_an_earlier_state_are_not_remembered() -> None:
    scores = FrequentScores()
    scores.known("1", [OFTEN])
    scores.known("2", [OFTEN])
    scores.remember("1", {OFTEN: _scores(FREQUENT)})
    assert scores.known("2", [OFTEN]) == ({}, {OFTEN})


def test_what_was_used_longest_ago_is_forgotten_first() -> None:
    scores = FrequentScores()
    half = MOST // 2
    first, second, third = ((((word,),)) for word in "abc")
    scores.known("1", [first, second, third])
    scores.remember("1", {first: _scores(half), second: _scores(half)})
    scores.known("1", [first])
    scores.remember("1", {third: _scores(half)})
    assert set(scores.known("1", [first, second, third])[0]) == {first, third}


def test_the_best_spelling_of_a_word_counts() -> None:
    one, other = (np.array([1, 2], np.int32), np.array([4.0, 1.0])), (np.array([2, 3], np.int32), np.array([4.0, 4.0]))
    assert best_of([[(one, 1.0), (other, 0.5)]], 10, None) == [(1, 4.0), (2, 2.0), (3, 2.0)]
    assert best_of([[(one, 1.0)], [(other, 0.5)]], 2, None) == [(1, 4.0), (2, 3.0)]


def _passage(at: int) -> str:
    often = f"{'導入 ' * (at % 3 == 0)}{'予算 ' * (at % 10 < 3) * (1 + at % 4)}"
    return f"{often}{'解約' * (at % 50 == 0)} 商談の話"


def _scores(count: int) -> Scores:
    return np.arange(count, dtype=np.int32), np.ones(count)


def _write(base: Base, *passages: str, name: str = "a") -> None:
    base.write([stored(name, *passages)])
    with base.engine.begin() as connection:
        records.touch(connection)


def _by_fts5(base: Base, terms: Sequence[str]) -> list[tuple[int, float]]:
    match = " OR ".join(f'"{term}"' for term in terms)
    with base.engine.connect() as connection:
        return [(number, score) for number, score in connection.execute(BY_FTS5, {**WEIGHTS, "match": match})]
