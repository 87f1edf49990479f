"""The details of the audit log are said in words, whatever was logged."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.words.audit_view import facts_of
from app.words.reader import Reader
from kb.people.chain import Row


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"way": "password"}, "方法: パスワード"),
        ({"state": "password"}, "状態: パスワードを設定"),
        ({"role": "reader → editor"}, "権限: 閲覧者 → 編集者"),
        ({"scope": "write"}, "権限: 閲覧と編集"),
        ({"teams": ["*", "sales"]}, "チーム: すべて、営業"),
        ({"teams": []}, "チーム: チームなし"),
        ({"form": "csv", "count": 3}, "形式: csv、件数: 3"),
        ({"way": "another", "failed": True}, "方法: another、失敗: はい"),
    ],
)
def test_details_are_said_in_words(facts: dict[str, Any], words: str) -> None:
    row = Row(1, "2026-11-28T00:00:00+00:00", "person-changed", "", "", "session", "", "", json.dumps(facts), "")
    assert facts_of(row, Reader.of("ja")) == words
