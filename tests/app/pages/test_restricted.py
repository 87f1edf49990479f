"""Where people sign in: who sees an entry is shown with it, and people are counted, not devices."""

from __future__ import annotations

from tests.app.conftest import MakeClient
from tests.app.signed_in import services_behind, signed_in
from tests.words import note

FILES = {
    "notes/plan.md": note("値引きの相談", "決裁は部長。", visibility="sales"),
    "notes/open.md": note("値引きの原則", "先に範囲を減らす。"),
}


def test_who_sees_an_entry_stands_on_its_page_and_in_lists(make_client: MakeClient) -> None:
    client = make_client(FILES, auth="local")
    person, browser = signed_in(client, "midori@example.com", "みどり", "author")
    services_behind(client).people.people.change(person.id, teams=["営業"])
    assert "公開範囲: 営業のみ" in browser.get("/entries/notes/plan").text
    assert browser.get("/?q=値引き").text.count("公開範囲: 営業のみ") == 1
    assert "公開範囲:" not in browser.get("/entries/notes/open").text.partition("<h1")[0]


def test_people_are_counted_where_they_sign_in(make_client: MakeClient) -> None:
    client = make_client(FILES, auth="local")
    _, one = signed_in(client, "midori@example.com", "みどり")
    _, other = signed_in(client, "ken@example.com", "健")
    one.post("/helpful/notes/open")
    page = other.post("/helpful/notes/open").text
    assert "<b>2</b><small>人" in page and "端末" not in page.partition("entry-tools")[2].partition("</form>")[0]
    for browser in (one, other):
        browser.get("/?q=海外拠点の通関")
    gaps = one.get("/gaps").text
    assert "2人が2回検索" in gaps and "端末の数" not in gaps
