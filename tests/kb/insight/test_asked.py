"""What is understood of a deal somebody asks about."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from kb.currencies import ExchangeRates
from kb.insight.asked import Asked, asked_of, named_in, with_playbook_facts
from kb.playbook import Playbook, Term, Vocabulary
from tests.deals import deal

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


def test_a_deal_in_dollars_is_not_compared_as_yen() -> None:
    dollars = deal("a", "open", amount=48_000, currency="USD")
    assert asked_of(dollars, PLAYBOOK).amount is None
    rates = ExchangeRates("JPY", {"USD": (Decimal(150), date(2026, 4, 1))})
    assert asked_of(dollars, Playbook(rates=rates)).amount == 7_200_000
