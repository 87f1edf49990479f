"""An import writes whole entries, recognises them again by their id, and leaves alone what people wrote."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from ingest.check import check
from ingest.importers.accounts import read_accounts
from ingest.importers.crm import CrmImport, columns_of
from ingest.importers.table import open_table
from ingest.parse import parse_entry
from kb.playbook import Playbook, Term, Vocabulary
from tests.ingest.importers.tables import (
    DEAL,
    DEAL_PATH,
    HEADERS,
    bring_in,
    changed_row,
    deal_of,
    files,
    write_csv,
    write_workbook,
)
from tests.words import write


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export with one deal."""
    return write_csv(tmp_path / "deals.csv", HEADERS, DEAL)


def test_a_deal_becomes_a_file_without_an_invented_word(entries: Path, export: Path) -> None:
    report = bring_in(entries, export)
    assert (report.new, report.written, report.problem_count) == (1, 1, 0)
    assert files(entries) == {
        DEAL_PATH: """\
---
title: 青葉精工 現場ログ
kind: deal
outcome: won
customer: 青葉精工
amount: 12000000
currency: JPY
started_on: 2026-01-05
closed_on: 2026-03-02
cycle_days: 56
stage: 受注
industry: 製造業
owner: 佐藤
crm_id: D-1
---
CRMから取り込んだ商談。
"""
    }
    assert check(entries) == (1, [])


def test_what_people_wrote_into_the_crm_becomes_the_text(entries: Path, tmp_path: Path) -> None:
    rows = [
        ("Deal ID", "Stage", "Loss Reason", "Description", "Next Step"),
        ("7", "Lost", "Price", "Long\ntalks.", "Call"),
    ]
    bring_in(entries, write_csv(tmp_path / "d.csv", *rows))
    (text,) = files(entries).values()
    assert text.endswith(
        "---\nDeal imported from the CRM.\n\n## Reason\nPrice\n\n## Description\nLong\ntalks.\n\n## Next step\nCall\n"
    )


def test_a_preview_counts_the_same_and_writes_nothing(entries: Path, export: Path) -> None:
    preview = bring_in(entries, export, write=False)
    assert files(entries) == {}
    assert (preview.new, preview.written, preview.outcomes) == (1, 0, {"won": 1})
    assert preview.samples[0]["customer"] == "青葉精工"


def test_the_same_export_again_writes_nothing(entries: Path, export: Path) -> None:
    bring_in(entries, export)
    before = {path: path.stat().st_mtime_ns for path in entries.rglob("*.md")}
    again = bring_in(entries, export)
    assert (again.new, again.changed, again.unchanged, again.written) == (0, 0, 1, 0)
    assert before == {path: path.stat().st_mtime_ns for path in entries.rglob("*.md")}


def test_only_what_the_crm_owns_is_changed_and_every_other_byte_stays(
    entries: Path, export: Path, tmp_path: Path
) -> None:
    bring_in(entries, export)
    mine = (entries / DEAL_PATH).read_text("utf-8").replace("title: 青葉精工 現場ログ", "題名: '自分の題'  # 直した")
    mine = (
        mine.replace("customer: 青葉精工", "顧客: 青葉精工(本社)\ntags: [試行]\nangles: [roi-proof]")
        + "\n## 決め手\n現場。\n"
    )
    (entries / DEAL_PATH).write_bytes(mine.encode())
    later = changed_row(フェーズ="失注", 金額="900万円", 商談名="別の名", 取引先名="別の会社", 担当者="鈴木")
    report = bring_in(entries, write_csv(tmp_path / "later.csv", HEADERS, later))
    assert (report.changed, report.written) == (1, 1)
    expected = mine.replace("outcome: won", "outcome: lost").replace("stage: 受注", "stage: 失注")
    assert files(entries) == {DEAL_PATH: expected.replace("amount: 12000000", "amount: 9000000")}
    assert bring_in(entries, tmp_path / "later.csv").unchanged == 1


def test_a_renamed_entry_is_found_by_its_crm_number(entries: Path, export: Path) -> None:
    text = "---\r\n題名: 私の商談\r\n種別: 商談\r\n結果: 継続中\r\n金額: 1,200万円\r\nCRM番号: D-1\r\n---\r\n本文。\r\n"
    path = entries / "商談/私の.md"
    path.parent.mkdir()
    path.write_bytes(text.encode())
    assert bring_in(entries, export).changed == 1
    now = path.read_bytes().decode()
    assert now.startswith("---\r\n題名: 私の商談\r\n種別: 商談\r\n結果: won\r\n金額: 1,200万円\r\nCRM番号: D-1\r\n")
    assert now.endswith("---\r\n本文。\r\n")
    assert list(files(entries)) == ["商談/私の.md"]
    assert bring_in(entries, export).unchanged == 1


