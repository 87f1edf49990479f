"""Pasted notes: plain text, Markdown, or a whole entry."""

from __future__ import annotations

from ingest.notes import read_notes
from kb.playbook import Playbook, Term, Vocabulary
from tests.words import count_tokens

PLAYBOOK = Playbook(vocabularies={"industry": Vocabulary.of([Term("物流", "物流", "Logistics", ("運輸",))])})


def test_plain_text_is_the_situation() -> None:
    asked = read_notes("冷凍倉庫で電波が届かない。タスキナが安い。", PLAYBOOK, count_tokens)
    assert asked.text == "冷凍倉庫で電波が届かない。タスキナが安い。"
    assert asked.industry == () and asked.deal_id == ""


def test_lessons_under_headings_are_not_compared() -> None:
    asked = read_notes("## 状況\n紙の点検表。\n\n## 次にやること\n電話する。\n", PLAYBOOK, count_tokens)
    assert asked.text == "紙の点検表。"


def test_front_matter_states_facts() -> None:
    text = "---\n業種: 運輸\n規模: 300\n金額: 420万円\n段階: 提案\n競合: [A社]\n結果: 受注\n---\n電波がない。\n"
    asked = read_notes(text, PLAYBOOK, count_tokens)
    assert (asked.industry, asked.size, asked.amount, asked.stage) == (("物流",), 300, 4_200_000, "提案")
    assert (asked.competitor, asked.text) == (("A社",), "電波がない。")


def test_broken_front_matter_is_text_and_no_error() -> None:
    assert "電波" in read_notes("---\n業種: [\n電波がない。", PLAYBOOK, count_tokens).text
