"""Whoever has not signed in can neither fill the audit log nor ask without end."""

from __future__ import annotations

import httpx2
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.services import Services
from kb.people.audit import Wanted
from tests.app.conftest import MakeClient
from tests.attack.serving import attacked
from tests.waiting import DEADLINE_SECONDS

API = {"accept": "application/json"}


def services(client: TestClient) -> Services:
    assert isinstance(client.app, FastAPI)
    opened: Services = client.app.state.services
    return opened


def denied(client: TestClient) -> list[tuple[str, int]]:
    audit = services(client).people.audit
    audit.retry(at_once=True)
    assert audit.verify() == []
    return [(row.known["route"], row.known["count"]) for row in audit.rows(Wanted(event="denied"))]


def test_made_up_paths_and_methods_are_one_row_without_their_words(make_client: MakeClient) -> None:
    client = make_client({}, auth="local")
    for number in range(30):
        client.request("GET", f"/made-up-{number}/x", headers=API)
        client.request(f"MADE{number}", "/entries/deals/secret", headers=API)
        client.request("GET", f"/api/v1/made-up-{number}", headers=API)
    assert denied(client) == [("…", 90)]


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer kb_wrong"}, {"cookie": "session=wrong"}])
def test_a_stranger_is_limited_by_network_outside_the_sign_in_page_too(
    make_client: MakeClient, headers: dict[str, str]
) -> None:
    client = make_client({}, auth="local", rate_sign_in=3)
    answers = [client.get(f"/api/v1/search?q={number}", headers=API | headers) for number in range(5)]
    assert [answer.status_code for answer in answers] == [401] * 3 + [429] * 2
    assert client.get("/sign-in").status_code == 200
    assert denied(client) == [("GET /api/v1/search", 3)]


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"x-forwarded-for": "198.51.100.7, 203.0.113.9"}, "203.0.113.9"),
        ({"x-forwarded-for": "198.51.100.7, 203.0.113.9, 127.0.0.1"}, "203.0.113.9"),
        ({"x-forwarded-for": "203.0.113.9, 10.0.0.7"}, "203.0.113.9"),
        ({"x-real-ip": "198.51.100.7", "forwarded": "for=198.51.100.7"}, "127.0.0.1"),
        ({}, "127.0.0.1"),
    ],
)
def test_of_several_addresses_the_last_that_is_no_proxy_counts(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch, sent: dict[str, str], found: str
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # would believe the first
    client = make_client({}, auth="local", trusted_proxies="10.0.0.0/8")
    proxies = services(client).settings.trusted_proxies
    with (
        attacked(client.app, proxies=proxies) as server,
        httpx2.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=DEADLINE_SECONDS) as visitor,
    ):
        assert visitor.get("/api/v1/search?q=a", headers=API | sent).status_code == 401
        denied(client)
        (row,) = services(client).people.audit.rows(Wanted(event="denied"))
    assert row.network == found


@pytest.mark.parametrize(
    ("host", "is_secure"), [("kb.example.co.jp", True), ("localhost", False), ("127.0.0.1:8000", False)]
)
def test_cookies_are_secure_under_a_public_address_with_tls_though_no_proxy_says_so(
    make_client: MakeClient, host: str, is_secure: bool
) -> None:
    client = make_client(
        {}, auth="local", hosts="kb.example.co.jp", public_url="https://kb.example.co.jp", host="127.0.0.1"
    )
    known = services(client).people
    person = known.people.add("aoi@example.com", "Aoi", "author", [])
    known.passwords.set(person, "green ladder under rain")
    form = {"address": person.address, "password": "green ladder under rain"}
    headers = {"host": host, "origin": f"http{'s' * is_secure}://{host}", "accept": "text/html"}
    answer = client.post("/sign-in", data=form, headers=headers, follow_redirects=False)
    (cookie,) = (one for one in answer.headers.get_list("set-cookie") if "session=" in one)
    assert (answer.status_code, "Secure" in cookie, cookie.startswith("__Host-")) == (303, is_secure, is_secure)