def test_a_deal_opened_again_is_not_closed_any_more(entries: Path, export: Path, tmp_path: Path) -> None:
    bring_in(entries, export)
    bring_in(entries, write_csv(tmp_path / "open.csv", HEADERS, changed_row(フェーズ="交渉中")))
    deal = deal_of(files(entries)[DEAL_PATH])
    assert (deal.outcome, deal.closed_on, deal.cycle_days) == ("open", None, None)
    assert deal.started_on == date(2026, 1, 5)  # how long it has been open counts in the cycle length
    bring_in(entries, export)
    assert deal_of(files(entries)[DEAL_PATH]).cycle_days == 56


def test_an_expected_day_of_an_open_deal_is_no_closing_day(entries: Path, tmp_path: Path) -> None:
    bring_in(entries, write_csv(tmp_path / "open.csv", HEADERS, changed_row(フェーズ="提案")))
    assert "closed_on" not in files(entries)[DEAL_PATH]


def test_a_currency_said_only_in_the_amount_is_not_lost_with_it(entries: Path, tmp_path: Path) -> None:
    write(entries, "deals/a.md", "---\noutcome: won\namount: $100\ncrm_id: '7'\n---\n本文。\n")
    bring_in(entries, write_csv(tmp_path / "d.csv", ("Deal ID", "Stage", "Amount"), ("7", "Won", "200")))
    deal = deal_of((entries / "deals/a.md").read_text("utf-8"))
    assert (deal.amount, deal.currency) == (200, "USD")


@pytest.mark.parametrize("first", ["a.csv", "a.xlsx"])
def test_a_workbook_and_a_csv_file_say_the_same(entries: Path, tmp_path: Path, first: str) -> None:
    write_csv(tmp_path / "a.csv", HEADERS, DEAL)
    write_workbook(tmp_path / "a.xlsx", HEADERS, DEAL)
    bring_in(entries, tmp_path / first)
    assert all(bring_in(entries, tmp_path / name).unchanged == 1 for name in ("a.csv", "a.xlsx"))


def test_ids_that_differ_only_in_case_are_two_deals(entries: Path, tmp_path: Path) -> None:
    rows = [("Deal ID", "Stage", "Company"), ("006aB", "Won", "Acme"), ("006Ab", "Lost", "Acme")]
    path = write_csv(tmp_path / "d.csv", *rows)
    bring_in(entries, path)
    assert list(files(entries)) == ["deals/acme-006ab-2.md", "deals/acme-006ab.md"]
    assert bring_in(entries, path).unchanged == 2


def test_a_file_of_a_person_in_the_way_is_not_overwritten(entries: Path, export: Path) -> None:
    write(entries, DEAL_PATH, "# 大事なメモ\n")
    bring_in(entries, export)
    assert files(entries)[DEAL_PATH] == "# 大事なメモ\n"
    assert "crm_id: D-1" in files(entries)["deals/青葉精工-d-1-2.md"]


def test_a_file_another_import_wrote_meanwhile_is_not_written_twice(entries: Path, export: Path) -> None:
    table = open_table(export)

    def other_import(what: str, _done: int, _total: int) -> None:
        if what == "Importing" and not files(entries):
            bring_in(entries, export)

    report = CrmImport(entries, table, columns_of(table), Playbook(), progress=other_import).run(write=True)
    assert report.written == 0
    assert list(files(entries)) == [DEAL_PATH]


def test_text_that_looks_like_a_formula_or_front_matter_stays_text(entries: Path, tmp_path: Path) -> None:
    nasty = ["=HYPERLINK(1)", "---", "@x: [y]", "a: b #c", "\x07bell\ufeff", "|\n>", "no", "- x", "'"]
    rows = [changed_row(商談ID=str(n), 商談名=text, 取引先名=text, 業種=text) for n, text in enumerate(nasty)]
    path = write_csv(tmp_path / "d.csv", HEADERS, *rows)
    bring_in(entries, path)
    found = {deal_of(text).crm_id: deal_of(text).customer for text in files(entries).values()}
    wanted = ["=HYPERLINK(1)", "---", "@x: [y]", "a: b #c", "bell", "| >", "no", "- x", "'"]
    assert found == {str(number): text for number, text in enumerate(wanted)}
    assert bring_in(entries, path).unchanged == len(nasty)


def test_unknown_products_come_with_the_nearest_known_one(entries: Path, tmp_path: Path) -> None:
    playbook = Playbook(vocabularies={"product": Vocabulary.of([Term("GTX Pro", "GTX Pro", "GTX Pro")])})
    rows = [("Deal ID", "Stage", "Product"), ("1", "Won", "GTXPro"), ("2", "Won", "GTX Pro"), ("3", "Lost", "GTXPro")]
    table = open_table(write_csv(tmp_path / "d.csv", *rows))
    (unknown,) = CrmImport(entries, table, columns_of(table), playbook).run().unknown
    assert (unknown.facet, unknown.value, unknown.count, unknown.nearest) == ("product", "GTXPro", 2, "GTX Pro")


