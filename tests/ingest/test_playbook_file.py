"""The playbook is read from YAML, and faults in it are problems with a line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.playbook_file import parse_playbook
from kb.masking import WHAT
from kb.playbook import ClosedDeals, MaskingRule

ENTRIES = Path(__file__).parents[2] / "entries"


def test_the_parts_of_a_playbook_are_read() -> None:
    text = "company: Acme\nangles:\n  - {key: roi-proof, ja: 投資対効果, en: Proof of ROI, aliases: [ROI]}\nreasons:\n"
    text += "  受注:\n    - {code: price, ja: 価格, en: Price}\n  lost:\n    - price-too-high\n"
    playbook, problems = parse_playbook(text)
    assert playbook.company == "Acme"
    assert playbook.vocabulary("angle").label("roi", "en") == "Proof of ROI"
    assert [term.key for term in playbook.reasons["won"].terms] == ["price"]
    assert [str(problem) for problem in problems] == [
        "playbook.yaml:4: reasons: expected a list of items with 'key: value' lines."
    ]


def test_unknown_and_repeated_parts_are_told() -> None:
    _, problems = parse_playbook("company: A\nangels: []\ncompany: B")
    assert [problem.line for problem in problems] == [3, 2]
    assert "angels" in problems[1].message


def test_stages_in_a_circle_and_kpis_without_a_target_are_told() -> None:
    stages = "lead_stages:\n  - {key: MQL}\n  - {key: SAL}\n  - {key: mql}\n"
    playbook, problems = parse_playbook(f"{stages}kpis:\n  - {{key: win-rate}}\n  - {{en: A}}\n  - {{en: B}}\n")
    assert [stage["key"] for stage in playbook.lead_stages] == ["MQL", "SAL"]
    assert len(playbook.kpis) == 3
    assert [str(problem) for problem in problems[:2]] == [
        "playbook.yaml:5: kpis: 'win-rate' has no target; add one such as 'target: 28%'.",
        "playbook.yaml:5: kpis: '' has no target; add one such as 'target: 28%'.",
    ]
    assert str(problems[-1]) == "playbook.yaml:1: lead_stages: duplicate 'mql'; only the first one is used."


def test_a_target_share_that_does_not_name_its_ratio_is_a_problem() -> None:
    kpis = "kpis:\n  - {key: win-rate, target: 28%}\n  - {key: a, target: 60%, ratio: won/nps}\n"
    playbook, problems = parse_playbook(
        f"{kpis}  - {{key: b, target: 8割, ratio: SAL/MQL}}\n  - {{key: mql, target: 月9件}}"
    )
    assert len(playbook.kpis) == 4
    assert [problem.message.partition(" ")[0] for problem in problems] == ["kpis:"] * 2
    assert "which ratio is its target of" in problems[0].message + problems[1].message
    assert "unknown ratio 'won/nps'" in problems[0].message + problems[1].message


def test_two_totals_of_the_same_deals_are_a_problem_and_the_first_counts() -> None:
    first = "{outcome: lost, count: 31, period: 2026-01-01/2026-06-30}"
    other = "{outcome: lost, count: 6, period: 2026-06-01/}"
    fine = "{outcome: lost, count: 5, industry: 食品}"
    playbook, problems = parse_playbook(f"closed_deals:\n  - {first}\n  - {other}\n  - {fine}\n")
    assert [total.count for total in playbook.closed_deals] == [31, 5]
    assert "two totals of 'lost' overlap" in problems[0].message


def test_exchange_rates_have_a_day_and_convert_into_the_currency_of_the_goal() -> None:
    rates = "rates:\n  - {currency: usd, rate: 150.5, day: 2026-04-01}\n"
    bad = "  - {currency: EUR, rate: 160}\n  - {currency: JPY, rate: 1, day: 2026-04-01}\n"
    bad += "  - {currency: GBP, rate: nan, day: 2026-04-01}\n"
    playbook, problems = parse_playbook(f"kgi:\n  target: 2億円\n{rates}{bad}")
    assert playbook.rates.convert(100, "USD", "JPY") == 15_050 and playbook.rates.convert(15_050, "JPY", "USD") == 100
    assert playbook.rates.convert(1, "EUR", "JPY") is None and playbook.rates.days == "2026-04-01"
    assert [problem.message.partition(" {")[0] for problem in problems] == ["rates: expected items such as"] * 3
    assert parse_playbook("kgi: {target: $1M}\n")[0].rates.home == "USD"


def test_an_item_without_a_key_is_left_out_and_told() -> None:
    playbook, problems = parse_playbook("angles:\n  - {ja: 価格}\n  - {key: roi}")
    assert [term.key for term in playbook.vocabulary("angle").terms] == ["roi"]
    assert "angles: each item needs a key" in problems[0].message


def test_broken_yaml_gives_an_empty_playbook_and_one_problem() -> None:
    playbook, problems = parse_playbook("company: [")
    assert not playbook.vocabulary("angle")
    assert len(problems) == 1


def test_windows_line_ends_and_a_mark_do_no_harm() -> None:
    playbook, problems = parse_playbook("\ufeffcompany: A\r\nangles:\r\n  - {key: roi}\r\n")
    assert (playbook.company, len(playbook.vocabulary("angle").terms), problems) == ("A", 1, ())


def test_lead_sources_are_found_by_any_spelling() -> None:
    text = "lead_sources:\n  - {key: exhibition, ja: 展示会, en: Exhibition, aliases: [event, イベント]}\n"
    playbook, problems = parse_playbook(text)
    assert problems == ()
    found = [
        playbook.vocabulary("lead_source").find(spelling) for spelling in ("展示会", " EVENT ", "ｲﾍﾞﾝﾄ", "exhibition")
    ]
    assert [term.key if term else None for term in found] == ["exhibition"] * 4


def test_closed_deals_are_read_with_industry_and_period() -> None:
    text = "industries:\n  - {key: food, ja: 食品, en: Food}\nclosed_deals:\n"
    text += "  - {outcome: 受注, count: 1200件, industry: 食品, period: 2026-04-01/2026年9月30日}\n"
    text += "  - {outcome: no decision, count: 0, industry: 林業, period: /2026-09-30}\n"
    text += "  - {outcome: lost, count: 31, period: 2026-04-01}\n"
    playbook, problems = parse_playbook(text)
    assert problems == ()
    assert playbook.closed_deals == (
        ClosedDeals("won", 1_200, "food", "2026-04-01", "2026-09-30"),
        ClosedDeals("no-decision", 0, "林業", "", "2026-09-30"),
        ClosedDeals("lost", 31, "", "2026-04-01", ""),
    )


def test_a_period_written_backwards_is_the_same_period() -> None:
    text = "closed_deals:\n  - {outcome: won, count: 3, period: 2026-09-30/2026-04-01}\n"
    total = parse_playbook(text)[0].closed_deals[0]
    assert (total.date_from, total.date_to) == ("2026-04-01", "2026-09-30")


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("{count: 3}", "'' is not a valid value"),
        ("{outcome: wonn, count: 3}", "Did you mean 'won'?"),
        ("{outcome: open, count: 3}", "'open' is not a valid value; use one of 'won', 'lost', 'no-decision'."),
        ("{outcome: won}", "'' is not a whole number"),
        ("{outcome: won, count: -3}", "'-3' is not a whole number"),
        ("{outcome: won, count: many}", "'many' is not a whole number"),
        ("{outcome: won, count: 3, period: last year}", "'last year' is not a valid date"),
        ("{outcome: won, count: 3, period: 2026-02-30/2026-03-01}", "'2026-02-30' is not a valid date"),
        ("{outcome: won, count: 3, industry: {a: 食品}}", "expected one line of text"),
    ],
)
def test_a_bad_total_is_left_out_and_told_with_an_example(item: str, said: str) -> None:
    playbook, problems = parse_playbook(f"closed_deals:\n  - {item}\n  - {{outcome: lost, count: 4}}\n")
    assert playbook.closed_deals == (ClosedDeals("lost", 4),)
    assert len(problems) == 1 and problems[0].line == 1
    assert problems[0].message.startswith("closed_deals: expected items such as {outcome: won, count: 12, period:")
    assert said in problems[0].message


@pytest.mark.parametrize("value", ["12", "[won, lost]", "{won: 12}"])
def test_closed_deals_that_are_no_list_of_totals_are_told(value: str) -> None:
    playbook, problems = parse_playbook(f"closed_deals: {value}\n")
    assert playbook.closed_deals == ()
    assert [problem.message for problem in problems] == [
        "closed_deals: expected a list of items with 'key: value' lines."
    ]


def test_a_fault_in_the_industries_is_told_once() -> None:
    text = "industries:\n  - {ja: 食品}\nclosed_deals:\n  - {outcome: won, count: 3, industry: 食品}\n"
    assert [problem.line for problem in parse_playbook(text)[1]] == [1]


def test_the_shipped_playbook_has_no_problems() -> None:
    playbook, problems = parse_playbook((ENTRIES / "playbook.yaml").read_text("utf-8"))
    assert problems == ()
    assert playbook.vocabulary("angle")
    assert {"won", "lost"} <= set(playbook.reasons)
    assert playbook.vocabulary("lead_source")
    assert {"won", "lost"} <= {total.outcome for total in playbook.closed_deals}


_PARTS = st.sampled_from(
    [
        "company:",
        "angles:",
        "reasons:",
        "kpis:",
        "closed_deals:",
        "lead_sources:",
        " - ",
        "{key: a}",
        "{outcome: won, count: ",
        "period: ",
        "2026-04-01",
        "/",
        "}",
        "won:",
        "[",
        "]",
        "a",
        "\n",
        "  ",
        ":",
        ",",
    ]
)


@given(st.lists(_PARTS, max_size=30).map("".join))
def test_no_text_makes_it_raise(text: str) -> None:
    parse_playbook(text)


def test_synonyms_are_lists_of_words() -> None:
    playbook, problems = parse_playbook("synonyms:\n  - [乗り換え, リプレイス]\n  - 解約, 退会\n")
    assert playbook.synonyms == (("乗り換え", "リプレイス"), ("解約", "退会"))
    assert problems == ()


@pytest.mark.parametrize("value", ["[乗り換え]", "\n  - 乗り換え", "\n  - {a: b}", "5"])
def test_a_synonym_alone_is_a_problem(value: str) -> None:
    playbook, problems = parse_playbook(f"synonyms: {value}\n")
    assert playbook.synonyms == ()
    assert [p.message.startswith("synonyms: expected lists of two or more words") for p in problems] == [True]


def test_the_playbook_says_for_whom_new_entries_are() -> None:
    playbook, problems = parse_playbook("visibility: {商談: sales, note: [sales, /Board], content: sale, blog: all}\n")
    assert playbook.visibility == {"deal": "sales", "note": "sales, /Board", "content": "private"}
    assert [problem.message.split(":")[0] for problem in problems] == ["visibility", "visibility"]
    playbook, problems = parse_playbook("visibility: sales\n")
    assert set(playbook.visibility.values()) == {"private"} and len(problems) == 1


def test_rules_on_what_is_masked_are_read() -> None:
    text = "masking:\n  - {what: [顧客, 金額], teams: [マーケティング, /Sales/Tokyo/], until_days_after_end: 365日}\n"
    playbook, problems = parse_playbook(f"{text}  - what: contact\n    roles: reader, 作成者\n")
    assert problems == ()
    assert playbook.masking == (
        MaskingRule(frozenset({"customer", "amount"}), frozenset({"marketing", "/sales/tokyo"}), frozenset(), 365),
        MaskingRule(frozenset({"contact"}), frozenset(), frozenset({"reader", "author"})),
    )
    assert parse_playbook("masking:\n")[0].masking == ()


def test_what_is_wrong_in_a_rule_hides_more_and_is_a_problem_with_its_line() -> None:
    text = "company: A\nmasking:\n  - what: [custmer]\n    roles: [boss]\n    until_days_after_end: soon\n    for: x\n"
    playbook, problems = parse_playbook(f"{text}  - amount\n")
    everything = MaskingRule(frozenset(WHAT.keys))
    assert playbook.masking == (everything, everything)
    assert [(problem.line, problem.message.partition(":")[0]) for problem in problems] == [
        (6, "masking"), (3, "masking.what"), (4, "masking.roles"), (5, "masking.until_days_after_end"), (7, "masking"),
    ]  # fmt: skip
    assert "Did you mean 'customer'?" in problems[1].message
    playbook, problems = parse_playbook("masking: 顧客\n")
    assert playbook.masking == (everything,) and problems[0].line == 1
