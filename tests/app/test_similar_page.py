"""The page of similar deals: asked by form or address, corrected, shared, never surprised by what is pasted."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import MakeClient
from tests.app.test_similar_api import FILES

PLAYBOOK = "industries:\n  - {name: 食品, en: Food}\n  - {name: 物流, en: Logistics}\n"


@pytest.fixture(scope="module")
def client(make_client: MakeClient) -> Iterator[TestClient]:
    yield make_client({**FILES, "playbook.yaml": PLAYBOOK})


def _page(client: TestClient, address: str, language: str = "ja") -> str:
    answer = client.get(address, headers={"accept": "text/html", "accept-language": language})
    assert answer.status_code == 200
    return answer.text


def test_the_start_page_is_a_form_with_choices_and_examples(client: TestClient) -> None:
    page = _page(client, "/deals/similar")
    assert "似た商談を探す" in page and 'value="食品"' in page and 'value="deals/c"' in page
    assert "冷凍倉庫、競合のほうが安い" in page
    assert "Find similar deals" in _page(client, "/deals/similar", "en")


def test_a_short_note_leads_to_an_address_that_can_be_shared(client: TestClient) -> None:
    answer = client.post("/deals/similar", data={"text": "食品工場の紙の記録", "size": "120名"}, follow_redirects=False)
    assert answer.status_code == 303
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked == {"text": ["食品工場の紙の記録"], "size": ["120名"]}
    page = _page(client, answer.headers["location"])
    assert "似た受注" in page and "似た失注" in page and "文章から読み取り" in page and "1勝1敗0見送り" in page


def test_what_was_read_can_be_corrected(client: TestClient) -> None:
    first = client.post("/deals/similar", data={"text": "食品工場の紙の記録"}).text
    mark = first.split('name="read" value="')[1].split('"')[0]
    corrected = {"text": "食品工場の紙の記録", "industry": "物流", "read": mark}
    again = client.post("/deals/similar", data=corrected).text
    assert "業種: 物流" in again and "文章から読み取り" not in again
    none = client.post("/deals/similar", data={"text": "食品工場の紙の記録", "read": mark}).text
    assert "業種: " not in none


def test_long_notes_are_answered_without_an_address(client: TestClient) -> None:
    answer = client.post("/deals/similar", data={"text": "紙の温度記録。" * 400})
    assert answer.status_code == 200 and "このページのアドレスには含まれません" in answer.text


def test_notes_beyond_the_limit_are_kept_in_the_form_with_a_word(client: TestClient) -> None:
    answer = client.post("/deals/similar", data={"text": "あ" * 20_001})
    assert answer.status_code == 413
    assert "20,000文字まで" in answer.text and "あ" * 20_001 in answer.text


def test_an_existing_deal_is_compared_and_an_unknown_one_is_not_found(client: TestClient) -> None:
    assert "deals/a" in _page(client, "/deals/similar?deal=deals/c")
    answer = client.get("/deals/similar?deal=deals/none", headers={"accept": "text/html"})
    assert answer.status_code == 404


def test_a_deal_leads_to_its_comparison(client: TestClient) -> None:
    assert "/deals/similar?deal=deals%2Fc" in _page(client, "/entries/deals/c")


def test_what_is_pasted_stays_text(client: TestClient) -> None:
    page = client.post("/deals/similar", data={"text": "</textarea><script>alert(1)</script>"}).text
    assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_nothing_in_the_page_needs_inline_styles_or_scripts(client: TestClient) -> None:
    page = _page(client, "/deals/similar?text=紙の温度記録")
    assert " style=" not in page and "<script>" not in page and " onclick" not in page


def test_an_address_with_nonsense_is_still_a_page(client: TestClient) -> None:
    assert "似た商談" in _page(client, "/deals/similar?size=abc&amount=-&industry=&k=9&text=%00")


def test_the_deals_to_compare_with_can_be_narrowed(client: TestClient) -> None:
    asked = {"text": "食品工場の紙の記録", "in_industry": "食品", "date_from": "2020-01-01"}
    address = client.post("/deals/similar", data=asked, follow_redirects=False).headers["location"]
    page = _page(client, address)
    assert "in_industry=" in address and "比べる範囲" in page and "業種: 食品" in page and "似た受注" in page


def test_a_scope_without_deals_says_so_and_leads_out_of_it(client: TestClient) -> None:
    page = _page(client, "/deals/similar?text=食品工場の紙の記録&date_from=2090-01-01")
    assert "この範囲に、比べられる商談がありません" in page and "すべての商談と比べる" in page
    assert 'id="won"' not in page
    assert "No deal lies within these filters" in _page(client, "/deals/similar?text=x&date_from=2090-01-01", "en")


def test_a_day_that_is_none_narrows_nothing(client: TestClient) -> None:
    assert "似た受注" in _page(client, "/deals/similar?text=食品工場の紙の記録&date_from=soon")