def test_industry_and_size_come_from_the_table_of_accounts(entries: Path, tmp_path: Path) -> None:
    deals = [
        ("Id", "AccountId", "Account Name", "StageName"),
        ("1", "A1", "", "Closed Won"),
        ("2", "", "beta inc", "Closed Lost"),
    ]
    accounts = [
        ("Id", "Name", "Industry", "NumberOfEmployees"),
        ("A1", "Acme", "Food, Drink", "577"),
        ("A2", "Beta Inc", "Retail", "?"),
    ]
    table = open_table(write_csv(tmp_path / "d.csv", *deals))
    joined = read_accounts(open_table(write_csv(tmp_path / "a.csv", *accounts)))
    CrmImport(entries, table, columns_of(table), Playbook(), joined).run(write=True)
    first, second = (parse_entry(text, "deals/x.md", Playbook()).entry for text in files(entries).values())
    assert (first.industry, first.deal and first.deal.size, first.deal and first.deal.customer) == (
        ("Food, Drink",),
        577,
        "Acme",
    )
    assert (second.industry, second.deal and second.deal.size) == (("Retail",), None)


def test_lines_of_a_table_inside_a_record_are_not_records(entries: Path, tmp_path: Path) -> None:
    rows = [
        ("レコードの開始行", "レコード番号", "会社名", "ステータス"),
        ("*", "1", "青葉精工", "受注"),
        ("", "1", "青葉精工", "受注"),
    ]
    report = bring_in(entries, write_csv(tmp_path / "d.csv", *rows))
    assert (report.new, report.problem_count) == (1, 0)


def test_a_campaign_becomes_a_file_and_deals_point_at_it(entries: Path, tmp_path: Path) -> None:
    headers = (
        "Id",
        "Name",
        "Type",
        "StartDate",
        "EndDate",
        "NumberSent",
        "NumberOfLeads",
        "NumberOfConvertedLeads",
        "ActualCost",
    )
    campaigns = write_csv(
        tmp_path / "c.csv",
        headers,
        ("701", "Spring mail", "Email", "2026-03-01", "2026-03-31", "0", "40", "12", "¥9,000"),
    )
    deals = write_csv(
        tmp_path / "d.csv", ("Id", "StageName", "CampaignId"), ("1", "Closed Won", "701"), ("2", "Closed Won", "702")
    )
    assert bring_in(entries, campaigns).kind == "campaigns"
    report = bring_in(entries, deals)
    assert any("1 deals belong to a campaign that has no entry, for example '702'" in note for note in report.notes)
    text = files(entries)["campaigns/spring-mail-701.md"]
    assert "period: 2026-03-01/2026-03-31\nmetrics: {leads: 40, sql: 12, cost: 9000}\n" in text
    assert "campaign: campaigns/spring-mail-701\n" in files(entries)["deals/1-1.md"]
    assert check(entries) == (3, [])


def test_numbers_of_a_campaign_are_brought_up_to_date_and_those_of_people_stay(entries: Path, tmp_path: Path) -> None:
    path = write(
        entries, "campaigns/a.md", "---\nkind: campaign\nmetrics: {リード: 40, sal: 3}\ncrm_id: '701'\n---\n本文。\n"
    )
    export = write_csv(tmp_path / "c.csv", ("施策ID", "施策名", "リード", "費用"), ("701", "春", "41", ""))
    bring_in(entries, export)
    assert "metrics: {リード: 41, sal: 3}" in (path or entries / "campaigns/a.md").read_text("utf-8")
    assert bring_in(entries, export).unchanged == 1


def test_the_same_number_of_a_deal_and_a_campaign_are_two_entries(entries: Path, tmp_path: Path) -> None:
    bring_in(entries, write_csv(tmp_path / "c.csv", ("施策ID", "施策名", "媒体"), ("1", "春", "メール")))
    bring_in(entries, write_csv(tmp_path / "d.csv", HEADERS, changed_row(商談ID="1")))
    assert list(files(entries)) == ["campaigns/春-1.md", "deals/青葉精工-1.md"]


@pytest.mark.parametrize(
    "text",
    ["---\ntitle: a: b\ncrm_id: D-1\n---\n本文。\n", "---\noutcome: won\noutcome: lost\ncrm_id: D-1\n---\n本文。\n"],
)
def test_an_entry_that_cannot_be_understood_is_not_touched_and_not_doubled(
    entries: Path, export: Path, text: str
) -> None:
    write(entries, "deals/mine.md", text)
    report = bring_in(entries, export)
    assert files(entries) == {"deals/mine.md": text}
    assert [group.message for group in report.problems] == [
        "deals/mine.md has errors and was not changed; fix it first ('kb check' lists them)."
    ]


def test_an_entry_in_another_encoding_is_not_written_anew(entries: Path, export: Path) -> None:
    path = entries / "deals/mine.md"
    path.parent.mkdir()
    raw = "---\n結果: 失注\nCRM番号: D-1\n---\nほんぶん。\n".encode("cp932")
    path.write_bytes(raw)
    assert bring_in(entries, export).left_out == 1
    assert path.read_bytes() == raw


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_ends_the_import_with_a_reason(entries: Path, export: Path) -> None:
    entries.chmod(0o500)
    report = bring_in(entries, export)
    entries.chmod(0o700)
    assert not report.is_complete
    assert "may not write" in report.failure
