"""Who may talk to the server, and what it tells every browser."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import Message

from app.http.csrf import COOKIE, HEADER, token_for
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
    broken.app.state.services = None
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


OWN = "http://127.0.0.1:8000"
NEIGHBOURS = ("http://127.0.0.1:3000", "http://127.0.0.1", "https://127.0.0.1:8000", "http://localhost:8000",
              "ftp://127.0.0.1:8000", "http://[::1]:8000", "")  # fmt: skip
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}


def _post(client: TestClient, headers: dict[str, str], path: str = "/gaps") -> int:
    """Send a change with these headers and our token; 403 is the refusal, anything else comes from further inside."""
    app: Any = client.app
    if headers.get("content-type") in FORM.values():
        number = "0" * 32
        cookie = "; ".join(filter(None, (headers.get("cookie"), f"{COOKIE}={number}")))
        headers = {**headers, "cookie": cookie, HEADER: token_for(app.state.form_key, "", number)}
    return TestClient(app, base_url=OWN).post(path, content=b"{}", headers=headers, follow_redirects=False).status_code


@pytest.mark.parametrize("origin", NEIGHBOURS)
def test_another_port_scheme_or_name_of_the_same_machine_is_another_origin(client: TestClient, origin: str) -> None:
    for headers in (FORM, JSON):
        assert _post(client, {**headers, "origin": origin}) == 403
        assert _post(client, {**headers, "referer": f"{origin}/page"}) == 403
    assert client.get("/healthz", headers={"origin": origin}).status_code == 403


@pytest.mark.parametrize(
    "signs",
    [
        {"origin": OWN},  # an older browser
        {"origin": OWN, "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
        {"origin": OWN, "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
        {"referer": f"{OWN}/gaps"},  # one that is older still
        {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"},  # sent once more by whoever reloads
    ],
)
def test_forms_of_our_own_pages_are_welcome(client: TestClient, signs: dict[str, str]) -> None:
    assert _post(client, {**FORM, "cookie": "asker=0123456789abcdef", **signs}) == 303


@pytest.mark.parametrize("site", ["same-site", "cross-site"])
def test_a_change_from_another_page_of_the_site_is_refused(client: TestClient, site: str) -> None:
    for more in ({}, {"origin": OWN}, {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}):
        assert _post(client, {**FORM, "sec-fetch-site": site, **more}) == 403


def test_a_program_needs_no_origin_but_what_a_form_could_send_does(client: TestClient) -> None:
    for kind in ("application/json", "application/json; charset=utf-8", "text/markdown"):
        assert _post(client, {"content-type": kind}, "/api/v1/entries/check") in (200, 422)
        assert _post(client, {"content-type": kind, "cookie": "asker=0"}, "/api/v1/entries/check") == 403
    for kind in (*FORM.values(), "multipart/form-data; boundary=x", "text/plain", "TEXT/PLAIN; charset=utf-8"):
        assert _post(client, {"content-type": kind}, "/api/v1/entries/check") == 403
    assert _post(client, {}, "/api/v1/entries/none/archive") == 404


@pytest.mark.parametrize(
    ("hosts", "host", "origin", "is_ours"),
    [
        ("kb.example", "kb.example", "https://kb.example", True),  # TLS ends at the proxy
        ("kb.example", "kb.example", "http://kb.example", True),
        ("kb.example", "127.0.0.1:8000", "https://kb.example", True),  # the proxy has put in another host
        ("kb.example", "kb.example:8443", "https://kb.example:8443", True),
        ("kb.example", "kb.example", "https://kb.example:8443", False),
        ("kb.example", "kb.example", "http://kb.example:3000", False),
        ("kb.example:8443", "kb.example", "https://kb.example:8443", True),
        ("kb.example:8443", "kb.example:8443", "https://kb.example:8443", True),
        ("kb.example:8443", "kb.example:8443", "https://kb.example", False),
        ("[2001:db8::1]:8000", "[2001:db8::1]:8000", "http://[2001:db8::1]:8000", True),
        ("2001:db8::1", "[2001:db8::1]:8000", "http://[2001:db8::1]:8000", True),
        ("other.example", "kb.example", "https://kb.example", False),
    ],
)
def test_an_operator_says_what_people_see_in_their_address_bars(
    make_client: MakeClient, hosts: str, host: str, origin: str, is_ours: bool
) -> None:
    proxied = make_client(indexed=False, hosts=hosts)
    assert (_post(proxied, {**FORM, "host": host, "origin": origin}) != 403) == is_ours


@pytest.mark.parametrize("host", ["evil@127.0.0.1", "127.0.0.1/evil", "127.0.0.1:8000#x", "127.0.0.1:nonsense"])
def test_a_host_that_is_more_than_a_host_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 403


def test_another_site_may_link_to_us_but_not_read_us(client: TestClient) -> None:
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    script = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert client.get("/healthz", headers=link).status_code == 200
    assert client.get("/healthz", headers=script).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("dest", ["iframe", "frame", "embed", "object", "image"])
def test_a_frame_or_picture_elsewhere_makes_nobody_search(client: TestClient, site: str, dest: str) -> None:
    for mode in ("navigate", "no-cors"):
        framed = {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest}
        assert client.get("/?q=価格", headers=framed).status_code == 403


def test_a_prefetch_elsewhere_is_refused(client: TestClient) -> None:
    early = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-purpose": "prefetch;prerender"}
    assert client.get("/?q=価格", headers=early).status_code == 403


VISIT = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


@pytest.mark.parametrize(
    ("signs", "is_logged"),
    [
        ({"sec-fetch-site": "cross-site", **VISIT}, False),
        ({"sec-fetch-site": "same-site", **VISIT}, False),
        ({"sec-fetch-site": "none", "sec-purpose": "prefetch", **VISIT}, False),
        ({"referer": "http://evil.example/"}, False),  # http at a name of the office: no sec-fetch headers
        ({"referer": "http://127.0.0.1:3000/"}, False),
        ({"referer": f"{OWN}/"}, True),
        ({"sec-fetch-site": "same-origin", **VISIT}, True),
        ({"sec-fetch-site": "none", **VISIT}, True),
        ({}, True),
    ],
)
def test_what_a_page_of_others_leads_to_is_shown_and_not_logged(
    make_client: MakeClient, signs: dict[str, str], is_logged: bool
) -> None:
    client = make_client()
    app: Any = client.app
    page = client.get("/?q=価格&lang=en", headers=signs)
    assert page.status_code == 200 and "価格" in page.text
    assert (("asker" in page.cookies), ("lang" in page.cookies)) == (is_logged, is_logged)
    client.get("/api/v1/search?q=価格", headers=signs)
    client.get("/entries/talk-tracks/price", headers=signs)
    searches = app.state.services.activity.searches("")
    assert len(searches) == (2 if is_logged else 0)
    assert bool(app.state.services.activity.opened_of("")) == is_logged


def test_an_operator_can_name_more_hosts(make_client: MakeClient) -> None:
    proxied = make_client(indexed=False, hosts="KB.example.co.jp, other.example")
    own = {"host": "kb.example.co.jp", "origin": "https://kb.example.co.jp"}
    assert proxied.get("/healthz", headers=own).status_code == 200
    assert proxied.get("/healthz", headers={"host": "evil.example"}).status_code == 403


def test_listening_everywhere_still_needs_known_hosts(make_client: MakeClient) -> None:
    exposed = make_client(indexed=False, host="0.0.0.0")
    assert exposed.get("/healthz", headers={"host": "192.0.2.7:8000"}).status_code == 403
    assert "without sign-in" in Reader.of("en")("cli.exposed", host="0.0.0.0")


def test_no_header_of_other_origins_is_ever_sent(client: TestClient) -> None:
    response = client.options("/api/v1/search", headers={"access-control-request-method": "GET"})
    assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize("start", ["//", "///", "/%5C", "/%2F", "//%5C/", "/\\"])
def test_no_address_makes_a_link_lead_to_another_host(client: TestClient, start: str) -> None:
    app: Any = client.app
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        messages.append(message)

    path = f"{start}evil.example/x"  # as it is on the wire: a client library would tidy it up
    scope = {"type": "http", "method": "GET", "scheme": "http", "path": unquote(path), "raw_path": path.encode(),
             "headers": [(b"host", b"127.0.0.1:8000"), (b"accept", b"text/html")], "query_string": b"q=a",
             "root_path": "", "server": ("127.0.0.1", 8000), "http_version": "1.1"}  # fmt: skip
    asyncio.run(app(scope, receive, send))
    page = b"".join(message.get("body", b"") for message in messages).decode()
    [address] = re.findall(r'id="language" href="([^"]+)"', page)
    assert address == "/evil.example/x?q=a&amp;lang=en"


def test_the_link_to_the_other_language_keeps_the_path_as_it_is(client: TestClient) -> None:
    page = client.get("/entries/%E5%95%86%3F%23%20x?from=a%26b", headers={"accept": "text/html"}).text
    assert 'href="/entries/%E5%95%86%3F%23%20x?from=a%26b&amp;lang=en"' in page


def _cookies(client: TestClient, address: str) -> list[str]:
    app: Any = client.app
    browser = TestClient(app, base_url=address)
    answers = [page := browser.get("/?lang=en")]
    sent = {"origin": address, HEADER: re.findall(r'"csrf" content="(\w+)"', page.text)[0]}
    answers += [
        browser.post("/verify/deals/none", data={"by": "x"}, headers=sent),
        browser.post("/helpful/deals/aoba", headers=sent, follow_redirects=False),
    ]
    return [cookie for answer in answers for cookie in answer.headers.get_list("set-cookie")]


def test_cookies_are_for_our_pages_alone_and_secure_over_tls(client: TestClient) -> None:
    for address, is_secure in (("https://127.0.0.1:8000", True), (OWN, False)):
        cookies = _cookies(client, address)
        assert {cookie.partition("=")[0] for cookie in cookies} == {"lang", "asker", "form"}
        for cookie in cookies:
            parts = {part.strip().lower() for part in cookie.split(";")}
            assert {"httponly", "samesite=lax", "path=/"} <= parts and ("secure" in parts) == is_secure
