"""The law of front matter: what it visibly says is in the entry or in a problem, whatever notation and mistakes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from ingest.document import Document
from ingest.field_reader import as_written
from ingest.front_matter import edited
from ingest.parse import parse_entry
from ingest.signs import bare
from kb.playbook import Playbook

KEYS = ("title", "担当", "customer", "foo", "備考", "出典")
SIGNS = "abc見積 :#@[]{}%*&!|>'\"\\`?-,~ 　：（）12"
_UNSAID = re.compile(r"# |%%|^\[.*\]$|^\{.*\}$")  # remarks, hidden comments, lists and mappings
VALUES = (
    st.text(alphabet=SIGNS, min_size=1, max_size=20).map(bare).filter(lambda value: value and not _UNSAID.search(value))
)
FIELDS = st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1, max_size=5)
COLONS = st.sampled_from([": ", "：", ":　", ":\u00a0"])
BEFORE = st.sampled_from(["", "\n", "\u200b", "\ufeff", "<!-- x -->\n", " "])
FENCES = st.sampled_from(["---", "----", "—", "－－－", "---\u00a0"])


def _words(text: str) -> set[str]:
    return {word for word in "".join(c if c.isalnum() else " " for c in text).split() if word}


def _said(text: str) -> str:
    """Return everything an entry and its problems say."""
    parsed = parse_entry(text, "deals/x.md", Playbook())
    entry = parsed.entry
    deal = entry.deal
    own = (
        entry.title,
        entry.owner,
        deal.customer if deal else "",
        *(f"{key} {as_written(value)}" for key, value in entry.extra),
    )
    return "\n".join((*own, *(problem.message for problem in parsed.problems), entry.body))


def _holds(text: str, fields: Mapping[str, str]) -> None:
    said = _words(_said(text))
    for value in fields.values():
        assert _words(value) <= said


@given(FIELDS, COLONS, BEFORE, FENCES)
def test_no_word_of_a_value_is_lost_from_yaml_of_any_kind(
    fields: dict[str, str], colon: str, before: str, fence: str
) -> None:
    lines = "".join(f"{key}{colon}{value}\n" for key, value in fields.items())
    _holds(f"{before}{fence}\nkind: deal\noutcome: open\n{lines}{fence}\n本文。\n", fields)


@given(FIELDS, st.booleans())
def test_no_word_of_a_value_is_lost_from_toml(fields: dict[str, str], is_quoted: bool) -> None:
    lines = "".join(f"{key} = {json.dumps(v, ensure_ascii=False) if is_quoted else v}\n" for key, v in fields.items())
    _holds(f'+++\nkind = "deal"\noutcome = "open"\n{lines}+++\n本文。\n', fields)


@given(FIELDS)
def test_no_word_of_a_value_is_lost_from_json(fields: dict[str, str]) -> None:
    _holds(json.dumps({"kind": "deal", "outcome": "open", **fields}, ensure_ascii=False) + "\n\n本文。\n", fields)


@given(FIELDS, COLONS)
def test_a_bad_value_costs_no_other_key(fields: dict[str, str], colon: str) -> None:
    lines = "".join(f"{key}{colon}{value}\n" for key, value in fields.items())
    parsed = parse_entry(f"---\nkind: deal\n{lines}outcome: lost\namount: 80万円\n---\n本文。\n", "x.md", Playbook())
    assert parsed.entry.deal is not None
    assert (parsed.entry.deal.outcome, parsed.entry.deal.amount) == ("lost", 800_000)


@given(FIELDS)
def test_a_marked_draft_is_never_published(fields: dict[str, str]) -> None:
    lines = "".join(f"{key}: {value}\n" for key, value in fields.items())
    for text in (f"---\n{lines}draft: true\n---\n本文。\n", f"---\n{lines}published: false\n---\n本文。\n",
                 f"+++\ndraft = true\n{lines.replace(':', ' =')}+++\n本文。\n"):  # fmt: skip
        assert parse_entry(text, "x.md", Playbook()).entry.status == "draft"


@given(FIELDS, COLONS)
def test_an_edit_of_one_field_leaves_every_other_line(fields: dict[str, str], colon: str) -> None:
    lines = [f"{key}{colon}{value}" for key, value in fields.items()]
    text = "---\noutcome: open\n" + "".join(line + "\n" for line in lines) + "---\n本文。\n"
    changed = edited(Document.of(text), {"outcome": "won"})
    assert changed == text.replace("outcome: open", "outcome: won")


@given(FIELDS, st.sampled_from(["{}:: {}", "- {}:: {}", "{}： {}"]))
def test_no_word_of_a_property_in_the_text_is_lost(fields: dict[str, str], form: str) -> None:
    lines = "".join(form.format(key, value) + "\n" for key, value in fields.items())
    _holds(f"{lines}\n# 題\n\n本文。\n", fields)


@given(FIELDS, FIELDS)
def test_no_word_of_a_second_block_of_front_matter_is_lost(first: dict[str, str], second: dict[str, str]) -> None:
    blocks = ["".join(f"{key}: {value}\n" for key, value in block.items()) for block in (first, second)]
    text = f"---\n{blocks[0]}---\n{blocks[1]}---\n本文。\n"
    _holds(text, first)
    _holds(text, {key: value for key, value in second.items() if key not in first})  # those are named as duplicates


@given(st.lists(VALUES, min_size=1, max_size=4), st.sampled_from(["tags:\n", "タグ：\n"]))
def test_no_item_of_a_list_is_lost(items: list[str], key: str) -> None:
    parsed = parse_entry(f"---\n{key}" + "".join(f"- {item}\n" for item in items) + "---\n本文。\n", "x.md", Playbook())
    said = _words("\n".join([*parsed.entry.tag, *(problem.message for problem in parsed.problems)]))
    assert all(_words(item) <= said for item in items)


@given(
    st.sampled_from(["date", "closed_on", "amount", "outcome", "status", "kind"]),
    st.text("0123456789０１年月日/-.万千億円¥△約〜 令和RH:TZabcJMon", min_size=1, max_size=14).map(bare).filter(bool),
)
def test_a_value_that_is_not_read_is_named(name: str, value: str) -> None:
    text = f"---\nkind: deal\ntitle: 題\n{name}: {value}\n---\n本文。\n"
    parsed = parse_entry(text.replace("kind: deal\n", "") if name == "kind" else text, "deals/x.md", Playbook())
    entry, deal = parsed.entry, parsed.entry.deal
    read = {
        "date": entry.date,
        "closed_on": deal and deal.closed_on,
        "amount": deal and deal.amount,
        "outcome": entry.outcome,
        "status": entry.status != "published" or value == "published",
        "kind": entry.kind == value or entry.kind != "deal",
    }[name]
    is_named = any(problem.line in (3, 4) for problem in parsed.problems)
    assert (read is not None and read is not False) or is_named
