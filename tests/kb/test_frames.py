"""What a question is wrapped in does not count, unless there is nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.index.analysis import terms
from kb.search.query import parse_query


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("他社のほうが安い。どう返す?", "他社 安い"),
        ("値引きを求められたら、どう答えればいいですか", "値引き 求める"),
        ("返事が来ないときの方法を教えてください", "返事 方法"),
        ("この場合、同じ提案はいつ誰に出すべきですか", "同じ 提案 いつ 誰 出す"),
        ("Can you tell me why the pilot may not start?", "pilot may not start"),
        ("導入事例はありますか?", "導入 事例"),
        ("価格表が見たいです", "価格 表"),
        ("How do I handle a discount request?", "discount request"),
        ("What is the best way to start a pilot", "start pilot"),
        ("Can you tell me about the security kit, please", "security kit"),
        ("what should we say when procurement calls", "procurement calls"),
        ("IT says no", "IT"),
    ],
)
def test_a_question_is_looked_up_by_its_subject(question: str, subject: str) -> None:
    assert parse_query(question).terms == tuple(terms(subject))


@pytest.mark.parametrize("question", ["教えて", "方法", "please", "これは何ですか"])
def test_a_question_of_nothing_but_a_frame_keeps_its_words(question: str) -> None:
    assert parse_query(question).terms == tuple(dict.fromkeys(terms(question)))


def test_the_same_words_count_within_a_sentence() -> None:
    assert "返す" in parse_query("返した端末の修理").terms
    assert "教える" in parse_query("新人に操作を教えた会社").terms
    assert "答える" in parse_query("アンケートに答えた会社").terms


def test_a_frame_is_part_of_an_exact_phrase() -> None:
    assert parse_query('"どう返す" 値引き').phrases == ("どう返す",)


@given(st.text(st.sampled_from("どう返すが教えて方?、 how do i what"), max_size=60))
def test_a_question_with_words_never_loses_all_of_them(question: str) -> None:
    if terms(parse_query(question).meaning):
        assert parse_query(question).terms
