"""Exports of real systems, which are no part of the project: totals are those known to be right."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from ingest.importers.accounts import Accounts, read_accounts
from ingest.importers.crm import CrmImport, columns_of
from ingest.importers.report import Report
from ingest.importers.table import open_table
from ingest.parse import parse_entry
from kb.entry import Entry
from kb.insight.cycle import cycle_length
from kb.playbook import Playbook
from tests.deals import table_of

SHARED = Path(__file__).parents[3] / "../shared/data"
OUTCOMES = {"Won": "won", "Lost": "lost", "Engaging": "open", "Prospecting": "open"}


def shared(path: str) -> Path:
    found = SHARED / path
    if not found.is_file():
        pytest.skip(f"The shared set {path} is not beside the project.")
    return found


def imported(folder: Path, export: Path, accounts: Path | None = None) -> Report:
    table = open_table(export)
    joined = read_accounts(open_table(accounts)) if accounts else Accounts()
    return CrmImport(folder, table, columns_of(table), Playbook(), joined).run(write=True)


def entries_of(folder: Path) -> list[Entry]:
    return [
        parse_entry(path.read_text("utf-8"), f"deals/{path.name}", Playbook()).entry for path in folder.rglob("*.md")
    ]


@pytest.mark.parametrize(
    "name", ["sales_pipeline.csv", "DERIVED_ja_headers_cp932_crlf.csv", "DERIVED_ja_headers_utf8bom.csv"]
)
def test_a_pipeline_of_thousands_has_its_totals_whatever_its_headers_and_encoding(entries: Path, name: str) -> None:
    expected = json.loads(shared("crm_maven/expected_stats.json").read_text("utf-8"))
    report = imported(entries, shared(f"crm_maven/{name}"), shared("crm_maven/accounts.csv"))
    assert (report.new, report.written, report.problem_count) == (expected["rows"], expected["rows"], 0)
    found = entries_of(entries)
    outcomes: Counter[str] = Counter()
    for stage, count in expected["stages"].items():
        outcomes[OUTCOMES[stage]] += count
    assert Counter(str(entry.outcome) for entry in found) == outcomes == Counter(report.outcomes)
    deals = [(entry, entry.deal) for entry in found if entry.deal]
    assert sum(deal.amount or 0 for _, deal in deals if deal.outcome == "won") == expected["won_value"]
    cycles = [deal.cycle_days for _, deal in deals if deal.outcome in ("won", "lost") and deal.cycle_days is not None]
    assert round(sum(cycles) / len(cycles), 3) == expected["cycle_days_mean_closed"]
    table = table_of(*found)
    length = cycle_length(table, table.within(None), date(2017, 12, 31))  # the last day of the export
    assert (length.open, length.median_of_closed, length.median) == (outcomes["open"] - 500, 45, 69)  # 500 not begun
    for part, values in (("by_product", "product"), ("by_sector", "industry")):
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for entry, deal in deals:
            for value in getattr(entry, values):
                counts[value][str(deal.outcome)] += 1
        known = {value: (rates["won"], rates["lost"]) for value, rates in expected[part].items()}
        assert {value: (count["won"], count["lost"]) for value, count in counts.items()} == known
    again = imported(entries, shared(f"crm_maven/{name}"), shared("crm_maven/accounts.csv"))
    assert (again.new, again.changed, again.unchanged, again.written) == (0, 0, expected["rows"], 0)


def test_objects_of_salesforce_are_read_with_their_campaigns_and_accounts(entries: Path) -> None:
    folder = "crm_salesforce_sample"
    campaigns = imported(entries, shared(f"{folder}/Campaign.csv"))
    report = imported(entries, shared(f"{folder}/Opportunity.csv"), shared(f"{folder}/Account.csv"))
    assert (campaigns.kind, campaigns.new) == ("campaigns", 8)
    assert (report.profile, report.new, report.outcomes) == ("Salesforce", 50, {"open": 35, "won": 12, "lost": 3})
    assert all(entry.industry and entry.deal.customer for entry in entries_of(entries) if entry.deal)
    assert imported(entries, shared(f"{folder}/Opportunity.csv"), shared(f"{folder}/Account.csv")).unchanged == 50
