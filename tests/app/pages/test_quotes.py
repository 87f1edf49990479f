"""The page shows the sentences that answer above the hits."""

from __future__ import annotations

from starlette.testclient import TestClient

JA = {"accept-language": "ja"}
HEADING = "答えになる一文"


def test_the_sentence_that_answers_stands_above_the_hits_with_a_link_to_its_place(client: TestClient) -> None:
    page = client.get("/?q=値引きで競り負けた", headers=JA).text
    quotes = page.index('class="quotes"')
    assert HEADING in page and quotes < page.index('class="hits"')
    block = page[quotes : page.index("</section>", quotes)]
    assert "価格が高いと言われ、値引きで競り負けた。" in block
    assert 'href="/entries/deals/sumire#' in block and "失注" in block and "data-copy" in block


def test_no_quotes_stand_where_hits_are_listed_by_day_or_on_later_pages(client: TestClient) -> None:
    for address in ("/?q=値引きで競り負けた&sort=newest", "/?q=値引きで競り負けた&page=2", "/?q=明日の天気", "/"):
        assert HEADING not in client.get(address, headers=JA).text


def test_a_sentence_to_say_is_not_quoted_a_second_time(client: TestClient) -> None:
    page = client.get("/?q=何と比べて高いと言うのか、切り返し", headers=JA).text
    assert 'class="talk"' in page
    quotes = page.partition('class="quotes"')[2].partition("</section>")[0]
    assert "何と比べての高いでしょうか" not in quotes
