"""Size and amount as people write them into notes."""

from __future__ import annotations

import pytest

from kb.insight.asked import Asked, with_playbook_facts
from kb.insight.said import amount_in, size_in
from kb.playbook import Playbook, Term, Vocabulary


@pytest.mark.parametrize(
    ("text", "size", "amount"),
    [
        ("180名、約400万円の案件。自動車部品のプレス加工", 180, 4_000_000),
        ("従業員は300名くらい。", 300, None),
        ("about 300 staff, 6 million yen", 300, 6_000_000),
        ("¥4,000,000 quote, staff of 1,200", 1_200, 4_000_000),
        ("a 250-person company with a budget of 4.5M JPY", 250, 4_500_000),
        ("従業員約1.2万名", 12_000, None),
        ("１８０名、２億4,000万円", 180, 240_000_000),
        ("月額3万円。予算は1,200万円", None, 12_000_000),
        ("60人の工場だが、従業員は全社で200名", 200, None),
        ("所長7人のうち賛成1人。紙代は年8万円", None, None),
        ("we met 5 people", None, None),
        ("従業員の12%が反対", None, None),
        ("ノート1冊300円", None, None),
        ("", None, None),
    ],
)
def test_size_and_amount_are_read_as_people_write_them(text: str, size: int | None, amount: int | None) -> None:
    assert (size_in(text), amount_in(text)) == (size, None if amount is None else (amount, "JPY"))


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("budget of $48,000, no more", (48_000, "USD")),
        ("They have USD 48k.", (48_000, "USD")),
        ("about 1.2 million dollars", (1_200_000, "USD")),
        ("予算は5万ドル", (50_000, "USD")),
        ("30,000 euros, and ¥4,000,000 later", (30_000, "EUR")),
        ("£12,500 all in", (12_500, "GBP")),
        ("3万ユーロ", (30_000, "EUR")),
        ("$30 per user", None),
        ("月額$3,000。予算は1,200万円", (12_000_000, "JPY")),
    ],
)
def test_amounts_keep_their_currency(text: str, money: tuple[int, str] | None) -> None:
    assert amount_in(text) == money


def test_they_complete_a_deal_unless_stated_or_confirmed_as_empty() -> None:
    words = Vocabulary.of([Term("製造業", "製造業", "Manufacturing", ("自動車部品", "プレス加工"))])
    playbook = Playbook(vocabularies={"industry": words})
    notes = ("180名、約400万円。自動車部品のプレス加工。",)
    found = with_playbook_facts(Asked(notes=notes), playbook)
    assert (found.size, found.amount, found.industry) == (180, 4_000_000, ("製造業",))
    assert set(found.read_from_text) == {"size", "amount", "industry"}
    assert with_playbook_facts(Asked(notes=notes, size=90), playbook).size == 90
    assert with_playbook_facts(Asked(notes=notes, is_confirmed=True), playbook).size is None
