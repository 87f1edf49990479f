"""Whoever sends the headers of a trusted proxy from elsewhere is nobody, whatever else the headers say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from app.http.csrf import COOKIE, FIELD, token_for
from app.services import PeopleServices
from tests.app.conftest import ADDRESS, MakeClient
from tests.attack.serving import attacked
from tests.waiting import DEADLINE_SECONDS

SENT = {"x-forwarded-user": "aoi", "x-forwarded-groups": "/Sales", "accept": "text/html", "accept-language": "en"}


@contextmanager
def _behind(make_client: MakeClient, **chosen: object) -> Iterator[tuple[httpx2.Client, PeopleServices]]:
    """Serve on a real port, so that the other end of the connection is this machine."""
    app = make_client({}, auth="proxy", **chosen).app
    with (
        attacked(app) as server,
        httpx2.Client(base_url=f"http://127.0.0.1:{server.port}", headers=SENT, timeout=DEADLINE_SECONDS) as client,
    ):
        yield client, app.state.services.people  # type: ignore[attr-defined]


def test_a_trusted_proxy_is_believed_at_each_request(make_client: MakeClient) -> None:
    with _behind(make_client, trusted_proxies="127.0.0.1") as (client, people):
        assert client.get("/gaps").status_code == 200
        assert client.get("/gaps", headers={"x-forwarded-user": "midori"}).status_code == 200
        assert sorted(person.name for person in people.people.all()) == ["aoi", "midori"]
        assert "aoi" in client.get("/me").text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-forwarded-for": "10.0.0.7"},
        {"x-forwarded-for": "10.0.0.7, 10.0.0.8"},
        {"x-real-ip": "10.0.0.7"},
        {"forwarded": "for=10.0.0.7"},
        {"host": "localhost", "x-forwarded-for": "10.0.0.7", "x-forwarded-proto": "https"},
        {"cookie": "session=x; peer=10.0.0.7"},
    ],
)
def test_from_elsewhere_the_headers_open_nothing(make_client: MakeClient, headers: dict[str, str]) -> None:
    with _behind(make_client, trusted_proxies="10.0.0.0/8") as (client, people):
        for path in ("/", "/gaps", "/me", "/sign-in"):
            answer = client.get(path, headers=headers)
            assert (answer.status_code, "proxy" in answer.text) == (401, True), path
        api = client.get("/api/v1/search?q=a", headers={**headers, "accept": "application/json"})
        assert api.status_code == 401 and api.json()["error"]["code"] == "proxy_needed"
        assert client.get("/healthz", headers=headers).status_code == 200
        assert people.people.all() == []


def test_without_a_header_nobody_is_signed_in(make_client: MakeClient) -> None:
    with _behind(make_client, trusted_proxies="127.0.0.1") as (client, _):
        assert client.get("/gaps", headers={"x-forwarded-user": ""}).status_code == 401


def test_a_header_that_comes_twice_is_a_sentence(make_client: MakeClient) -> None:
    with _behind(make_client, trusted_proxies="127.0.0.1") as (client, people):
        twice = [*SENT.items(), ("x-forwarded-user", "root")]
        answer = client.get("/gaps", headers=twice)
        assert answer.status_code == 403 and "could not be verified" in answer.text
        assert people.people.all() == []


def test_whom_the_proxy_names_counts_and_not_an_older_session(make_client: MakeClient) -> None:
    with _behind(make_client, trusted_proxies="127.0.0.1") as (client, people):
        other = people.people.add("midori@example.jp", "Midori", "reader", [])
        secret = people.sessions.begin(other.id, device="", way="password")
        page = client.get("/me", headers={"cookie": f"session={secret}"}).text
        assert "aoi" in page and "Midori" not in page


def test_a_password_opens_nothing_behind_the_proxy(make_client: MakeClient) -> None:
    client = make_client({}, auth="proxy", trusted_proxies="127.0.0.1")
    app: Any = client.app
    people: PeopleServices = app.state.services.people
    person = people.people.add("root@example.jp", "Root", "admin", [])
    people.passwords.set(person, "correct horse battery")
    number = client.get("/sign-in").cookies[COOKIE]
    form = {"address": "root@example.jp", "password": "correct horse battery"}
    form[FIELD] = token_for(app.state.form_key, "", number)
    answer = client.post("/sign-in", data=form, headers={"origin": ADDRESS}, follow_redirects=False)
    assert answer.status_code == 303 and not people.sessions.of(person.id)
