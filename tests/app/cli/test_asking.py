"""Quotes in the terminal are read as they were written, each with its source."""

from __future__ import annotations

from typing import Any

import pytest

from app.cli.terminal import print_quotes
from app.words.reader import Reader

QUOTE = {
    "id": "deals/[a]",
    "title": "青葉精工",
    "heading": "",
    "outcome": "lost",
    "plain": "[red]値引き[/red]した。",
    "line": 9,
}


def _printed(capsys: pytest.CaptureFixture[str], locale: str, quotes: list[dict[str, Any]], **more: Any) -> str:
    print_quotes({"corrected": "", "quotes": quotes, **more}, Reader.of(locale))
    return capsys.readouterr().out


def test_a_quote_stands_above_its_outcome_its_entry_and_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    said, source = _printed(capsys, "ja", [QUOTE]).splitlines()
    assert said == "[red]値引き[/red]した。"
    assert source == "  ✕ 失注 · 青葉精工  [deals/[a]:9]"


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_silence_is_put_into_words(capsys: pytest.CaptureFixture[str], locale: str) -> None:
    assert "kb search" in _printed(capsys, locale, [])


def test_a_summary_stands_instead_of_the_quotes_and_says_what_was_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    second = QUOTE | {"plain": "期限を決めた。", "line": 12}
    parts = [{"join": "", "quote": second}, {"join": "but", "quote": QUOTE}]
    summary = {"state": "made", "parts": parts, "dropped": 2}
    lines = _printed(capsys, "ja", [QUOTE], summary=summary).splitlines()
    assert lines[0] == "期限を決めた。" and lines[3] == "ただし、 [red]値引き[/red]した。" and "2 件" in lines[-1]


def test_quotes_stand_where_the_model_is_away(capsys: pytest.CaptureFixture[str]) -> None:
    printed = _printed(capsys, "ja", [QUOTE], summary={"state": "away", "parts": [], "dropped": 0})
    assert printed.startswith("言語モデルから") and "値引き" in printed
