"""What goes out can come back: the files, the lines of JSON, and a table that a spreadsheet reads."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.export import Record, read_records, write_csv, write_jsonl, write_zip
from kb.entry import Entry
from kb.errors import BadFilterError
from kb.search.query import Filters
from kb.spreadsheet import BOM
from tests.words import note, write

PLAYBOOK = "angles:\n  - {key: total-cost, ja: 総保有コスト, en: Total cost, aliases: [TCO]}\n"
DEAL = """\
---
題名: 青葉精工の受注
結果: 受注
顧客: 青葉精工
金額: 360万円
決着日: 2026-03-27
切り口: [TCO]
理由:
  - {code: pilot, source: buyer, note: 合格ラインを超えた}
  - {code: price}
見た人: 部長
---
# 決め手
三つのボタン。
"""
CAMPAIGN = """\
---
title: Mail
date: 2026-07-15
metrics: {leads: 120, won: 3}
variants:
  - {angle: TCO, shown: 300, responded: 12}
---
Text.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    entries = tmp_path / "entries"
    write(entries, "playbook.yaml", PLAYBOOK)
    write(entries, "deals/aoba.md", DEAL.replace("\n", "\r\n"))
    write(entries, "deals/sales.md", note("営業だけ", outcome="lost", visibility="sales"))
    write(entries, "campaigns/mail.md", "\ufeff" + CAMPAIGN)
    write(entries, "notes/sjis.md", "価格の話と、値引きの話。\n".encode("cp932"))
    write(entries, "notes/draft.md", note("下書き", status="draft"))
    write(entries, "notes/archive.md", note("古い", status="archived"))
    return entries


def table_of(records: list[Record]) -> tuple[bytes, list[dict[str, str]]]:
    out = io.BytesIO()
    write_csv(records, Path(), out)
    return out.getvalue(), list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline="")))


def entries_of(folder: Path) -> list[Entry]:
    return [record.entry for record in read_records(folder)[0]]


def test_unpacked_into_an_empty_base_the_zip_gives_the_same_entries(folder: Path, tmp_path: Path) -> None:
    with (tmp_path / "all.zip").open("wb") as file:
        write_zip(read_records(folder)[0], folder, file)
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        archive.extractall(tmp_path / "again")
    assert entries_of(tmp_path / "again") == entries_of(folder)
    assert (tmp_path / "again/deals/aoba.md").read_bytes() == (folder / "deals/aoba.md").read_bytes()
    assert (tmp_path / "again/playbook.yaml").read_text("utf-8") == PLAYBOOK


def test_written_anew_from_the_text_of_each_line_the_entries_are_the_same(folder: Path, tmp_path: Path) -> None:
    out = io.BytesIO()
    write_jsonl(read_records(folder)[0], folder, out)
    again = tmp_path / "again"
    write(again, "playbook.yaml", PLAYBOOK)
    for line in out.getvalue().decode().splitlines():
        write(again, json.loads(line)["path"], json.loads(line)["text"])
    before, after = ([replace(e, content_hash="") for e in entries_of(place)] for place in (folder, again))
    assert before == after


def test_only_published_and_visible_entries_go_out(folder: Path) -> None:
    records, problems = read_records(folder, visible=frozenset({"all", "marketing"}))
    assert [r.entry.path for r in records] == ["campaigns/mail.md", "deals/aoba.md", "notes/sjis.md"]
    assert problems == []


@pytest.mark.parametrize(
    ("filters", "paths"),
    [
        (Filters((("kind", ("deal",)),)), ["deals/aoba.md", "deals/sales.md"]),
        (Filters((("kind", ("deal", "campaign")), ("angle", ("総保有コスト",)))), ["deals/aoba.md"]),
        (Filters(date_from="2026-04-01"), ["campaigns/mail.md"]),
        (Filters(date_to="2026-03-27"), ["deals/aoba.md"]),
        (Filters((("outcome", ("no-decision",)),)), []),
    ],
)
def test_filters_mean_what_they_mean_in_a_search(folder: Path, filters: Filters, paths: list[str]) -> None:
    assert [r.entry.path for r in read_records(folder, filters)[0]] == paths


def test_a_value_no_entry_can_have_is_refused(folder: Path) -> None:
    with pytest.raises(BadFilterError, match="use one of won"):
        read_records(folder, Filters((("outcome", ("wonn",)),)))


def test_a_file_that_cannot_be_read_is_named_and_the_others_go_out(folder: Path) -> None:
    write(folder, "notes/picture.md", b"\x89PNG\x00\x00")
    records, problems = read_records(folder)
    assert [problem.path for problem in problems] == ["notes/picture.md"]
    assert len(records) == 4


def test_two_entries_that_claim_an_id_go_out_under_those_the_search_knows(folder: Path) -> None:
    write(folder, "notes/x.md", note("x", id="deals/aoba"))
    assert [e.id for e in entries_of(folder)][1:] == ["deals/aoba", "deals/sales", "notes/sjis", "notes/x"]


def test_a_line_of_json_has_the_fields_by_their_keys(folder: Path) -> None:
    out = io.BytesIO()
    write_jsonl(read_records(folder)[0], folder, out)
    mail, deal = map(json.loads, out.getvalue().decode().splitlines()[:2])
    assert deal["fields"]["reasons"][0] == {"code": "pilot", "source": "buyer", "note": "合格ラインを超えた"}
    assert (deal["fields"]["amount"], deal["fields"]["closed_on"]) == (3_600_000, "2026-03-27")
    assert (deal["fields"]["angle"], deal["fields"]["other"]) == (["total-cost"], {"見た人": "部長"})
    assert mail["fields"]["metrics"] == {"leads": 120, "won": 3}
    assert "currency" not in mail["fields"] and "campaign" not in mail["fields"]


def test_the_table_is_what_japanese_excel_expects(folder: Path) -> None:
    raw, rows = table_of(read_records(folder)[0])
    assert raw.startswith(BOM.encode())
    assert raw.count(b"\r\n") == raw.count(b"\n") == len(rows) + 1
    deal = next(row for row in rows if row["path"] == "deals/aoba.md")
    assert (deal["title"], deal["amount"], deal["closed_on"]) == ("青葉精工の受注", "3600000", "2026-03-27")
    assert deal["reasons"] == "pilot (buyer) 合格ラインを超えた; price"
    assert deal["other"] == "見た人: 部長"
    assert (rows[0]["metrics"], rows[0]["variants"]) == ("leads: 120; won: 3", "total-cost: 12/300")


@pytest.mark.parametrize("title", ["=1+1", "+81 3", "-値引き", "@SUM(A1)", "＝1+1", "＠SUM(A1)"])
def test_no_cell_starts_a_formula(tmp_path: Path, title: str) -> None:
    write(tmp_path, "notes/a.md", f"---\ntitle: '{title}'\nowner: ' {title}'\ntags: ['{title}']\n---\n本文\n")
    _, [row] = table_of(read_records(tmp_path)[0])
    assert (row["title"], row["owner"], row["tag"]) == (f"'{title}",) * 3


def test_an_empty_base_gives_an_empty_table_and_an_archive_without_files(tmp_path: Path) -> None:
    raw, rows = table_of(read_records(tmp_path)[0])
    assert rows == [] and raw.startswith((BOM + "path,id,title,").encode())
    out = io.BytesIO()
    write_zip([], tmp_path, out)
    assert zipfile.ZipFile(out).namelist() == []
