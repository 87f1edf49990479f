"""A reason in the text of a deal is counted like one in its front matter, or named as not counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.importers.crm import CrmImport, columns_of
from ingest.importers.table import open_table
from ingest.parse import parse_entry
from ingest.playbook_file import parse_playbook
from tests.ingest.importers.tables import csv_text

PLAYBOOK, _ = parse_playbook(
    "reasons:\n  lost:\n    - {code: price, ja: 価格, en: Price}\n"
    "    - {code: feature, ja: 機能の不足, en: Missing feature}\n"
)
HEAD = "---\ntitle: 青葉精工\nkind: deal\noutcome: lost\n---\n"


def _reasons(text: str) -> tuple[list[tuple[str, str]], list[str]]:
    parsed = parse_entry(text, "deals/a.md", PLAYBOOK)
    assert parsed.entry.deal
    return [(one.code, one.note) for one in parsed.entry.deal.reasons], [p.message for p in parsed.problems]


@pytest.mark.parametrize(
    ("body", "reasons"),
    [
        ("## 失注理由\n価格\n", [("price", "")]),
        (
            "## 失注理由\n\n- 価格（三割高い）\n- 機能の不足\n\n## その後\n話\n",
            [("price", "三割高い"), ("feature", "")],
        ),
        ("商談の記録です。\n\n失注理由：価格、機能の不足\n", [("price", ""), ("feature", "")]),
        ("**敗因**: 価格。\n", [("price", "")]),
        ("## Lost reason\nMissing feature\n", [("feature", "")]),
        ("## 経緯\n理由はいろいろあった。\n", []),
        ("## 失注理由\n\n## その後\n話\n", []),
    ],
)
def test_short_reasons_are_counted(body: str, reasons: list[tuple[str, str]]) -> None:
    assert _reasons(HEAD + body) == (reasons, [])


def test_the_front_matter_wins() -> None:
    text = HEAD.replace("---\n", "---\nreasons: [feature]\n", 1) + "## 失注理由\n価格\n"
    assert _reasons(text) == ([("feature", "")], [])


@pytest.mark.parametrize(
    "said",
    [
        "決裁者が異動し、新しい部長は前の会社で使っていた製品を強く推していたため、最後まで話を聞いてもらえなかった。",
        "担当の都合",
    ],
)
def test_what_cannot_be_counted_is_named_where_it_stands(said: str) -> None:
    parsed = parse_entry(HEAD + f"経緯です。\n\n## 失注理由\n{said}\n", "deals/a.md", PLAYBOOK)
    (problem,) = parsed.problems
    assert problem.line == 8 and ("not counted" in problem.message or "not in the playbook" in problem.message)


def test_an_import_says_how_many_reasons_are_sentences(entries: Path, tmp_path: Path) -> None:
    said = "決裁者が異動したため、後任の部長が前の会社で使っていた製品を選んだ"
    rows = [["商談ID", "商談名", "フェーズ", "失注理由"], ["1", "甲", "失注", "価格"], ["2", "乙", "失注", said]]
    (tmp_path / "deals.csv").write_text(csv_text(rows), "utf-8")
    table = open_table(tmp_path / "deals.csv")
    report = CrmImport(entries, table, columns_of(table), PLAYBOOK).run(write=True)
    assert any(note.startswith("1 deals give their reason in sentences") for note in report.notes)
    texts = [path.read_text("utf-8") for path in entries.rglob("*.md")]
    deals = [parse_entry(text, "deals/a.md", PLAYBOOK).entry.deal for text in texts]
    assert sorted(reason.code for deal in deals if deal for reason in deal.reasons) == ["price"]


def test_a_note_about_reasons_is_no_deal() -> None:
    assert parse_entry("---\ntitle: 覚え書き\n---\n## 失注理由\n価格\n", "notes/a.md", PLAYBOOK).problems == ()
