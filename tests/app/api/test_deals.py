"""Similar deals over HTTP: the documented shape, and clear answers to bad requests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.app.conftest import MakeClient

DEAL = "---\nkind: deal\noutcome: {outcome}\nindustry: 食品\nsize: 120\nangles: [{angle}]\n---\n## 経緯\n{text}\n"
FILES = {
    "deals/a.md": DEAL.format(outcome="won", angle="peer", text="紙の温度記録を監査で出せない。"),
    "deals/b.md": DEAL.format(outcome="lost", angle="price", text="紙の温度記録の手間を減らしたい。"),
    "deals/c.md": DEAL.format(outcome="open", angle="peer", text="温度記録がまだ紙。"),
}
CONTRAST = {
    "factor", "value", "label", "won", "won_of", "lost", "lost_of", "log_odds", "low", "high", "verdict", "evidence",
}  # fmt: skip
KEYS = {
    "query",
    "confidence",
    "won",
    "lost",
    "no_decision",
    "open",
    "rate",
    "foretelling",
    "contrast",
    "pairs",
    "suggested",
    "note",
    "corrected",
}


def _post(client: Any, body: dict[str, Any], **headers: str) -> Any:
    return client.post("/api/v1/deals/similar", json=body, headers=headers)


def test_the_answer_has_the_documented_shape(make_client: MakeClient) -> None:
    answer = _post(make_client(FILES), {"text": "紙の温度記録", "industry": "食品", "k": 3}).json()
    assert set(answer) == KEYS
    assert [deal["id"] for deal in answer["won"]] == ["deals/a"] and answer["no_decision"] == []
    assert answer["query"]["industry"] == ["食品"] and answer["query"]["text"] == "紙の温度記録"
    assert {part["name"] for part in answer["won"][0]["parts"]} == {"text", "words", "industry"}
    assert answer["pairs"][0]["won"] == "deals/a" and answer["pairs"][0]["lost"] == "deals/b"
    assert answer["suggested"][0]["evidence"] == ["deals/a"]
    assert {"factor", "value", "label", "won", "lost", "log_odds", "low", "high", "verdict"} <= set(
        answer["contrast"][0]
    )
    peer = next(row for row in answer["contrast"] if row["value"] == "peer")
    assert (peer["won_of"], peer["lost_of"], peer["evidence"]) == (1, 1, ["deals/a"])
    assert set(answer["rate"]) == {"won", "lost", "no_decision", "mean", "low", "high", "base"}


def test_the_reason_for_a_suggestion_is_a_sentence_in_the_language_asked_for(make_client: MakeClient) -> None:
    client = make_client(FILES)
    english = _post(client, {"industry": "食品"}, **{"accept-language": "en"}).json()["suggested"][0]["because"]
    assert english == "Used in 1 of 1 similar won deals and in none of 1 similar lost ones."
    japanese = _post(client, {"industry": "食品"}).json()["suggested"][0]["because"]
    assert japanese == "似た受注1件のうち1件で使われ、似た失注1件では使われていません。"


def test_what_was_understood_can_be_sent_again_corrected(make_client: MakeClient) -> None:
    client = make_client({**FILES, "playbook.yaml": "industries:\n  - {name: 食品, en: Food}\n"})
    query = _post(client, {"text": "食品工場の紙の記録"}).json()["query"]
    assert query["industry"] == ["食品"] and query.pop("read_from_text") == ["industry"]
    again = _post(client, {**query, "deal_id": query["deal_id"] or "", "size": 120}).json()["query"]
    assert again["industry"] == ["食品"] and again["size"] == 120 and again["read_from_text"] == []


def test_an_existing_deal_is_asked_about_by_its_id(make_client: MakeClient) -> None:
    answer = _post(make_client(FILES), {"deal_id": "deals/c"}).json()
    assert answer["query"]["size"] == 120 and answer["open"] == []


def test_filters_that_leave_no_deals_give_an_empty_answer(make_client: MakeClient) -> None:
    answer = _post(make_client(FILES), {"text": "紙", "filters": {"date_from": "2030-01-01"}}).json()
    assert answer["won"] == answer["lost"] == answer["contrast"] == [] and answer["confidence"] == "none"
    assert answer["note"] == "この範囲に、比べられる商談がありません"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "empty_request"),
        ({"text": "   "}, 422, "empty_request"),
        ({"deal_id": "deals/none"}, 404, "entry_not_found"),
        ({"text": "あ" * 20_001}, 413, "text_too_long"),
        ({"text": "x", "colour": "red"}, 422, "invalid_request"),
        ({"text": "x", "k": 0}, 422, "invalid_request"),
        ({"text": "x", "size": "many"}, 422, "invalid_request"),
        ({"text": "x", "filters": {"outcome": ["maybe"]}}, 422, "bad_filter"),
        ({"text": "x", "filters": {"colour": ["red"]}}, 422, "invalid_request"),
    ],
)
def test_bad_requests_get_one_clear_error(
    make_client: MakeClient, body: dict[str, Any], status: int, code: str
) -> None:
    answer = _post(make_client(FILES), body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["message"]


def test_a_text_of_the_limit_is_taken(make_client: MakeClient) -> None:
    assert _post(make_client(FILES), {"text": "紙の記録。" * 4_000}).status_code == 200


@pytest.mark.parametrize("text", ["\x00\x07", "🧊" * 50, "<script>alert(1)</script>", "---\na: [\n---\n"])
def test_strange_text_is_only_text(make_client: MakeClient, text: str) -> None:
    body = json.dumps({"text": text, "industry": "食品"})
    answer = make_client(FILES).post(
        "/api/v1/deals/similar", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 200


def test_json_that_is_none_is_said_with_its_place(make_client: MakeClient) -> None:
    answer = make_client(FILES).post(
        "/api/v1/deals/similar", content='{"text": ', headers={"content-type": "application/json"}
    )
    message = answer.json()["error"]["message"]
    assert answer.status_code == 422
    assert message == "body: Invalid JSON: EOF while parsing a value at line 1 column 9"


def test_former_names_of_lists_are_taken_and_given_beside_the_new_ones(make_client: MakeClient) -> None:
    client = make_client(
        {**FILES, "deals/z.md": "---\n結果: 受注\n製品: 点検\n競合: [タスキナ]\n切り口: [x]\n---\n本文。\n"}
    )
    former, new = (_post(client, {name: ["タスキナ"]}).json() for name in ("competitors", "competitor"))
    assert former == new
    assert new["query"]["competitor"] == new["query"]["competitors"] == ["タスキナ"]
    found = next(deal for deal in new["won"] if deal["id"] == "deals/z")
    for before, now in (("products", "product"), ("competitors", "competitor"), ("angles", "angle")):
        assert found[before] == found[now] != []
    entry = client.get("/api/v1/entries/deals/z").json()
    for before, now in (("industries", "industry"), ("products", "product"), ("tags", "tag"), ("angles", "angle")):
        assert entry[before] == entry[now]
    document = client.get("/openapi.json").json()
    body = document["paths"]["/api/v1/deals/similar"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    schemas = document["components"]["schemas"]
    assert body["properties"]["competitors"]["deprecated"] is True
    for shape, name in (("SimilarDealOut", "products"), ("HitOut", "angles")):
        assert schemas[shape]["properties"][name]["deprecated"] is True


def test_an_amount_keeps_its_currency_and_can_be_sent_again(make_client: MakeClient) -> None:
    client = make_client(FILES)
    query = _post(client, {"text": "予算は$48,000"}).json()["query"]
    assert (query["amount"], query["currency"]) == (48_000, "USD")
    query.pop("read_from_text")
    again = _post(client, {**query, "deal_id": ""}).json()["query"]
    assert (again["amount"], again["currency"]) == (48_000, "USD")
    assert _post(client, {"amount": 5}).json()["query"]["currency"] == "JPY"
    assert _post(client, {"amount": 5, "currency": "US"}).status_code == 422
