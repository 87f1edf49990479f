"""What a person corrects in a preview is kept, and used for the next export of that kind only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from ingest.importers.answers import Answers, answered, keep_mapping, kept_mapping, with_made_ids
from ingest.importers.columns import Columns, choose
from ingest.importers.errors import ImportRefusedError
from ingest.importers.profiles import read_profile
from tests.words import write

HEADERS = ("案件ID", "案件名", "顧客名", "フェーズ", "金額", "税込合計")


def _columns(*headers: str) -> Columns:
    return choose(headers or HEADERS, ["deals"])


@pytest.mark.parametrize(
    ("answers", "used"),
    [
        ({5: "amount"}, {"amount": "税込合計"}),
        ({4: "amount", 5: "amount"}, {"amount": "税込合計"}),  # as a form sends it: the changed one counts
        ({4: "", 5: ""}, {"amount": None}),
        ({1: "customer", 2: "title"}, {"customer": "案件名", "title": "顧客名"}),
    ],
)
def test_a_chosen_column_takes_the_place_of_the_detected_one(
    answers: Mapping[int, str], used: Mapping[str, str | None]
) -> None:
    columns = answered(_columns(), Answers(answers))
    assert {name: columns.used.get(name) for name in used} == used
    assert len(set(columns.places.values())) == len(columns.places)


def test_a_kept_mapping_is_used_for_such_exports_and_no_others(tmp_path: Path) -> None:
    corrected = answered(_columns(), Answers({5: "amount"}))
    path = keep_mapping(tmp_path, corrected, {"祝杯": "won"})
    assert kept_mapping(tmp_path, _columns(*HEADERS, "備考")) == tmp_path / path
    assert kept_mapping(tmp_path, _columns(*HEADERS[:-1])) is None
    assert read_profile(tmp_path / path).outcomes == {"祝杯": "won"}
    assert keep_mapping(tmp_path, answered(corrected, Answers({5: ""})), {}) == path
    assert "税込合計]" not in (tmp_path / path).read_text("utf-8")


def test_a_mapping_of_few_columns_does_not_take_over_a_larger_export(tmp_path: Path) -> None:
    keep_mapping(tmp_path, _columns("案件ID", "金額"), {})
    assert kept_mapping(tmp_path, _columns()) is None


def test_a_broken_mapping_is_named(tmp_path: Path) -> None:
    write(tmp_path, "mappings/ours.yaml", "fields: {nonsense: x}\n")
    with pytest.raises(ImportRefusedError, match=r"ours\.yaml"):
        kept_mapping(tmp_path, _columns())


@pytest.mark.parametrize(
    ("headers", "made"),
    [
        (("案件名", "顧客名", "フェーズ"), ("title", "customer")),
        (("案件名", "顧客名", "フェーズ", "作成日"), ("title", "customer", "started_on")),
        (("顧客名", "電話"), ()),
        (HEADERS, ()),
    ],
)
def test_a_list_of_deals_without_ids_gets_them_from_title_customer_and_day(
    headers: tuple[str, ...], made: tuple[str, ...]
) -> None:
    assert with_made_ids(_columns(*headers)).profile.id_from == made
