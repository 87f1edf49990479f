"""A reader is told values, amounts and days in their language, with the words their company agreed on."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.words.reader import Reader
from kb.clock import Clock
from kb.playbook import Playbook, Term, Vocabulary
from tests.app.conftest import MakeClient

PLAYBOOK = Playbook(
    vocabularies={"angle": Vocabulary.of([Term("total-cost", "総保有コスト", "Total cost", ("TCO",))])},
    reasons={
        "won": Vocabulary.of([Term("price", "価格の安さ", "Low price")]),
        "lost": Vocabulary.of([Term("price", "価格の高さ", "High price")]),
    },
)
NOON = Clock(lambda: datetime(2026, 10, 2, 12, tzinfo=UTC))
TRACK = "---\ntitle: 見直しのある型\nkind: talk-track\nreview_by: {day}\n---\n本文。\n"


@pytest.mark.parametrize(
    ("field", "value", "japanese", "english"),
    [
        ("angle", "TCO", "総保有コスト", "Total cost"),
        ("angle", "unagreed", "unagreed", "unagreed"),
        ("outcome", "no-decision", "見送り", "No decision"),
        ("kind", "talk-track", "トーク", "Talk track"),
        ("team", "marketing", "マーケティング", "Marketing"),
        ("tag", "価格", "価格", "価格"),
    ],
)
def test_a_value_has_its_agreed_name_else_ours_else_its_own(
    field: str, value: str, japanese: str, english: str
) -> None:
    assert Reader.of("ja", PLAYBOOK).label(field, value) == japanese
    assert Reader.of("en", PLAYBOOK).label(field, value) == english


def test_an_agreed_list_alone_names_its_values() -> None:
    assert Reader.of("en").label("lead_source", "other") == "other"


def test_a_reason_is_named_as_its_outcome_means_it() -> None:
    reader = Reader.of("ja", PLAYBOOK)
    assert reader.label("reason", "price", "lost") == "価格の高さ"
    assert reader.label("reason", "unknown", "lost") == "unknown"


def test_amounts_numbers_and_days_are_written_as_the_language_writes_them() -> None:
    japanese, english = Reader.of("ja"), Reader.of("en")
    assert [r.money(120_000_000) for r in (japanese, english)] == ["1億2,000万円", "¥120,000,000"]
    assert [r.percent(1, 30) for r in (japanese, english)] == ["3.3%", "3.3%"]
    assert english.date(date(2026, 3, 27)) == "Mar 27, 2026"


def test_the_day_is_that_of_the_clock() -> None:
    assert Reader.of("ja", clock=NOON).today == NOON.today()


@pytest.mark.parametrize(("day", "is_overdue"), [("2026-10-01", True), ("2026-10-02", False)])
def test_pages_reckon_with_the_clock_of_the_application(make_client: MakeClient, day: str, is_overdue: bool) -> None:
    client = make_client({"talk-tracks/a.md": TRACK.format(day=day)}, clock=NOON)
    page = client.get("/entries/talk-tracks/a", headers={"accept-language": "en"}).text
    assert ("Review was due on " in page) is is_overdue
