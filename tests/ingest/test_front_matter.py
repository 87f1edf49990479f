"""What was not edited stays byte for byte; what was edited reads as it was meant."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ingest.document import Document, plain_newlines
from ingest.front_matter import composed, edited
from ingest.yaml_text import Plain, YamlTextError
from kb.fields import FIELDS, Field, named

WRITTEN = (
    "---\r\n種別: deal  # 手で書いた\r\ntitle: 'a: b'\r\n# 注記\r\nreasons:\r\n  - {code: price, source: buyer}\r\n"
    "  - {code: timing}   # 営業の見立て\r\n\r\nfoo: |\r\n  一行目\r\n  二行目\r\nlast:\r\n---\r\n本文\r\n"
)
_LETTERS = st.characters(codec="utf-8", categories=("L", "N"))
MADE_UP = st.text(_LETTERS, min_size=1, max_size=8).filter(lambda key: not named(key))
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30).map(str.strip)
VALUES: st.SearchStrategy[Plain] = st.one_of(
    TEXTS, st.lists(TEXTS, max_size=3), st.lists(st.dictionaries(MADE_UP, TEXTS, min_size=1, max_size=2), max_size=2)
)
BODIES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=80).map(
    lambda body: body.removeprefix("\ufeff")  # a byte order mark belongs to the file, not to its body
)


def _fields(text: str) -> dict[str, Plain]:
    document = Document.of(text)
    assert document.fault is None
    return {line.key: line.value for line in document.lines}


def _body(text: str) -> str:
    return Document.of(text).stored_body


def test_nothing_edited_is_the_same_file() -> None:
    assert edited(Document.of(WRITTEN)) == WRITTEN and edited(Document.of(WRITTEN), {}, _body(WRITTEN)) == WRITTEN


def test_only_the_line_of_a_field_changes_and_its_spelling_stays() -> None:
    assert edited(Document.of(WRITTEN), {"kind": "note"}) == WRITTEN.replace("種別: deal", "種別: note")
    assert edited(Document.of(WRITTEN), {"title": "新: 題"}) == WRITTEN.replace("'a: b'", "'新: 題'")


def test_a_block_is_replaced_without_what_follows_it() -> None:
    changed = edited(Document.of(WRITTEN), {"reasons": [{"code": "fit", "note": "い: ろ"}]})
    assert "- {code: fit, note: 'い: ろ'}   # 営業の見立て\r\n\r\nfoo: |" in changed
    assert edited(Document.of(WRITTEN), {"foo": "1"}).count("\r\nfoo: 1\r\nlast:") == 1


def test_a_field_taken_out_takes_its_line_along() -> None:
    without = edited(Document.of(WRITTEN), {"kind": None, "foo": None, "missing": None})
    assert "種別" not in without and "二行目" not in without and "# 注記" in without


def test_an_empty_field_is_filled_and_a_new_one_comes_last() -> None:
    changed = edited(Document.of(WRITTEN), {"last": "x", "tags": ["価格", "a, b"]})
    assert "last: x\r\ntags: [価格, 'a, b']\r\n---\r\n本文\r\n" in changed


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_new_file_has_the_documented_key_of_a_field(field: Field) -> None:
    written = composed({field.name: "x"}, "本文")
    assert written == f"---\n{field.key}: x\n---\n本文"
    assert composed({field.name: "y"}, written) == written.replace("x", "y")


def test_a_file_without_front_matter_gets_one() -> None:
    assert edited(Document.of("本文\n"), {"title": "題"}) == "---\ntitle: 題\n---\n本文\n"
    assert edited(Document.of("\ufeff本文\n"), {"title": "題"}) == "\ufeff---\ntitle: 題\n---\n本文\n"


def test_another_body_keeps_the_front_matter_and_its_line_breaks() -> None:
    changed = edited(Document.of(WRITTEN), body="一\n二\n")
    assert changed == WRITTEN.replace("本文\r\n", "一\r\n二\r\n")


def test_front_matter_without_a_key_is_refused() -> None:
    with pytest.raises(YamlTextError):
        edited(Document.of("---\n- [1\n---\nx\n"), {"title": "x"})


def test_a_bad_value_stays_as_it_is_while_another_field_changes() -> None:
    bad = "---\r\nfoo: [済] 見積\r\ntitle: 旧\r\nbar: 'x\r\n---\r\n本文\r\n"
    assert edited(Document.of(bad), {"title": "新"}) == bad.replace("旧", "新")
    assert edited(Document.of(bad), {"foo": None}) == bad.replace("foo: [済] 見積\r\n", "")


@pytest.mark.parametrize(
    "text",
    ['+++\ntitle = "題"\ndate = 2025-07-03\n+++\n本文\n', '{\n  "title": "題",\n  "date": "2025-07-03"\n}\n本文\n'],
)
def test_front_matter_in_another_notation_becomes_yaml_when_a_field_changes(text: str) -> None:
    assert edited(Document.of(text)) == text
    changed = edited(Document.of(text), {"title": "新"})
    assert changed == "---\ntitle: 新\ndate: 2025-07-03\n---\n本文\n"
    assert edited(Document.of(text), body="別\n") == text.replace("本文", "別")


def test_front_matter_that_nothing_closes_is_closed_by_an_edit() -> None:
    assert edited(Document.of("---\ntitle: A\n\n本文\n"), {"title": "B"}) == "---\ntitle: B\n---\n\n本文\n"


@given(st.dictionaries(MADE_UP, VALUES, max_size=4), BODIES)
def test_what_is_composed_reads_back(fields: dict[str, Plain], body: str) -> None:
    assume(not Document.of(body).head)
    written = composed(fields, body)
    assert _fields(written) == {name: value for name, value in fields.items() if value}
    assert _body(written) == body or not fields


@given(st.dictionaries(MADE_UP, VALUES, min_size=1, max_size=4), BODIES, st.sampled_from(["\n", "\r\n"]), TEXTS)
def test_every_other_field_and_the_body_stay(fields: dict[str, Plain], body: str, newline: str, title: str) -> None:
    before = composed(fields, "本文\n").replace("\n", newline) + body
    after = edited(Document.of(before), {"title": title or "x"})
    kept = {name: value for name, value in _fields(before).items() if name != "title"}
    assert {name: value for name, value in _fields(after).items() if name != "title"} == kept
    assert _body(after) == _body(before) and edited(Document.of(before)) == before


@given(BODIES)
def test_front_matter_ends_where_the_reader_says(text: str) -> None:
    for written in (text, f"---\n{text}", f"---\ntitle: x\n---\n{text}"):
        document = Document.of(written)
        assert document.head + document.yaml + document.closing + document.stored_body == written
        body = plain_newlines(document.stored_body)
        assert document.body == (body if document.head else body.removeprefix("\ufeff"))
        above = plain_newlines(document.head + document.yaml + document.closing)
        assert document.body_line == above.count("\n") + 1 or not body
