"""Lists of a YAML file change where they were changed, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.yaml_edit import Row, with_fields, with_rows
from ingest.yaml_text import Plain, read_mapping

TEXT = """\
# our words
angles:
  # the best one
  - {key: roi, ja: 効果, en: ROI, aliases: [費用対効果], ours: 1}  # agreed in May
  - {key: cost, ja: 総費用}
stages:
  - key: MQL
    name: 認めた客  # ours
    conditions:
      - 業種が合う
reasons:
  won:
    - {code: fit, ja: 合った}
other: 残る
"""


def _value(text: str, *path: str) -> Any:
    found: Any = {line.key: line.value for line in read_mapping(text)[0]}
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def test_nothing_changes_where_nothing_was_changed() -> None:
    same = [Row(0, {"ja": "効果", "en": "ROI", "aliases": ["費用対効果"]}), Row(1, {"ja": "総費用", "en": ""})]
    assert with_rows(TEXT, ["angles"], same) == TEXT
    assert with_rows(TEXT, ["stages"], [Row(0, {"conditions": ["業種が合う"]})]) == TEXT
    assert with_rows(TEXT, ["nothing"], []) == TEXT


def test_a_changed_value_keeps_comments_and_unknown_keys() -> None:
    changed = with_rows(
        TEXT, ["angles"], [Row(0, {"ja": "効果: 証明", "aliases": ["a, b", "#1"]}), Row(1, {"en": "Cost"})]
    )
    assert _value(changed, "angles")[0] == {
        "key": "roi",
        "ja": "効果: 証明",
        "en": "ROI",
        "aliases": ["a, b", "#1"],
        "ours": "1",
    }
    assert _value(changed, "angles")[1] == {"key": "cost", "ja": "総費用", "en": "Cost"}
    assert "# the best one" in changed and "# agreed in May" in changed and changed.endswith("other: 残る\n")


def test_rows_are_removed_and_added() -> None:
    changed = with_rows(TEXT, ["angles"], [Row(1, {}), Row(None, {"key": "peer", "ja": "同業", "en": ""})])
    assert _value(changed, "angles") == [{"key": "cost", "ja": "総費用"}, {"key": "peer", "ja": "同業"}]
    assert "  - {key: peer, ja: 同業}\nstages:" in changed


def test_a_block_item_gets_keys_and_a_longer_list() -> None:
    changed = with_rows(TEXT, ["stages"], [Row(0, {"en": "Qualified", "conditions": ["業種が合う", "予算: ある"]})])
    assert _value(changed, "stages") == [
        {"key": "MQL", "name": "認めた客", "conditions": ["業種が合う", "予算: ある"], "en": "Qualified"}
    ]
    assert "# ours" in changed


@pytest.mark.parametrize(
    "text",
    ["", "angles:\n", "angles: []\n", "reasons:\n  won:\n    - {code: a}\n", "reasons: {won: [{code: a}]}\n", "x: 1"],
)
def test_lists_are_made_where_there_were_none(text: str) -> None:
    for path in (["angles"], ["reasons", "lost"]):
        changed = with_rows(text, path, [Row(None, {"code": "price", "ja": "価格"})])
        assert _value(changed, *path) == [{"code": "price", "ja": "価格"}]
        assert _value(changed, "reasons", "won") == _value(text, "reasons", "won")


@pytest.mark.parametrize("text", ["a: [{k: , n: }]\n", "a:\n  - {k: x, n:}\n", "a:\n  - k: x\n    n:\n", "a: [k: x]\n"])
def test_an_empty_value_is_filled_beside_a_new_key(text: str) -> None:
    changed = with_rows(text, ["a"], [Row(0, {"n": "neu", "new": "y"}), Row(None, {"k": "z"})])
    assert [{**one, "k": ""} for one in _value(changed, "a")[:1]] == [{"k": "", "n": "neu", "new": "y"}]
    assert _value(changed, "a")[1:] == [{"k": "z"}]


@pytest.mark.parametrize("text", ["a:\n- k: x\n  l:\n  - b\n", "a:\n  - k: x\n    l: # why\n    - b\n"])
def test_a_list_below_its_key_is_emptied(text: str) -> None:
    assert _value(with_rows(text, ["a"], [Row(0, {"l": []})]), "a") == [{"k": "x", "l": []}]


def test_windows_line_breaks_stay() -> None:
    text = TEXT.replace("\n", "\r\n")
    changed = with_rows(text, ["angles"], [Row(0, {"ja": "新"}), Row(1, {}), Row(None, {"ja": "別"})])
    assert changed.count("\n") == changed.count("\r\n") == TEXT.count("\n") + 1


def test_a_mapping_changes_and_is_made() -> None:
    changed = with_fields("kgi:\n  name: 売上 # KGI\n  mine: x\n", ["kgi"], {"name": "新規売上", "target": "1億円"})
    assert _value(changed, "kgi") == {"name": "新規売上", "mine": "x", "target": "1億円"} and "# KGI" in changed
    assert _value(with_fields("", ["kgi"], {"name": "a", "en": ""}), "kgi") == {"name": "a"}


words = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\x85\u2028\u2029\ufeff"), max_size=12
).map(str.strip)
rows = st.lists(st.fixed_dictionaries({"ja": words.filter(bool), "en": words}), min_size=1, max_size=4)


@given(rows, rows, st.booleans())
def test_whatever_is_written_is_read_back(
    before: list[dict[str, str]], after: list[dict[str, str]], is_new: bool
) -> None:
    def filled(items: list[dict[str, str]]) -> list[Plain]:
        return [{key: value for key, value in item.items() if value} for item in items]

    text = with_rows("# first\na: b\n", ["angles"], [Row(None, item) for item in before])
    assert _value(text, "angles") == filled(before)
    count = len(before)
    changed = with_rows(
        text, ["angles"], [Row(None if is_new or at >= count else at, item) for at, item in enumerate(after)]
    )
    found = [{key: value for key, value in item.items() if value} for item in _value(changed, "angles")]
    assert found == filled(after) and changed.startswith("# first\na: b\n")


def test_the_sample_playbook_stays_byte_for_byte(request: pytest.FixtureRequest) -> None:
    text = (Path(__file__).parents[2] / "entries/playbook.yaml").read_text("utf-8")
    for path in (["angles"], ["kpis"], ["lead_stages"], ["sla"], ["reasons", "lost"]):
        items = _value(text, *path)
        assert with_rows(text, path, [Row(at, item) for at, item in enumerate(items)]) == text
