"""Who may talk to the server, and what it tells every browser."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.http.headers import CONTENT_SECURITY_POLICY, HEADERS
from app.words.reader import Reader
from tests.app.conftest import MakeClient

ANYWHERE = ("/", "/healthz", "/readyz", "/openapi.json", "/api/v1/search?q=a", "/api/v1/search?limt=1", "/nothing",
            "/api/v1/nothing", "/static/nothing.css", "/entries/none")  # fmt: skip

FOREIGN_HOSTS = ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "[::1", "localhost@evil.example")
FOREIGN_ORIGINS = ("http://evil.example", "https://127.0.0.1.evil.example", "null", "nonsense", "http://[::1")


@pytest.mark.parametrize("path", ANYWHERE)
def test_every_response_carries_the_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS


def test_a_fault_of_ours_carries_them_too_and_tells_nothing(make_client: MakeClient) -> None:
    broken = make_client(indexed=False)
    assert isinstance(broken.app, FastAPI)
    broken.app.state.library = None
    response = broken.get("/api/v1/search?q=a")
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "internal_error"
    assert "NoneType" not in response.text
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS


def test_the_policy_allows_nothing_inline() -> None:
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_host_is_refused(client: TestClient, host: str) -> None:
    response = client.get("/api/v1/search?q=a", headers={"host": host})
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "refused"
    assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:9000", "[::1]:8000"])
def test_loopback_is_known_by_all_its_names(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_a_foreign_origin_is_refused(client: TestClient, origin: str) -> None:
    response = client.get("/api/v1/search?q=a", headers={"origin": origin})
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "refused"


def test_our_own_origin_is_welcome(client: TestClient) -> None:
    assert client.get("/healthz", headers={"origin": "http://127.0.0.1:8000"}).status_code == 200


def test_another_site_may_link_to_us_but_not_read_us(client: TestClient) -> None:
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    script = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert client.get("/healthz", headers=link).status_code == 200
    assert client.get("/healthz", headers=script).status_code == 403


def test_an_operator_can_name_more_hosts(make_client: MakeClient) -> None:
    proxied = make_client(indexed=False, hosts="KB.example.co.jp, other.example")
    own = {"host": "kb.example.co.jp", "origin": "https://kb.example.co.jp"}
    assert proxied.get("/healthz", headers=own).status_code == 200
    assert proxied.get("/healthz", headers={"host": "evil.example"}).status_code == 403


def test_listening_everywhere_still_needs_known_hosts(make_client: MakeClient) -> None:
    exposed = make_client(indexed=False, host="0.0.0.0")
    assert exposed.get("/healthz", headers={"host": "192.0.2.7:8000"}).status_code == 403
    assert "no accounts" in Reader.of("en")("cli.exposed", host="0.0.0.0")


def test_no_header_of_other_origins_is_ever_sent(client: TestClient) -> None:
    response = client.options("/api/v1/search", headers={"access-control-request-method": "GET"})
    assert not [name for name in response.headers if name.startswith("access-control")]
