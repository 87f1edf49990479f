"""Which rows of an export are deals, what their cells say, and which problems are named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ingest.importers.crm import columns_of
from ingest.importers.errors import ImportRefusedError
from ingest.importers.table import open_table
from ingest.parse import parse_entry
from kb.playbook import Playbook
from tests.ingest.importers.tables import (
    DEAL,
    DEAL_PATH,
    HEADERS,
    bring_in,
    changed_row,
    deal_of,
    files,
    write_csv,
)


def test_a_value_that_is_no_outcome_is_said_and_the_stage_counts(entries: Path, tmp_path: Path) -> None:
    report = bring_in(entries, write_csv(tmp_path / "d.csv", ("商談ID", "結果", "フェーズ"), ("1", "△", "失注")))
    assert report.outcomes == {"lost": 1}
    assert "'△' is not a valid outcome; the stage is used." in report.problems[0].message


def test_signs_say_an_outcome_where_one_is_asked_for_and_a_likelihood_elsewhere(entries: Path, tmp_path: Path) -> None:
    rows = [("1", "○"), ("2", "◯"), ("3", "×"), ("4", "△")]
    report = bring_in(entries, write_csv(tmp_path / "won.csv", ("案件ID", "結果"), *rows))
    assert (report.outcomes, report.unknown_stages) == ({"won": 2, "lost": 1, "open": 1}, {"△": 1})
    likely = bring_in(entries, write_csv(tmp_path / "likely.csv", ("案件ID", "確度"), ("5", "○"), ("6", "×")))
    assert likely.outcomes == {"open": 2}


def test_a_null_of_an_export_is_no_value(entries: Path, tmp_path: Path) -> None:
    bring_in(entries, write_csv(tmp_path / "d.csv", HEADERS, changed_row(業種="null", 担当者="~")))
    assert "industry" not in files(entries)[DEAL_PATH]
    assert "owner" not in files(entries)[DEAL_PATH]


def test_several_competitors_in_one_cell_are_several(entries: Path, tmp_path: Path) -> None:
    export = write_csv(tmp_path / "d.csv", ("商談ID", "フェーズ", "競合"), ("1", "受注", "A社、B社;C, Inc."))
    bring_in(entries, export)
    (text,) = files(entries).values()
    assert parse_entry(text, "deals/x.md", Playbook()).entry.competitor == ("A社", "B社", "C, Inc.")


def test_rows_without_an_id_or_with_one_that_stands_above_are_said(entries: Path, tmp_path: Path) -> None:
    rows = [DEAL, changed_row(商談ID=""), changed_row(フェーズ="失注")]
    report = bring_in(entries, write_csv(tmp_path / "d.csv", HEADERS, *rows))
    assert report.outcomes == {"won": 1}
    assert report.left_out == 2
    assert {(group.message, *group.rows) for group in report.problems} == {
        ("The row has no CRM id and was skipped.", 3),
        ("Duplicate id 'D-1', also in row 2; the first row is used.", 4),
    }


def test_wrong_values_are_left_out_and_said_and_the_deal_is_kept(entries: Path, tmp_path: Path) -> None:
    row = changed_row(金額="不明", 完了日="0024-03-02")
    report = bring_in(entries, write_csv(tmp_path / "d.csv", HEADERS, row, row))
    assert [(group.count, group.rows) for group in report.problems] == [(1, [2]), (1, [2]), (1, [3])]
    assert "has the year 24" in " ".join(group.message for group in report.problems)
    deal = deal_of(files(entries)[DEAL_PATH])
    assert (deal.outcome, deal.amount, deal.closed_on) == ("won", None, None)


def test_problems_of_one_kind_stand_together(entries: Path, tmp_path: Path) -> None:
    rows = [changed_row(商談ID=str(number), 金額=f"{number}だいたい") for number in range(30)]
    report = bring_in(entries, write_csv(tmp_path / "d.csv", HEADERS, *rows))
    assert [(group.count, group.rows) for group in report.problems] == [(30, list(range(2, 12)))]


@pytest.mark.parametrize(
    ("row", "outcome", "problems"),
    [
        (("Closed Won", "1", "1"), "won", 0),
        (("Closed Lost", "", "1"), "lost", 0),
        (("Stalled Out", "0", "1"), "no-decision", 0),
        (("Negotiation", "", ""), "open", 0),
        (("Closed Won", "0", "1"), "lost", 1),
        (("Negotiation", "perhaps", ""), "open", 1),
    ],
)
def test_columns_for_won_and_closed_count_before_the_stage(
    entries: Path, tmp_path: Path, row: Sequence[str], outcome: str, problems: int
) -> None:
    path = write_csv(tmp_path / "d.csv", ("Id", "StageName", "IsWon", "IsClosed"), ("1", *row))
    report = bring_in(entries, path)
    assert (report.outcomes, report.problem_count) == ({outcome: 1}, problems)


def test_an_unknown_stage_counts_as_open_and_is_said_until_a_mapping_knows_it(entries: Path, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "d.csv", HEADERS, changed_row(フェーズ="祝杯"))
    report = bring_in(entries, path)
    assert report.outcomes == {"open": 1}
    assert report.unknown_stages == {"祝杯": 1}
    mapping = tmp_path / "m.yaml"
    mapping.write_text("fields: {crm_id: 商談ID, stage: フェーズ}\noutcomes: {受注: [祝杯]}\n", "utf-8")
    assert bring_in(entries, path, mapping=mapping).outcomes == {"won": 1}
    assert deal_of(files(entries)[DEAL_PATH]).outcome == "won"


def test_a_table_without_ids_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match=r"No CRM id column found.*: 取引先名, 金額"):
        columns_of(open_table(write_csv(tmp_path / "d.csv", ("取引先名", "金額"), ("青葉精工", "1"))))
