"""Exports on the upload page that no CRM made, and answers that no form sends."""

from __future__ import annotations

import base64
from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ingest.importers.answers import Answers, answered, keep_mapping
from ingest.importers.columns import choose, spelled
from ingest.importers.errors import ImportRefusedError
from ingest.importers.record import Record
from ingest.importers.table import open_table
from ingest.importers.totals import closed_of
from tests.app.conftest import MakeClient
from tests.counting import counting
from tests.ingest.importers.tables import DEAL, HEADERS, csv_text
from tests.words import write

JA = {"accept-language": "ja", "accept": "text/html"}
EXPORT = base64.b64encode(csv_text([HEADERS, DEAL]).encode()).decode("ascii")
ODD_ANSWERS = {
    "a number of thousands of digits": [("column", "0:" + "1" * 5_000 + ":title")],
    "a column the export does not have": [("column", "0:9:title"), ("column", "0:99999999999:amount")],
    "other digits": [("column", "0:٣:title")],
    "no number": [("column", "0:-1:title"), ("column", "::"), ("column", "0:x:title"), ("stage", "0:won")],
    "a field that is none": [("column", "0:1:__class__")],
    "a column of another export": [("column", "7:1:title"), ("stage", "7:won:受注")],
    "every column the same": [("column", f"0:{at}:title") for at in range(9)],
    "a stage of several lines": [("stage", "0:won:a\nname: [b\n"), ("stage", "0:other:x")],
}


def _sent(client: TestClient, path: str, answers: list[tuple[str, str]], table: str = EXPORT) -> int:
    fields = [("export", "deals.csv"), ("table", table), ("import", "0"), *answers]
    return client.post(path, files=[(name, (None, value)) for name, value in fields], headers=JA).status_code


@pytest.mark.parametrize("path", ["/new/files/again", "/new/files/save"])
@pytest.mark.parametrize("answers", ODD_ANSWERS.values(), ids=ODD_ANSWERS.keys())
def test_odd_answers_are_answered(make_client: MakeClient, path: str, answers: list[tuple[str, str]]) -> None:
    client = make_client({})
    assert _sent(client, path, answers) == 200
    assert _sent(client, "/new/files/again", []) == 200, "a mapping that was kept can be read again"


@pytest.mark.parametrize("table", ["", "!", "あ", "QQ", base64.b64encode(b"PK\x03\x04" + bytes(99)).decode("ascii")])
def test_a_table_that_is_none_is_refused_in_a_sentence(make_client: MakeClient, table: str) -> None:
    assert _sent(make_client({}), "/new/files/save", [], table) == 200


def test_columns_that_a_table_does_not_have_change_nothing() -> None:
    columns = choose(HEADERS, ["deals"])
    assert answered(columns, Answers({len(HEADERS): "title", 10**9: "amount"})) == columns


@pytest.mark.parametrize(
    "text", ["fields: {title: &a [x]}\nname: *a\n", "name: !!python/name:os.system x\n", "a" * 300_000]
)
def test_a_malicious_mapping_is_named_and_nothing_is_imported(make_client: MakeClient, text: str) -> None:
    client = make_client({"mappings/odd.yaml": text})
    assert _sent(client, "/new/files/save", []) == 200
    folder: Path = client.app.state.services.settings.entries  # type: ignore[attr-defined]
    assert [path.name for path in folder.rglob("*.*")] == ["odd.yaml"]


def test_a_mapping_keeps_its_file_unless_the_export_was_read_with_it(tmp_path: Path) -> None:
    own = f"name: ../../own\nkind: deals\nfields:\n  crm_id: [{HEADERS[0]}]\n  title: [{HEADERS[1]}]\n"
    write(tmp_path, "mappings/own.yaml", own)
    few = answered(choose(HEADERS, ["deals"]), Answers(dict.fromkeys(range(3, len(HEADERS)), "")))
    kept = keep_mapping(tmp_path, few, {})
    assert kept != "mappings/own.yaml" and (tmp_path / kept).is_file()
    assert (tmp_path / "mappings/own.yaml").read_text("utf-8") == own


@pytest.mark.parametrize("stages", [{f"段階{n}": "won" for n in range(101)}, {"段" * 200_000: "won"}])
def test_a_mapping_that_could_not_be_read_again_is_not_kept(tmp_path: Path, stages: dict[str, str]) -> None:
    with pytest.raises(ImportRefusedError):
        keep_mapping(tmp_path, choose(HEADERS, ["deals"]), stages)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("day", "is_counted"), [("2026-11-27", True), ("9999-12-31", False)])
def test_totals_do_not_reach_into_the_future(day: str, *, is_counted: bool) -> None:
    record = Record(1, "deal", "D-1", "a", {"outcome": "won", "closed_on": day}, "")
    assert (closed_of(record, date(2026, 11, 27)) is not None) is is_counted


def test_the_work_for_a_header_grows_with_its_columns_and_no_faster(tmp_path: Path) -> None:
    counted = []
    for columns in (200, 800):
        path = write(tmp_path, f"{columns}.csv", csv_text([[f"h{n}" for n in range(columns)], ["x"] * columns]))
        with counting(spelled=spelled) as calls:
            open_table(path)
        counted.append(calls["spelled"])
    assert counted[1] < 6 * counted[0]


def test_an_import_whose_mapping_cannot_be_kept_says_what_it_imported(make_client: MakeClient) -> None:
    client = make_client({"mappings": "a file where a folder should be"})
    fields = [("export", "deals.csv"), ("table", EXPORT), ("import", "0"), ("column", "0:8:product")]
    page = client.post("/new/files/save", files=[(name, (None, value)) for name, value in fields], headers=JA).text
    assert "1件" in page and "mappings" in page and "/new/files/undo" in page
