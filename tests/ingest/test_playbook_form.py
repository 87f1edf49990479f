"""The playbook as a form: what a row does not say stays in the file, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.playbook_form import PARTS, FormRow, rows_of, with_form
from ingest.yaml_text import YamlTextError, in_flow, read_mapping

ODD = (
    "industries:\n  - 製造業\n",
    "competitors: [タスキナ]\n",
    "competitors: [タスキナ, {name: 他社}, [a, b], '', {}]  # odd\n",
    "competitors: [ {name: a} ,\n  b, # why\n  c: d, ]\n",
    "industries:\n- 製造業\n-\n- - a\n  - b\n- {}\n- []\n- {mine: x}\n- {ja: 名だけ}\n- en: English only\n",
    'products:\n  - name: " 空白 あり "\n    aliases: "A, B、C"\n  - |\n    二行の\n    名\n',
    "kgi: {name: [a, b], mine: x}\n",
    "kgi:\n  target: >\n    多い\n    ほど\n",
    "lead_stages:\n  - key: MQL\n    conditions:\n    - a\n    - [b]\n    - |\n      c\n      d\n",
    "reasons:\n  lost:\n    - price\n    - {code: [x], ja: {a: b}}\n  won:\n",
    "kpis: []\nsla:\nangles: [{key: a, key: b}]\n...\n# after\n",
    "\r\nangles:\r\n  - roi  # return\r\n  - {key: b}\r\n",
    "{industries: [製造業], kgi: {}}",
    "",
    "# only this\n",
)


def _value(text: str, *path: str) -> Any:
    found: Any = {line.key: line.value for line in read_mapping(text)[0]}
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _sent(text: str, **changes: Mapping[str, str]) -> dict[str, list[FormRow]]:
    """Return what a browser sends: every row, and an empty one for each list; `part_row` changes a row."""
    parts = {name: list(rows) for name, rows in rows_of(text).items()}
    for part in PARTS:
        parts[part.name] += [FormRow(None, dict.fromkeys(part.fields, ""))] if part.is_list else []
    for name, values in changes.items():
        part_name, _, number = name.rpartition("_")
        row = parts[part_name][int(number)]
        parts[part_name][int(number)] = FormRow(row.at, {**row.values, **values})
    return parts


@pytest.mark.parametrize("text", ODD)
def test_an_unchanged_form_changes_no_byte(text: str) -> None:
    assert with_form(text, _sent(text)) == text
    crossing = {
        name: [FormRow(row.at, {f: v.replace("\n", "\r\n") for f, v in row.values.items()}) for row in rows]
        for name, rows in _sent(text).items()
    }
    assert with_form(text, crossing) == text


words = st.text("製a-#:,[]{}'\"、 ", max_size=4)
values = st.recursive(words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=2))
keys = st.sampled_from(["key", "code", "name", "ja", "en", "aliases", "mine"])
items = st.lists(words | st.dictionaries(keys, values, max_size=4) | values, max_size=4)


@given(st.dictionaries(st.sampled_from(["industries", "competitors", "angles", "kpis", "sla"]), items), st.booleans())
def test_an_unchanged_form_of_any_lists_changes_no_byte(parts: dict[str, list[Any]], is_flow: bool) -> None:
    text = "".join(
        f"{name}: {in_flow(some)}\n" if is_flow else f"{name}:\n" + "".join(f"  - {in_flow(one)}\n" for one in some)
        for name, some in parts.items()
    )
    try:
        sent = _sent(text)
    except YamlTextError:
        return  # opened as a file
    assert with_form(text, sent) == text


def test_a_plain_text_becomes_a_term_only_when_its_row_says_more() -> None:
    for text in ("industries:\n  - 製造業  # ours\n  - 食品\n", "industries: [製造業, 食品]\n"):
        translated = with_form(text, _sent(text, industries_0={"en": "Manufacturing"}))
        assert _value(translated, "industries") == [{"name": "製造業", "en": "Manufacturing"}, "食品"]
        renamed = with_form(text, _sent(text, industries_0={"label": "ものづくり"}))
        assert _value(renamed, "industries") == [{"name": "ものづくり", "key": "製造業"}, "食品"]
        removed = with_form(text, _sent(text, industries_0={"label": ""}))
        assert _value(removed, "industries") == ["食品"]


def test_what_no_row_shows_stays_beside_a_change() -> None:
    text = "competitors:\n  - [a, b]\n  -\n  - {mine: x}\n  - タスキナ\n"
    changed = with_form(text, _sent(text, competitors_2={"label": "新しい"}, competitors_1={"label": ""}))
    assert _value(changed, "competitors") == [["a", "b"], "", {"mine": "x"}, {"name": "新しい"}]


def test_a_row_that_is_not_sent_removes_nothing() -> None:
    text = "competitors:\n  - タスキナ\n  - {name: 他社}\n"
    assert with_form(text, {"competitors": []}) == text


@pytest.mark.parametrize("at", [7, 10**30])
def test_a_row_of_no_item_is_a_new_one(at: int) -> None:
    for text in ("kpis:\n  - {key: a}\n", "kpis: [{key: a}]\n"):
        assert _value(with_form(text, {"kpis": [FormRow(at, {"key": "b"})]}), "kpis") == [{"key": "a"}, {"key": "b"}]


@pytest.mark.parametrize(
    "text", ["industries: 製造業\n", "kgi: 売上\n", "reasons: [a]\n", "reasons: {won: a}\n", "a text"]
)
def test_a_part_that_is_no_list_is_no_form(text: str) -> None:
    for act in (rows_of, lambda text: with_form(text, {"industries": []})):
        with pytest.raises(YamlTextError):
            act(text)  # type: ignore[operator]


@pytest.mark.parametrize(
    "text",
    ["kgi: {name: a}\n...\n", "a: |\n  b\n...\n# after\n", "{a: b}", "{}", "  a: b\n", "---\na: b\n... # end\n"],
)
def test_a_part_is_added_before_the_end_of_the_document(text: str) -> None:
    added = {"label": "x", "en": "", "aliases": "y"}
    changed = with_form(text, _sent(text, **{"products_0": added, "reasons.lost_0": added, "reasons.won_0": added}))
    assert _value(changed, "products") == [{"name": "x", "aliases": ["y"]}]
    assert [one["code"] for one in _value(changed, "reasons", "lost")] == ["x"]
    assert [one["code"] for one in _value(changed, "reasons", "won")] == ["x"]
    assert all(line.strip() in changed for line in text.splitlines() if not line.startswith("{"))
