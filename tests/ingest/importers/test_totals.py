"""The totals of closed deals that an import writes into the playbook."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.importers.crm import CrmImport, columns_of
from ingest.importers.table import open_table
from ingest.importers.totals import Closed, set_totals
from ingest.playbook_file import parse_playbook
from kb.clock import Clock
from kb.playbook import Playbook

YEAR: list[Closed] = [("won", "2026-01-05"), ("lost", "2026-03-01"), ("lost", "2026-06-30")]
TOTALS = [("won", 1, "2026-01-05", "2026-06-30"), ("lost", 2, "2026-01-05", "2026-06-30")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "playbook.yaml").write_text("company: 架空  # ここは残る\n", "utf-8")
    return tmp_path


def totals_in(folder: Path) -> list[tuple[str, int, str, str]]:
    playbook, problems = parse_playbook((folder / "playbook.yaml").read_text("utf-8"))
    assert problems == ()
    return [(one.outcome, one.count, one.date_from, one.date_to) for one in playbook.closed_deals]


def test_the_playbook_gets_the_totals_of_an_export_and_keeps_everything_else(folder: Path) -> None:
    said = set_totals(folder, YEAR, None, write=True)
    assert totals_in(folder) == TOTALS and "1 won, 2 lost, 0 no decision" in said
    assert "company: 架空  # ここは残る\n" in (folder / "playbook.yaml").read_text("utf-8")


def test_the_same_export_again_and_a_later_whole_one_replace_what_an_import_wrote(folder: Path) -> None:
    for closed in (YEAR, YEAR, [*YEAR, ("won", "2026-07-02")]):
        set_totals(folder, closed, None, write=True)
    assert totals_in(folder) == [("won", 2, "2026-01-05", "2026-07-02"), ("lost", 2, "2026-01-05", "2026-07-02")]


def test_an_export_of_the_last_weeks_adds_what_no_total_counts_yet(folder: Path) -> None:
    set_totals(folder, YEAR, None, write=True)
    set_totals(folder, [("lost", "2026-06-30"), ("won", "2026-07-02")], None, write=True)
    assert totals_in(folder) == [*TOTALS, ("won", 1, "2026-07-02", "2026-07-02")]
    assert set_totals(folder, [("won", "2026-02-01"), ("lost", "2026-02-03")], None, write=True) == ""
    assert len(totals_in(folder)) == 3, "a part of what is counted already changes nothing"


def test_totals_that_people_wrote_stay(folder: Path) -> None:
    text = "closed_deals:\n  - {outcome: won, count: 22}\n"
    (folder / "playbook.yaml").write_text(text, "utf-8")
    assert "by hand" in set_totals(folder, YEAR, None, write=True)
    assert (folder / "playbook.yaml").read_text("utf-8") == text


def test_a_preview_and_an_empty_export_and_a_broken_playbook_write_nothing(folder: Path) -> None:
    place = folder / "playbook.yaml"
    before = place.read_bytes()
    assert "2 lost" in set_totals(folder, YEAR, None, write=False) and set_totals(folder, [], None, write=True) == ""
    assert place.read_bytes() == before
    place.write_text("a: [", "utf-8")
    assert set_totals(folder, YEAR, None, write=True) == "" and place.read_text("utf-8") == "a: ["
    place.unlink()
    assert set_totals(folder, YEAR, None, write=True) == "" and not place.exists()


def test_a_deal_that_is_to_close_in_the_future_is_in_no_total(folder: Path, tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    rows = ["Id,Name,StageName,CloseDate", "006A,A社,Closed Won,2026-01-05", "006B,B社,Closed Lost,2026-03-01"]
    export.write_text("\n".join([*rows, "006C,C社,Closed Won,2026-03-02", ""]), "utf-8")
    table, noon = open_table(export), datetime(2026, 3, 1, 12, tzinfo=UTC)
    CrmImport(folder, table, columns_of(table), Playbook(), clock=Clock(lambda: noon)).run(write=True)
    assert totals_in(folder) == [("won", 1, "2026-01-05", "2026-03-01"), ("lost", 1, "2026-01-05", "2026-03-01")]


def test_an_import_sets_them_by_itself_and_says_so(folder: Path, tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    rows = ["Id,Name,StageName,CloseDate", "006A,A社,Closed Won,2026-01-05", "006B,B社,Closed Lost,2026-03-01"]
    export.write_text("\n".join([*rows, "006C,C社,提案,2026-09-01", ""]), "utf-8")
    table = open_table(export)
    task = CrmImport(folder, table, columns_of(table), Playbook())
    assert any("1 won, 1 lost" in note for note in task.run().notes) and totals_in(folder) == []
    task.run(write=True)
    assert totals_in(folder) == [("won", 1, "2026-01-05", "2026-03-01"), ("lost", 1, "2026-01-05", "2026-03-01")]
