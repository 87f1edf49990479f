"""The command line speaks the language of the terminal, or the one it is told to speak."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli.terminal import print_answer
from app.words.reader import Reader
from tests.app.cli.test_main import Place, place
from tests.ingest.importers.tables import DEAL, HEADERS, write_csv

__all__ = ["place"]
JAPANESE = "「deals/none」という記録はありません。\n"
ENGLISH = "No entry has the id 'deals/none'.\n"
HIT = {
    "id": "deals/aoba", "title": "青葉精工の受注", "kind": "deal", "outcome": "won", "industry": ["製造業"],
    "competitor": [], "angle": [],
    "date": "2026-03-27", "band": "strong", "snippet": "現場が使えた。", "highlights": [[0, 2]],
    "why": {"keyword_rank": 1, "keyword_terms": ["現場"], "meaning_rank": None, "similarity": 0.8,
            "adjustments": [{"name": "verified", "factor": 1.1}]},
}  # fmt: skip
ANSWER = {"hidden_by_filters": 2, "confidence": "strong", "total": 1, "hits": [HIT]}


@pytest.mark.parametrize(
    ("environment", "options", "said"),
    [
        ({}, (), ENGLISH),
        ({"LANG": "C"}, (), ENGLISH),
        ({"LANG": "de_DE.UTF-8"}, (), ENGLISH),
        ({"LANG": "ja_JP.UTF-8"}, (), JAPANESE),
        ({"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, (), ENGLISH),
        ({"LANG": "C", "LC_ALL": "ja_JP.UTF-8"}, (), JAPANESE),
        ({"LANG": "ja_JP.UTF-8"}, ("--lang", "en"), ENGLISH),
        ({}, ("--lang", "ja"), JAPANESE),
    ],
)
def test_the_language_is_the_one_asked_for_else_that_of_the_terminal(
    place: Place, environment: dict[str, str], options: tuple[str, ...], said: str
) -> None:
    unset = {"LC_ALL": "", "LC_MESSAGES": "", "LANG": ""}
    result = place.kb(*options, "show", "deals/none", **{**unset, **environment})
    assert (result.exit_code, result.stderr) == (1, said)


def test_problems_are_listed_in_japanese(place: Place) -> None:
    result = place.kb("--lang", "ja", "check")
    assert "deals/secret.md:3: outcome: 「wonn」は使えません。" in result.stdout
    assert result.stderr == "記録7件、問題1件。\n"


def test_the_preview_of_an_import_speaks_japanese(place: Place, tmp_path: Path) -> None:
    export = write_csv(tmp_path / "商談.csv", HEADERS, DEAL, ("D-2", *DEAL[1:3], "祝杯", *DEAL[4:]), encoding="cp932")
    result = place.kb("--lang", "ja", "import", "crm", str(export))
    for line in ("商談（形式: generic、文字コード: CP932、区切り: カンマ）", "新規2件、変更0件", "列の対応", "見本 1"):
        assert line in result.stdout
    assert "2件のファイルを書き込みますか？" in result.stderr
    assert "何も書き込みませんでした。" in result.stderr


def test_machines_read_the_same_whatever_the_terminal_speaks(place: Place) -> None:
    both = [place.kb("--lang", language, "doctor", "--json").stdout for language in ("ja", "en")]
    assert json.loads(both[0])[0] == json.loads(both[1])[0]


@pytest.mark.parametrize(
    ("locale", "lines"),
    [
        (
            "ja",
            [
                "一致: 高い · 近いもの1件(フィルタで2件が隠れています)",
                "  商談 · ● 受注 · 製造業 · 2026/03/27 · 一致: 高い  [deals/aoba]",
                "  語の一致 1位 (現場) · 意味の近さ – (0.8) · 確認済み ×1.1",
            ],
        ),
        (
            "en",
            [
                "Match: high · 1 entry near it (2 hidden by filters)",
                "  Deal · ● Won · 製造業 · Mar 27, 2026 · match: high  [deals/aoba]",
                "  Words rank 1 (現場) · Meaning – (0.8) · verified ×1.1",
            ],
        ),
    ],
)
def test_an_answer_is_printed_in_the_words_of_the_reader(
    capsys: pytest.CaptureFixture[str], locale: str, lines: list[str]
) -> None:
    print_answer(ANSWER, Reader.of(locale))
    printed = capsys.readouterr().out
    for line in lines:
        assert line in printed
