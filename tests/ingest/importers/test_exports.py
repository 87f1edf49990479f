"""Exports as they come: the preview reports what each file says (tests/cases/exports)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pytest

from ingest.importers.report import Report
from tests.ingest.importers.tables import bring_in

CASES = sorted((Path(__file__).parents[2] / "cases/exports").glob("*.txt"))


def preview_of(folder: Path, text: str) -> Report:
    export = folder / "export.csv"
    export.write_text(text, "utf-8")
    return bring_in(folder / "entries", export, write=False)


def reported(report: Report) -> Mapping[str, object]:
    return {
        **asdict(report),
        "problems": report.problem_count,
        "no_records": {left.reason: left.count for left in report.no_records},
        "closed_on": [sample.get("closed_on", "") for sample in report.samples],
        "product": [sample.get("product", "") for sample in report.samples],
    }


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_export_is_read_as_its_case_says(tmp_path: Path, path: Path) -> None:
    expected, _, text = path.read_text("utf-8").partition("\n")
    said = reported(preview_of(tmp_path, text))
    assert {name: said[name] for name in json.loads(expected)} == json.loads(expected)
