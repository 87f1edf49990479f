"""A question is answered with sentences as they stand in the entries, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import FILES, MakeClient
from tests.words import note

LINE = "価格が高いというのは、何と比べての高いでしょうか。"
WRAPPED = "監査の前日は\n**記録の検索**だけを見せます。前の会社では[この表](a.md)を使いました。"


def ask(client: TestClient, q: str, **params: Any) -> list[dict[str, Any]]:
    response = client.get("/api/v1/ask", params={"q": q, **params})
    assert response.status_code == 200, response.text
    quotes: list[dict[str, Any]] = response.json()["quotes"]
    return quotes


def test_a_quote_names_its_entry_its_heading_and_its_line(client: TestClient) -> None:
    quote = next(quote for quote in ask(client, "何と比べて高いのか") if quote["id"] == "talk-tracks/price")
    assert quote["text"] == LINE
    assert quote["heading"] == "話す一文"
    assert quote["url"].startswith("/entries/talk-tracks/price#")
    assert LINE in FILES["talk-tracks/price.md"].split("\n")[quote["line"] - 1]


def test_a_quote_of_a_deal_says_how_it_ended(client: TestClient) -> None:
    (quote,) = ask(client, "値引きで競り負けた", outcome="lost")
    assert (quote["id"], quote["outcome"], quote["date"]) == ("deals/sumire", "lost", "2026-01-15")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_quote_is_a_part_of_the_file_exactly_as_written(make_client: MakeClient, line_end: str) -> None:
    body = f"前置きの文です。\n\n## 監査\n\n{WRAPPED}\n\n## 監査の外\n\nほかの話。"
    files = {"notes/audit.md": note("監査の準備", body).replace("\n", line_end)}
    client = make_client(files)
    (quote,) = ask(client, "監査の前日に見せる記録の検索")
    whole = client.get("/api/v1/entries/notes/audit").json()["body"]
    assert quote["text"] == whole[quote["start"] : quote["end"]] == WRAPPED
    assert quote["text"].replace("\n", line_end) in files["notes/audit.md"]
    assert quote["plain"] == "監査の前日は 記録の検索だけを見せます。前の会社ではこの表を使いました。"


@pytest.mark.parametrize("question", ["明日の天気は晴れますか", "?", "青葉精工", "chicken curry recipe"])
def test_what_no_sentence_answers_is_met_with_silence(client: TestClient, question: str) -> None:
    assert ask(client, question) == []


def test_drafts_and_what_filters_leave_out_are_never_quoted(client: TestClient) -> None:
    assert {quote["id"] for quote in ask(client, "価格が高いと言われた", kind="deal")} <= {"deals/sumire"}
    assert "notes/draft" not in {quote["id"] for quote in ask(client, "価格が高いと言われたら")}


def test_no_more_than_three_quotes_stand_for_one_question(make_client: MakeClient) -> None:
    client = make_client({f"notes/{n}.md": note(f"監査{n}", f"監査の記録は{n}番の棚にある。") for n in range(5)})
    assert 1 <= len(ask(client, "監査の記録")) <= 3


def test_text_without_a_place_to_cut_is_read_in_the_entry(make_client: MakeClient) -> None:
    client = make_client({"notes/long.md": note("監査", "監査の記録" * 100)})
    assert ask(client, "監査の記録") == []


def test_a_question_is_needed(client: TestClient) -> None:
    assert client.get("/api/v1/ask").status_code == 422


def test_asking_is_logged_as_a_search(make_client: MakeClient) -> None:
    client = make_client()
    ask(client, "在庫の棚卸しの頻度")
    assert "在庫の棚卸しの頻度" in client.get("/api/v1/gaps").text
