"""The side panel of an entry shows every fact of its front matter in the reader's words, and none twice."""

from __future__ import annotations

import pytest

from app.pages.entry.facts import ABOVE, OWN_PLACE, Fact, Value, VariantRow, facts_of, funnel_of, money_of, variants_of
from app.words.reader import Reader
from ingest.parse import parse_entry
from ingest.playbook_file import parse_playbook
from kb.entry import Campaign, Entry
from kb.fields import FIELDS
from tests.app.conftest import PLAYBOOK

AGREED, _ = parse_playbook(PLAYBOOK + "reasons:\n  lost:\n    - {key: price, ja: 価格負け, en: Price}\n")
COMMON = """\
industry: [製造業, 食品]
product: 記録
competitors: タスキナ
angles: TCO
tags: [価格, ROI]
team: sales
owner: 佐藤
date: 2026-03-01
language: ja
visibility: sales
verified_by: 鈴木
verified_on: 2026-03-27
review_by: 2026-09-27
予算期: 下期
空: ""
"""
DETAILS = {
    "deal": """\
outcome: lost
customer: 青葉精工
closed_on: 2026-03-27
reasons: [{code: price, source: buyer, note: 三割高い}, {code: price}]
amount: 1,200万円
size: 1200
started_on: 2026-03-01
cycle_days: 1
lead_source: 展示会
stage: 最終提案
crm_id: D-1
used: [talk-tracks/a]
campaign: campaigns/a
""",
    "talk-track": "objection: 高い\npersona: 工場長\nstage: 初回\n",
    "campaign": "channel: メール\nperiod: 2026-04-13/2026-04-27\naudience: 既存客\n",
    "note": "",
}


def _entry(kind: str, front: str | None = None) -> Entry:
    text = f"---\ntitle: 題\nkind: {kind}\n{DETAILS[kind] + COMMON if front is None else front}---\n本文。\n"
    return parse_entry(text, "notes/x.md", AGREED).entry


def _reader(locale: str = "ja") -> Reader:
    return Reader.of(locale, AGREED)


def _texts(entry: Entry, reader: Reader) -> dict[str, list[str]]:
    return {fact.label: [value.text for value in fact.values] for fact in facts_of(entry, reader)}


@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize("kind", list(DETAILS))
def test_every_field_of_a_kind_is_a_fact_once_or_has_a_place_of_its_own(kind: str, locale: str) -> None:
    reader = _reader(locale)
    labels = [fact.label for fact in facts_of(_entry(kind), reader)]
    due = {f.label(locale) for f in FIELDS if not f.kinds or kind in f.kinds if f.shape not in OWN_PLACE}
    above = {f.label(locale) for f in FIELDS if f.name in ABOVE}
    assert len(labels) == len(set(labels))
    assert set(labels) - {"予算期"} == due - above - {"空"}


def test_what_an_author_made_up_comes_last_as_written_and_nothing_empty_is_shown() -> None:
    assert facts_of(_entry("deal"), _reader())[-1] == Fact("予算期", (Value("下期"),))
    assert "空" not in _texts(_entry("deal"), _reader())
    assert facts_of(_entry("note", ""), _reader()) == []


def test_the_facts_of_the_kind_come_before_what_it_can_be_found_by_and_the_reasons_after() -> None:
    labels, field = [fact.label for fact in facts_of(_entry("deal"), _reader())], _reader().field
    places = [labels.index(field(name)) for name in ("amount", "industry", "reasons", "owner")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("name", "ja", "en"),
    [
        ("amount", "1,200万円", "¥12,000,000"),
        ("closed_on", "2026/03/27", "Mar 27, 2026"),
        ("verified_on", "2026/03/27", "Mar 27, 2026"),
        ("angle", "総保有コスト", "Total cost"),
        ("crm_id", "D-1", "D-1"),
    ],
)
def test_a_value_is_written_as_the_reader_writes_it(name: str, ja: str, en: str) -> None:
    for locale, text in (("ja", ja), ("en", en)):
        reader = _reader(locale)
        assert _texts(_entry("deal"), reader)[reader.field(name)] == [text]


def test_numbers_of_people_and_days_have_their_unit() -> None:
    shown, reader = _texts(_entry("deal"), _reader("en")), _reader("en")
    assert shown[reader.field("size")] == [reader.counted("people", 1200)] != ["1200"]
    assert shown[reader.field("cycle_days")] == [reader.counted("days", 1)] != [reader.counted("days", 2)]


def test_an_amount_in_another_currency_is_shown_in_it() -> None:
    entry = _entry("deal", "amount: 48000\ncurrency: USD\n")
    assert _texts(entry, _reader("en"))["Amount"] == ["$48,000"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026-04-13/2026-04-27", "2026-04-13 – 2026-04-27"),
        ("2026年4月〜6月", "2026-04-01 – 2026-06-30"),
        ("2026/04/13", "2026-04-13"),
    ],
)
def test_a_period_from_day_to_day_is_told_apart_from_a_day_with_slashes(written: str, shown: str) -> None:
    assert _texts(_entry("campaign", f"period: {written}\n"), _reader())[_reader().field("period")] == [shown]


def test_what_can_be_searched_for_leads_to_more_of_it_and_nothing_else_does() -> None:
    by_label = {fact.label: fact.values for fact in facts_of(_entry("deal"), _reader())}
    first = by_label[_reader().field("industry")][0]
    assert (first.text, first.address) == ("製造業", "/?industry=%E8%A3%BD%E9%80%A0%E6%A5%AD")
    assert not any(value.address for value in by_label[_reader().field("customer")])


def test_a_reason_says_who_gave_it_and_what_was_said() -> None:
    for locale, name, between in (("ja", "価格負け", ":"), ("en", "Price", ": ")):
        reader = _reader(locale)
        values = next(f.values for f in facts_of(_entry("deal"), reader) if f.label == reader.field("reasons"))
        assert [value.text for value in values] == [name, name]
        assert [value.note for value in values] == [reader.label("source", "buyer") + between + "三割高い", ""]


def test_a_funnel_gives_each_stage_the_share_of_the_one_before_and_skips_what_was_not_counted() -> None:
    campaign = Campaign(metrics={"won": 0, "impressions": 10_000, "leads": 450, "sql": 0})
    assert [(row.label, row.count, row.share) for row in funnel_of(campaign, _reader("en"))] == [
        ("Impressions", "10,000", ""),
        ("Leads", "450", "4.5%"),
        ("SQL", "0", "0%"),
        ("Won", "0", "–"),
    ]
    assert funnel_of(Campaign(), _reader()) == []


def test_money_and_figures_of_one_s_own_stand_beside_the_funnel() -> None:
    campaign = Campaign(metrics={"いいね": 1234, "leads": 450, "revenue": 6_500_000, "cost": 300_000})
    assert [(row.label, row.count, row.share) for row in money_of(campaign, _reader())] == [
        ("費用", "30万円", ""),
        ("売上", "650万円", ""),
        ("いいね", "1,234", ""),
    ]


def test_an_arm_of_a_test_gives_its_rate_and_leads_to_more_on_its_angle() -> None:
    arms = "variants: [{angle: TCO, shown: 1200, responded: 60}, {angle: total-cost, shown: 0, responded: 0}]\n"
    campaign = _entry("campaign", arms).campaign
    assert campaign is not None
    first, second = variants_of(campaign, _reader("en"))
    assert first == VariantRow("Total cost", "/?angle=total-cost", "1,200", "60", "5.0%")
    assert (second.shown, second.rate) == ("0", "–")
