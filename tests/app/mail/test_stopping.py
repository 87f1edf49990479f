"""Mail is stopped by the link in it, with one click and without signing in, or on one's own page."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.mail.addressees import Addressee
from app.mail.weekly import addressees
from tests.app.conftest import ADDRESS, Browser
from tests.app.mail.conftest import BASE, Opened, of
from tests.app.mail.mailbox import Mailbox
from tests.app.mail.test_digest import sent
from tests.app.signed_in import browser_of
from tests.app.signin.conftest import PAGE


def link_in(box: Mailbox, to: str) -> str:
    """Return the path of the link that stops the mail somebody got."""
    found = re.fullmatch(rf"<{BASE}(/unsubscribe/\S+)>", dict(box.mail)[to]["list-unsubscribe"])
    assert found
    return found[1]


def plain(client: TestClient) -> TestClient:
    """Return what sends as the server of a mail program does: no cookie, no origin, no token of a form."""
    assert isinstance(client.app, FastAPI)
    return TestClient(client.app, base_url=ADDRESS)


def test_one_click_of_a_mail_program_stops_it(opened: Opened, box: Mailbox) -> None:
    client = opened()
    sent(client)
    link = link_in(box, "aoi@example.com")
    assert "やめますか" in plain(client).get(link).text or "停止しますか" in plain(client).get(link).text
    assert not of(client).people.mailing.recipients()[0].stopped  # looking at it stops nothing
    answer = plain(client).post(link, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and "停止しました" in answer.text
    assert "aoi@example.com" not in [one.address for one in _wanting(client)]
    assert len(_wanting(client)) == 1


def _wanting(client: TestClient) -> list[Addressee]:
    return addressees(of(client), is_signed=True)


@pytest.mark.parametrize("change", ["digest→question", "cut", "other", "nothing"])
def test_a_forged_link_stops_nothing(opened: Opened, box: Mailbox, change: str) -> None:
    client = opened()
    sent(client)
    mine, other = link_in(box, "aoi@example.com"), link_in(box, "mori@example.com")
    kind, who, signature = mine.partition("?")[0].rpartition("/")[2].split(".")
    forged = {
        "digest→question": f"question.{who}.{signature}",
        "cut": f"{kind}.{who}.{signature[:-1]}",
        "other": f"{kind}.{other.split('.')[1]}.{signature}",
        "nothing": "nothing",
    }[change]
    for answer in (plain(client).get(f"/unsubscribe/{forged}"), plain(client).post(f"/unsubscribe/{forged}")):
        assert answer.status_code == 403
    assert len(_wanting(client)) == 2


def test_a_link_signs_nobody_in(opened: Opened, box: Mailbox) -> None:
    client = opened()
    sent(client)
    stranger = plain(client)
    stranger.post(link_in(box, "aoi@example.com"))
    assert stranger.get("/me/mail", headers=PAGE, follow_redirects=False).headers["location"].startswith("/sign-in")
    assert not [name for name in stranger.cookies if name == "session"]


def test_people_choose_on_their_own_page(opened: Opened, box: Mailbox) -> None:
    client = opened(ask_reasons=True)
    aoi = of(client).people.people.by_address("aoi@example.com")
    assert aoi is not None
    browser: Browser = browser_of(client, aoi)
    page = browser.get("/me/mail").text
    assert "aoi@example.com" in page and 'value="digest" checked' in page and "/me/mail" in browser.get("/mine").text
    browser.post("/me/mail", data={"kind": "question", "language": "en"})
    page = browser.get("/me/mail").text
    assert 'value="digest" checked' not in page and 'value="question" checked' in page
    assert 'value="en" selected' in page and [one.address for one in _wanting(client)] == ["mori@example.com"]
    kept = browser.get("/me/data.json").json()["mail"]
    assert (kept["language"], kept["stopped"], kept["letters"]) == ("en", ["digest"], [])
    browser.post("/me/mail", data={"kind": ["digest", "question"], "language": "xx"})
    assert len(_wanting(client)) == 2


def test_an_administrator_sees_what_was_sent(opened: Opened, box: Mailbox) -> None:
    client = opened()
    root = of(client).people.people.add("root@example.com", "Root", "admin", [])
    browser = browser_of(client, root)
    assert "まだ送信していません" in browser.get("/people/mail").text
    box.refused = {"mori@example.com": "550 5.1.1 no such user"}
    sent(client)
    page = browser.get("/people/mail").text
    assert "2026-W48" in page and "送信済み" in page
    assert "メンバーのメールアドレスを確認してください（550 5.1.1 no such user）" in page
    aoi = of(client).people.people.by_address("aoi@example.com")
    assert aoi is not None and browser_of(client, aoi).get("/people/mail").status_code == 403
