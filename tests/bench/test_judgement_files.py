"""The questions on the sample entries are whole: every grade points at an entry, and nothing is asked twice."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BENCH, ENTRIES = ROOT / "bench", ROOT / "entries"
FILES = ("judgements.jsonl", "typed_judgements.jsonl", "mistyped_judgements.jsonl")


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (BENCH / name).read_text("utf-8").splitlines()]


@pytest.mark.parametrize("name", FILES)
def test_every_grade_points_at_an_entry(name: str) -> None:
    entries = {path.relative_to(ENTRIES).with_suffix("").as_posix() for path in ENTRIES.rglob("*.md")}
    for row in rows(name):
        assert set(row) == {"id", "kind", "text", "relevant"}
        assert set(row["relevant"]) <= entries, row["id"]
        assert set(row["relevant"].values()) <= {1, 2, 3}, row["id"]
        assert not row["relevant"] or max(row["relevant"].values()) >= 2, row["id"]


def test_nothing_is_asked_twice() -> None:
    both = [row for name in FILES for row in rows(name)]
    assert [text for text, count in Counter(row["text"] for row in both).items() if count > 1] == []
    assert len({row["id"] for row in both}) == len(both)


def test_typed_questions_are_out_of_scope_where_nothing_is_graded() -> None:
    for row in rows("typed_judgements.jsonl"):
        assert row["kind"].startswith("out of scope") is not bool(row["relevant"]), row["id"]


def test_each_kind_of_typed_question_is_asked_often_enough_for_a_mean() -> None:
    counts = Counter(row["kind"] for row in rows("typed_judgements.jsonl"))
    assert min(counts.values()) >= 10
