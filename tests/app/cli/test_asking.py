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


def _printed(capsys: pytest.CaptureFixture[str], locale: str, quotes: list[dict[str, Any]]) -> str:
    print_quotes({"corrected": "", "quotes": quotes}, Reader.of(locale))
    return capsys.readouterr().out


def test_a_quote_stands_above_its_outcome_its_entry_and_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    said, source = _printed(capsys, "ja", [QUOTE]).splitlines()
    assert said == "[red]値引き[/red]した。"
    assert source == "  ✕ 失注 · 青葉精工  [deals/[a]:9]"


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_silence_is_put_into_words(capsys: pytest.CaptureFixture[str], locale: str) -> None:
    assert "kb search" in _printed(capsys, locale, [])
