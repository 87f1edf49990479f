"""From the CRM to similar deals: by number or address, and what one may not see is as unknown as what is not there."""

from __future__ import annotations

from html import unescape
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from app.pages.similar.bookmarklet import bookmarklet
from app.shapes.by_crm import record_in
from tests.app.api.test_deals import FILES
from tests.app.conftest import MakeClient
from tests.viewing import seen_by, viewer
from tests.words import note

PAGE = {"accept": "text/html", "accept-language": "ja"}
SALESFORCE = "006000000000012AAA"
DEALS = {
    **FILES,
    "deals/sf.md": note("青葉精工の受注", kind="deal", outcome="won", crm_id=SALESFORCE, industry="食品"),
    "deals/coded.md": note("すみれ工業の失注", kind="deal", outcome="lost", crm_id="SALES-12", industry="食品"),
    "deals/hidden.md": note("極秘の失注", kind="deal", outcome="lost", crm_id="4711", visibility="sales"),
}


@pytest.fixture(scope="module")
def client(make_client: MakeClient) -> TestClient:
    return make_client(DEALS)


@pytest.mark.parametrize(
    ("asked", "deal"),
    [
        (SALESFORCE, "deals/sf"),
        (SALESFORCE[:15], "deals/sf"),
        (f"https://example.lightning.force.com/lightning/r/Opportunity/{SALESFORCE}/view?ws=1", "deals/sf"),
        ("12", "deals/coded"),
        ("https://example.cybozu.com/k/5/show#record=12&l.view=5", "deals/coded"),
    ],
)
def test_a_number_or_an_address_leads_to_deals_like_it(client: TestClient, asked: str, deal: str) -> None:
    answer = client.get("/deals/similar", params={"crm_id": asked}, headers=PAGE, follow_redirects=False)
    assert (answer.status_code, unquote(answer.headers["location"])) == (303, f"/deals/similar?deal={deal}")
    found = client.get("/api/v1/deals/similar", params={"crm_id": asked, "k": 3}).json()
    same = client.post("/api/v1/deals/similar", json={"deal_id": deal, "k": 3}).json()
    assert found == same and found["query"]["deal_id"] == deal


def test_an_unknown_number_is_said_and_the_form_is_offered(client: TestClient) -> None:
    answer = client.get("/deals/similar", params={"crm_id": "<0815>"}, headers=PAGE)
    assert answer.status_code == 404
    assert "CRM番号「&lt;0815&gt;」の商談はありません。" in answer.text and '<textarea id="text"' in answer.text
    error = client.get("/api/v1/deals/similar", params={"crm_id": "0815"})
    assert (error.status_code, error.json()["error"]["message"]) == (404, "No deal has the CRM number '0815'.")
    assert client.get("/api/v1/deals/similar").status_code == 422


def test_a_hidden_deal_is_as_unknown_as_one_that_is_not_there(make_client: MakeClient) -> None:
    made = make_client(DEALS)
    seen_by(made.app, viewer("marketing"))  # type: ignore[arg-type]
    for path in ("/deals/similar", "/api/v1/deals/similar"):
        hidden, missing = (made.get(path, params={"crm_id": one}, headers=PAGE) for one in ("4711", "4712"))
        assert hidden.status_code == missing.status_code == 404
        assert "4711" in hidden.text
        assert hidden.text.replace("4711", "4712").count("4712") == missing.text.count("4712")
        assert "極秘" not in hidden.text


@pytest.mark.parametrize(
    ("address", "number"),
    [
        (f"https://x.lightning.force.com/lightning/r/{SALESFORCE}/view", SALESFORCE),
        (f"https://x.my.salesforce.com/{SALESFORCE[:15]}", SALESFORCE[:15]),
        ("https://x.lightning.force.com/lightning/r/Account/001000000000012AAA/view", ""),
        ("https://app.hubspot.com/contacts/123/record/0-3/987654?eschref=x", "987654"),
        ("https://app-eu1.hubspot.com/contacts/123/deal/987654/", "987654"),
        ("https://app.hubspot.com/contacts/123/record/0-2/55", ""),
        ("https://x.cybozu.com/k/guest/3/5/show?record=8", "8"),
        ("https://x.cybozu.com/k/m/5/show?l.view=1&record=8", "8"),
        ("https://x.cybozu.com/k/5/", ""),
    ],
)
def test_the_number_is_taken_out_of_the_address_of_a_record(address: str, number: str) -> None:
    assert record_in(address) == number


def test_the_bookmarklet_leads_to_this_server_and_holds_no_other_address(client: TestClient) -> None:
    page = client.get("/deals/bookmarklet", headers=PAGE).text
    code = bookmarklet(
        "http://127.0.0.1:8000/deals/similar?crm_id=", "商談の画面で押してください（Salesforce・HubSpot・kintone）。"
    )
    assert code in unescape(page)
    assert unquote(code).count("://") == 1
