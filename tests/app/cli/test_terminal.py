"""An answer in the terminal is read as it was written, and says how sure it is."""

from __future__ import annotations

from typing import Any

import pytest

from app.cli.terminal import print_answer
from app.words.reader import Reader
from tests.app.cli.test_language import ANSWER, HIT


def _printed(capsys: pytest.CaptureFixture[str], locale: str = "en", **changed: Any) -> str:
    print_answer({**ANSWER, **changed}, Reader.of(locale))
    return capsys.readouterr().out


def test_what_an_author_wrote_in_brackets_is_printed_and_styles_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    hit = {**HIT, "title": "[bold]値引き[/bold]", "snippet": "[red]不可[/red] [/]", "id": "notes/[a]"}
    shown = _printed(capsys, hits=[hit])
    for words in ("[bold]値引き[/bold]", "[red]不可[/red] [/]", "[notes/[a]]"):
        assert words in shown


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_an_answer_without_a_match_says_so_whatever_is_near(capsys: pytest.CaptureFixture[str], locale: str) -> None:
    reader = Reader.of(locale)
    shown = _printed(capsys, locale, confidence="none", total=3, hidden_by_filters=0, hits=[])
    assert shown == f"{reader('confidence.none')} · {reader.counted('hits.near', 3)}\n"


def test_what_a_hit_does_not_have_leaves_no_gap(capsys: pytest.CaptureFixture[str]) -> None:
    hit = {**HIT, "kind": "note", "outcome": None, "industry": [], "date": "", "why": None}
    lines = _printed(capsys, hits=[hit]).splitlines()
    assert "  Note · match: high  [deals/aoba]" in lines and not any("×" in line for line in lines)
