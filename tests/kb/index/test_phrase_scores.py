"""What is remembered of frequent words gives every passage the score FTS5 gives it, in every state of the index."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from kb.index import records
from kb.index.keywords import WEIGHTS, Matches, Phrase, Weighed
from kb.index.phrase_scores import FREQUENT, MOST, FrequentHits, Hits, best_of
from tests.kb.index.both import Base, embedded, stored, words

ASKED = ("導入", "予算", "解約", "roi")
BY_FTS5 = text(
    "SELECT rowid, -bm25(keywords, :title, :heading, :tags, :body) AS score FROM keywords WHERE keywords MATCH :match"
    " ORDER BY score DESC, rowid LIMIT :limit"
)
COUNT = text("SELECT count(*) FROM keywords WHERE keywords MATCH :match")
OFTEN: Phrase = ("導入",)
SELDOM: Phrase = ("解約",)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Base]:
    """Passages in which two words are frequent, one is not, and one is unknown."""
    with embedded(tmp_path) as found:
        _write(found, *map(_passage, range(4 * FREQUENT)))
        yield found


def test_a_question_has_the_same_answer_each_time(base: Base) -> None:
    expected = _by_fts5(base, ASKED)
    for _ in range(2):  # new, remembered
        found = _asked(base, 20)
        assert [number for number, _ in found] == [number for number, _ in expected]
        assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-9)


def test_what_is_remembered_is_forgotten_with_the_next_change(base: Base) -> None:
    for _ in range(3):
        _asked(base, 20)
    _write(base, "予算 予算 導入 導入 解約 解約", name="b")
    found, expected = _asked(base, 20), _by_fts5(base, ASKED)
    assert [number for number, _ in found] == [number for number, _ in expected]
    assert found[0][0] == max(base.names())  # the new one


def test_a_scope_has_the_scores_of_the_whole(base: Base) -> None:
    spelled: Weighed = (((("解約",), 3.0),), ((("予算",), 0.5), (("商談", "の"), 0.1)))
    asked = [*words({"導入": 0.9}), spelled]
    everywhere = base.keywords.matches(asked, 10 * FREQUENT)
    among = [number for number, _ in everywhere if number % 7 == 0]
    for _ in range(3):
        within = base.keywords.matches(asked, 10 * FREQUENT, among)
        assert within == [pair for pair in everywhere if pair[0] in among]
        assert base.keywords.matches(asked, 10 * FREQUENT) == everywhere


def test_a_long_passage_has_its_length(base: Base) -> None:
    _write(base, "解約の話。" + "導入 " * 300 + "予算", name="long", title="解約 " * 140)
    found, expected = _asked(base, 1_000), _by_fts5(base, ASKED, 1_000)
    assert dict(found) == pytest.approx(dict(expected), abs=1e-9)
    assert max(base.names()) in dict(found)


def test_what_another_process_added_is_found(base: Base, tmp_path: Path) -> None:
    _asked(base, 20)
    with embedded(tmp_path) as other:
        other.write([stored("b", "解約 解約 解約")])  # without a new generation, as before the end of a sync
    assert base.keywords.matches(words(["解約"]), 1)[0][0] == max(base.names())


def test_only_frequent_phrases_are_remembered() -> None:
    hits = FrequentHits()
    assert hits.known("1", [OFTEN, SELDOM]) == {}
    hits.remember("1", {OFTEN: _hits(FREQUENT), SELDOM: _hits(FREQUENT - 1)})
    assert set(hits.known("1", [OFTEN, SELDOM])) == {OFTEN}


def test_hits_of_an_earlier_state_are_not_remembered() -> None:
    hits = FrequentHits()
    hits.known("1", [OFTEN])
    hits.known("2", [OFTEN])
    hits.remember("1", {OFTEN: _hits(FREQUENT)})
    assert hits.known("2", [OFTEN]) == {}


def test_what_was_used_longest_ago_is_forgotten_first() -> None:
    hits = FrequentHits()
    half = MOST // 2
    first, second, third = ((word,) for word in "abc")
    hits.known("1", [first, second, third])
    hits.remember("1", {first: _hits(half), second: _hits(half)})
    hits.known("1", [first])
    hits.remember("1", {third: _hits(half)})
    assert set(hits.known("1", [first, second, third])) == {first, third}


def test_the_best_spelling_of_a_word_counts() -> None:
    one, other = (np.array([1, 2], np.int32), np.array([4.0, 1.0])), (np.array([2, 3], np.int32), np.array([4.0, 4.0]))
    assert best_of([[[(one, 1.0)], [(other, 0.5)]]], 10) == [(1, 4.0), (2, 2.0), (3, 2.0)]
    assert best_of([[[(one, 1.0)]], [[(other, 0.5)]]], 2) == [(1, 4.0), (2, 3.0)]
    assert best_of([[[(one, 1.0), (other, 0.5)]]], 10) == [(1, 4.0), (2, 3.0), (3, 2.0)]


def _passage(at: int) -> str:
    often = f"{'導入 ' * (at % 3 == 0)}{'予算 ' * (at % 10 < 3) * (1 + at % 4)}"
    return f"{often}{'解約' * (at % 50 == 0)} 商談の話"


def _hits(count: int) -> Hits:
    return np.arange(count, dtype=np.int32), np.ones(count)


def _write(base: Base, *passages: str, name: str = "a", title: str = "") -> None:
    base.write([stored(name, *passages, title=title)])
    with base.engine.begin() as connection:
        records.touch(connection)


def _by_fts5(base: Base, terms: Sequence[str], limit: int = 20) -> list[tuple[int, float]]:
    match = " OR ".join(f'"{term}"' for term in terms)
    with base.engine.connect() as connection:
        return [
            (number, score)
            for number, score in connection.execute(BY_FTS5, {**WEIGHTS, "match": match, "limit": limit})
        ]


def _asked(base: Base, limit: int) -> Matches:
    """Ask with the idf of FTS5."""
    with base.engine.connect() as connection:
        total = connection.scalar(text("SELECT count(*) FROM keywords")) or 0
        counts = {term: connection.scalar(COUNT, {"match": f'"{term}"'}) or 0 for term in ASKED}
    idf = {term: max(math.log((total - n + 0.5) / (n + 0.5)), 1e-6) for term, n in counts.items()}
    return base.keywords.matches(words(idf), limit)
