"""Amounts, days, stages and headers are understood as their country or CRM writes them; doubt is said."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.fields import FieldError
from ingest.importers.columns import apply, choose
from ingest.importers.days import DayOrders, Order, day_of, order_notes
from ingest.importers.identity import key_of
from ingest.importers.mapping import written_mapping
from ingest.importers.numbers import amount_of, is_true
from ingest.importers.profiles import FIELDS, common_outcomes, parse_profile, profiles
from ingest.importers.stages import outcome_of_stage, reason_in_stage
from ingest.importers.units import Unit, unit_in_header


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("\\1,054", (1054, "JPY")), ("¥1,054", (1054, "JPY")), ("￥１，０５４", (1054, "JPY")),
        ("1,054円", (1054, "JPY")),
        ("1,200万円", (12_000_000, "JPY")), ("1.5億円", (150_000_000, "JPY")), ("3百万", (3_000_000, None)),
        ("US$ 55 779,40", (55_779, "USD")), ("55\u00a0779,40 €", (55_779, "EUR")), ("EUR 1.234,00", (1234, "EUR")),
        ("1.054.000,50", (1_054_001, None)), ("1,234,567.89", (1_234_568, None)), ("1124741.15", (1_124_741, None)),
        ("1'000'000", (1_000_000, None)), ("JPY 1,054", (1054, "JPY")), ("1054 USD", (1054, "USD")), ("£5", (5, "GBP")),
        ("12,5", (13, None)), ("1,054", (1054, None)), ("0", (0, None)), ("0.125", (0, None)),
        ("12,34,567", (1_234_567, None)),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_its_country_writes_it(text: str, amount: tuple[int, str | None]) -> None:
    assert amount_of(text) == amount


@pytest.mark.parametrize("text", ["1.054", "abc", "=1+1", "1,2345", "1.2.3", "9" * 16, "1,05,4", "１０分"])
def test_an_amount_that_is_doubtful_is_refused(text: str) -> None:
    with pytest.raises(FieldError):
        amount_of(text)


@given(st.integers(0, 10**14))
def test_every_amount_is_read_back_from_each_way_to_write_it(amount: int) -> None:
    grouped = f"{amount:,}"
    for text in (str(amount), grouped, f"¥{grouped}", f"{grouped}.00", f"{grouped.replace(',', ' ')},00"):
        assert amount_of(text)[0] == amount
    assert amount_of(f"{grouped.replace(',', '.')},00")[0] == amount


def test_ticks_are_read_and_what_is_none_is_refused() -> None:
    assert [is_true(text) for text in ("1", "TRUE", "はい", "", "0", "false", "いいえ")] == [True] * 3 + [False] * 4
    with pytest.raises(FieldError):
        is_true("maybe")


@pytest.mark.parametrize(
    "text",
    [
        "2017-03-01",
        "2017-03-01T13:26:08.000+0000",
        "2017/3/1",
        "2017年3月1日",
        "3/1/2017",
        "03/01/2017 9:30",
        "1.3.2017",
    ],
)
def test_a_day_is_read_in_every_usual_form(text: str) -> None:
    assert day_of(text) == date(2017, 3, 1)


@pytest.mark.parametrize("text", ["0024-03-01", "3/1/0024", "3/1/24", "13/13/2017", "soon", "2017-02-30"])
def test_a_slip_of_an_export_is_no_day(text: str) -> None:
    with pytest.raises(FieldError):
        day_of(text)


@pytest.mark.parametrize(
    ("days", "order", "notes"),
    [
        (["1/2/2017", "3/4/2017"], "month-first", 1),
        (["1/2/2017", "31/1/2017"], "day-first", 0),
        (["1/2/2017", "1/31/2017"], "month-first", 0),
        (["31/1/2017", "30/1/2017", "1/31/2017"], "day-first", 1),
        (["5/5/2017"], "month-first", 0),
    ],
)
def test_the_whole_column_says_whether_day_or_month_comes_first(days: list[str], order: Order, notes: int) -> None:
    orders = DayOrders()
    for day in days:
        orders.see("Close Date", day)
    readings = orders.readings()
    assert readings["Close Date"].order == order
    assert len(list(order_notes(readings))) == notes


def test_a_column_that_does_not_tell_follows_the_others_and_a_mapping_decides() -> None:
    orders = DayOrders()
    orders.see("Start", "1/2/2017")
    orders.see("End", "28/2/2017")
    assert {name: reading.order for name, reading in orders.readings().items()} == {
        "Start": "day-first",
        "End": "day-first",
    }
    assert orders.readings("month-first")["Start"].order == "month-first"


@pytest.mark.parametrize(
    ("stage", "outcome"),
    [
        ("受注", "won"), ("Closed Won", "won"), ("closedwon", "won"), ("Won", "won"), ("成約", "won"),
        ("07. 受注", "won"),
        ("受注（新規）", "won"), ("失注", "lost"), ("Closed Lost", "lost"), ("失注(競合)", "lost"), ("S9_失注", "lost"),
        ("見送り", "no-decision"), ("失注(見送り)", "no-decision"), ("クローズ(受注)", "won"), ("Prospecting", "open"),
        ("商談中", "open"), ("Closed Won - Renewal", "won"), ("#10 Closed lost", "lost"), ("【受注】", "won"),
        ("×失注", "lost"), ("🎉Won", "won"), ("受注 100%", "won"), ("Lost - Price", "lost"), ("ロスト", "lost"),
        ("敗北", "lost"), ("Stage 5: Closed Won", "won"), ("受注 80%", None), ("受注(見込み)", None),
        ("受注見込み", None),
        ("X - Lost to competitor", "lost"), ("Lost due to price", "lost"), ("価格で負けた", "lost"),
        ("競合に敗退", "lost"), ("○", None), ("×", None), ("確度○", None), ("Lost contact", None),
        ("失注→再提案", None), ("New - Lost", None), ("受注確度A", None), ("not won", None), ("", None),
    ],
)  # fmt: skip
def test_a_stage_says_how_a_deal_ended(stage: str, outcome: str | None) -> None:
    assert outcome_of_stage(stage, common_outcomes()) == outcome


@pytest.mark.parametrize(
    ("stage", "reason"),
    [
        ("Lost - Price", "Price"),
        ("失注（価格）", "価格"),
        ("【失注】時期", "時期"),
        ("価格で負けた", "価格"),
        ("X - Lost to competitor", "competitor"),
        ("Closed lost (Sales Pipeline)", ""),
        ("失注(見送り)", ""),
        ("Closed Won - Renewal", ""),
    ],
)
def test_a_lost_stage_may_name_its_reason(stage: str, reason: str) -> None:
    assert reason_in_stage(stage, common_outcomes()) == reason


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("契約総額(万円)", Unit("万", "JPY")), ("金額［千円・税抜］", Unit("千", "JPY")),
        ("金額 単位:千円", Unit("千", "JPY")),
        ("売上百万円", Unit("百万", "JPY")), ("Amount (USD K)", Unit("K", "USD")), ("ARR ($000)", Unit("K", "USD")),
        ("Amount (in thousands)", Unit("K")), ("Deal Value in millions", Unit("M")), ("Amount_kUSD", Unit("K", "USD")),
        ("金額(円)", Unit("", "JPY")), ("金額（税抜）", Unit()), ("Stock", Unit()), ("Amount", Unit()),
    ],
)  # fmt: skip
def test_a_header_names_the_unit_of_its_amounts(header: str, unit: Unit) -> None:
    assert unit_in_header(header) == unit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("006Q000000A1bCd", "006Q000000A1bCdIAM"), ("A451", "Ａ４５１"), ("00123", '="00123"'), ("00124", "'00124"),
        ("1001", "1001.0"),
    ],
)  # fmt: skip
def test_spellings_of_one_id_are_one(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize("other", ["006Q000000A1bCD", "006Q000000A1bCd123", "A4510", "00123"])
def test_other_ids_stay_others(other: str) -> None:
    assert key_of(other) not in map(key_of, ["006Q000000A1bCd", "A451", "123"])


@pytest.mark.parametrize(
    ("headers", "name", "kind"),
    [
        ("Id,AccountId,Name,StageName,Amount,CloseDate,IsWon,IsClosed", "Salesforce", "deals"),
        ("商談 ID,商談名,取引先名,フェーズ,完了予定日,金額,商談 所有者", "Salesforce", "deals"),
        ("Record ID,Deal Name,Deal Stage,Close Date,Deal owner,Associated Company", "HubSpot", "deals"),
        ("レコードID,取引名,取引ステージ,クローズ日,取引担当者", "HubSpot", "deals"),
        ("レコードの開始行,レコード番号,会社名,案件名,確度,合計費用,案件担当者名", "kintone", "deals"),
        ("案件ID,案件名,会社名,案件ステータス,案件金額,案件担当者", "Sansan", "deals"),
        (
            "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value",
            "generic",
            "deals",
        ),
        ("Id,Name,Type,StartDate,EndDate,NumberSent,NumberOfLeads,ActualCost", "Salesforce", "campaigns"),
        ("施策ID,施策名,媒体,期間,表示回数,リード,MQL,SQL,受注,費用", "generic", "campaigns"),
    ],
)
def test_the_profile_that_knows_most_headers_is_chosen(headers: str, name: str, kind: str) -> None:
    columns = choose(headers.split(","), ["deals", "campaigns"])
    assert (columns.profile.name, columns.profile.kind) == (name, kind)
    assert "crm_id" in columns.places


def test_case_spaces_and_width_of_a_header_do_not_matter_and_each_column_holds_one_field() -> None:
    columns = choose(["ｄｅａｌ　ＩＤ", "close-date", "Deal_Stage", "Deal Stage"], ["deals"])
    assert columns.used == {"crm_id": "ｄｅａｌ　ＩＤ", "stage": "Deal_Stage", "closed_on": "close-date"}
    assert columns.ignored == ["Deal Stage"]


def test_a_written_mapping_is_read_back() -> None:
    headers = ["商談ID", "フェーズ: いま", "金額", "謎"]
    profile = parse_profile(
        "fields: {crm_id: 商談ID, stage: ['フェーズ: いま'], amount: 金額}\ncurrency: usd", "m.yaml"
    )
    columns = apply(profile, headers)
    stages = {"最終: 決まり": "won", "他社": "lost", "訪問": "open"}
    again = parse_profile(written_mapping(columns, stages), "m.yaml")
    assert apply(again, headers).places == columns.places
    assert again.currency == "USD"
    assert {stage: outcome_of_stage(stage, again.outcomes) for stage in stages} == stages


def test_a_mapping_may_name_a_field_in_any_spelling() -> None:
    profile = parse_profile("fields:\n  competitors: 競合他社\n  業種: 業界\n  crm_id: ID\n", "m.yaml")
    assert profile.fields == {"competitor": ("競合他社",), "industry": ("業界",), "crm_id": ("ID",)}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("fields: {amonut: 金額}", r"m.yaml:1: Unknown field 'amonut'"),
        ("name: x\ncolour: red", r"m.yaml:2: Unknown or duplicate key 'colour'"),
        ("fields: [a]", "m.yaml:1: expected 'key: value' lines"),
        ("fields: {crm_id: a}\noutcomes: {maybe: [x]}", r"m.yaml:2: 'maybe' is not a valid value"),
        ("fields: {crm_id: a}\ndates: sometimes", r"m.yaml:2: 'sometimes' is not a valid value"),
        ("a: b: c", "m.yaml:1: This is not valid YAML"),
        ("", "Unknown field ''"),
    ],
)
def test_a_mapping_with_a_mistake_says_where_it_is(text: str, sentence: str) -> None:
    with pytest.raises(Exception, match=sentence):
        parse_profile(text, "m.yaml")


def test_every_field_of_a_mapping_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs/importing.md").read_text("utf-8")
    names = (name for kind in ("deals", "campaigns") for name in FIELDS[kind])
    assert [name for name in names if f"`{name}`" not in text] == []


def test_a_running_number_is_not_taken_for_an_id() -> None:
    assert "crm_id" not in choose(["No", "番号", "顧客", "フェーズ"], ["deals", "campaigns"]).places


def test_no_profile_reads_one_header_as_two_fields() -> None:
    for kind in FIELDS:
        for profile in profiles(kind):
            assert "crm_id" in profile.fields or kind == "accounts"
            assert all(profile.fields.values())
