"""What a question is after is read from its words and the playbook, in any spelling."""

from __future__ import annotations

import pytest

from ingest.playbook_file import parse_playbook
from kb.entry import Entry
from kb.search.answer import Hit
from kb.search.intent import Intent, asks_what_to_say, intent_of, talk_first
from kb.search.snippets import Snippet

PLAYBOOK = parse_playbook("""\
industries:
  - {name: 製造業, en: Manufacturing, aliases: [製造]}
  - {name: 食品, en: Food, aliases: [食品製造業]}
  - {name: 建設業, en: Construction, aliases: [建設]}
competitors:
  - {name: タスキナ, en: Taskina, aliases: [Taskina]}
""")[0]


@pytest.mark.parametrize(
    ("text", "values", "board"),
    [
        ("lost to Taskina manufacturing", {"outcome": "lost", "competitor": "タスキナ", "industry": "製造業"}, ""),
        ("LOST TO ＴＡＳＫＩＮＡ", {"outcome": "lost", "competitor": "タスキナ"}, ""),
        ("たすきなに負けた", {"outcome": "lost", "competitor": "タスキナ"}, ""),
        ("失注理由 ランキング", {"outcome": "lost"}, "reason"),
        ("建設業で勝った切り口", {"outcome": "won", "industry": "建設業"}, "angle"),
        ("win rate by competitor", {"outcome": "won"}, "competitor"),
        ("食品製造業の監査", {"industry": "食品"}, ""),
        ("受注と失注の違い", {}, ""),
        ("価格が高い", {}, ""),
        ("Taskinated", {}, ""),
        ("理由", {}, ""),
    ],
)
def test_a_question_names_filters_and_tables(text: str, values: dict[str, str], board: str) -> None:
    found = intent_of(text, PLAYBOOK)
    assert (dict(found.values), found.board) == (values, board)


def test_without_a_playbook_only_outcomes_are_known() -> None:
    assert intent_of("タスキナ 製造業 失注", parse_playbook("")[0]) == Intent((("outcome", "lost"),))


@pytest.mark.parametrize(
    "text",
    [
        "価格が高いと言われたら",
        "高いっていわれた",
        "社長に何を話せばいい",
        "what to say about price",
        "切り返し 価格",
        "cold call script",
    ],
)
def test_some_questions_ask_what_to_say(text: str) -> None:
    assert asks_what_to_say(text)


@pytest.mark.parametrize("text", ["価格が高い", "失注理由", "タスキナ", "ROI calculator", "監査ログ", ""])
def test_others_ask_for_something_else(text: str) -> None:
    assert not asks_what_to_say(text)


def _hits(*kinds: tuple[str, str]) -> list[Hit]:
    entries = [
        (Entry(f"{kind}/{n}", f"{n}.md", str(n), kind, "", 1, "ja", ""), band)  # type: ignore[arg-type]
        for n, (kind, band) in enumerate(kinds)
    ]
    return [Hit(entry, "", Snippet("", ()), band, 1.0) for entry, band in entries]  # type: ignore[arg-type]


def test_talk_tracks_that_match_well_come_first_three_at_most_and_nothing_is_lost() -> None:
    track, deal = "talk-track", "deal"
    hits = _hits((track, "good"), (deal, "strong"), (track, "good"), *[(track, "strong")] * 3, (track, "weak"))
    talk, others = talk_first(hits)
    assert [hit.entry.title for hit in talk] == ["0", "3", "4"]
    assert [hit.entry.title for hit in others] == ["1", "2", "5", "6"]
    assert talk_first(_hits((deal, "good"), (track, "good")))[0] == ()
