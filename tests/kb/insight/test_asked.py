"""What is understood of a deal somebody asks about."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from kb.currencies import ExchangeRates
from kb.insight.asked import Asked, asked_of, named_in, with_playbook_facts
from kb.insight.likeness import parts_of
from kb.playbook import Playbook, Term, Vocabulary
from tests.deals import deal, table_of, told

PRODUCTS = Vocabulary.of(
    [Term("現場ログ", "現場ログ", "Genba Log"), Term("現場ログ点検", "現場ログ点検", "Inspect", ("点検",))]
)
PLAYBOOK = Playbook(
    vocabularies={
        "industry": Vocabulary.of(
            [Term("食品", "食品", "Food", ("food",)), Term("物流", "物流", "Logistics", ("運輸",))]
        ),
        "product": PRODUCTS,
        "competitor": Vocabulary.of([Term("タスキナ", "タスキナ", "Taskina"), Term("内製", "内製", "In-house")]),
        "lead_source": Vocabulary.of([Term("webinar", "ウェビナー", "Webinar", ("セミナー",))]),
    }
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("現場ログ点検の見積もり", ("現場ログ点検",)),
        ("現場ログと現場ログ点検の両方", ("現場ログ", "現場ログ点検")),
        ("ＧＥＮＢＡ　ＬＯＧを試す", ("現場ログ",)),
        ("inspections every day", ()),
        ("紙の点検表", ("現場ログ点検",)),
        ("", ()),
    ],
)
def test_terms_are_found_by_any_spelling_once(text: str, found: tuple[str, ...]) -> None:
    assert named_in(text.replace("\u3000", " "), PRODUCTS) == found


def test_a_nickname_everybody_uses_is_not_taken_for_a_product() -> None:
    assert named_in("紙の点検表", PRODUCTS, least=3) == ()


def test_missing_facts_are_read_from_the_text_and_said_to_be() -> None:
    asked = with_playbook_facts(Asked(notes=("Taskina is cheaper. A food plant.",)), PLAYBOOK)
    assert (asked.industry, asked.competitor, asked.product) == (("食品",), ("タスキナ",), ())
    assert asked.read_from_text == ("industry", "competitor")


def test_stated_facts_go_under_their_agreed_names_and_are_not_overruled_by_the_text() -> None:
    asked = with_playbook_facts(Asked(notes=("食品の話",), industry=("運輸",), lead_source="セミナー"), PLAYBOOK)
    assert (asked.industry, asked.lead_source, asked.read_from_text) == (("物流",), "webinar", ())


def test_a_fact_the_playbook_does_not_know_is_kept() -> None:
    assert with_playbook_facts(Asked(industry=("林業",)), PLAYBOOK).industry == ("林業",)


def test_an_existing_deal_is_asked_about_with_its_facts() -> None:
    known = asked_of(deal("a", "open", industry=("食品",), size=120, lead_source="セミナー"), PLAYBOOK)
    assert (known.industry, known.size, known.lead_source, known.deal_id) == (("食品",), 120, "webinar", "deals/a")


@pytest.mark.parametrize("asked", [Asked(notes=("x",)), Asked(deal_id="a"), Asked(size=0), Asked(industry=("a",))])
def test_anything_said_is_something(asked: Asked) -> None:
    assert not asked.is_empty


def test_nothing_said_is_empty() -> None:
    assert Asked().is_empty


def test_a_deal_keeps_its_currency_and_a_form_can_send_it_back() -> None:
    dollars = asked_of(deal("a", "open", amount=48_000, currency="USD"), PLAYBOOK)
    assert (dollars.amount, dollars.currency, dollars.amount_text) == (48_000, "USD", "USD 48000")
    yen = asked_of(deal("b", "open", amount=4_200_000), PLAYBOOK)
    assert (yen.amount_text, asked_of(deal("c", "open"), PLAYBOOK).amount_text) == ("4200000", "")


def test_dollars_are_compared_with_dollars_and_with_yen_only_where_a_rate_is_given() -> None:
    deals = deal("yen", "won", amount=7_200_000), deal("same", "won", amount=48_000, currency="USD")
    rates = ExchangeRates("JPY", {"USD": (Decimal(150), date(2026, 4, 1))})
    dollars = Asked(amount=48_000, currency="USD")
    for playbook, yen in ((Playbook(), None), (Playbook(rates=rates), 1.0)):
        table = table_of(*deals, playbook=playbook)
        likeness = parts_of(dollars, table, told(table), None)["amount"].tolist()
        assert likeness[1] == pytest.approx(1.0)
        assert np.isnan(likeness[0]) if yen is None else likeness[0] == pytest.approx(yen)
    table = table_of(*deals)
    assert np.isnan(parts_of(Asked(amount=48_000), table, told(table), None)["amount"][1])  # 48,000 yen
