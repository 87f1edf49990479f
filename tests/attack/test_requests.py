"""Requests that are wrong: methods, addresses, values and bodies. Each is refused in the one shape, never with 500."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from starlette.routing import Mount
from starlette.testclient import TestClient

from app.http.methods import METHODS
from kb.loop.activity import Activity
from tests.app.conftest import ADDRESS, MakeClient

JSON = {"content-type": "application/json"}
ENTRY = "talk-tracks/price"
READ = (
    "/", "/?q=価格", "/?q=%00", f"/entries/{ENTRY}", "/scoreboard", "/gaps", "/loop", "/meeting", "/new", "/docs",
    "/healthz", "/readyz", "/openapi.json", "/static/app.css", "/static/nothing", "/nothing", "/api/v1/playbook",
    f"/api/v1/entries/{ENTRY}", f"/api/v1/entries/{ENTRY}/source", "/api/v1/scoreboard.csv?by=angle",
    "/api/v1/problems", "/meeting/save",
)  # fmt: skip
VARYING = ("set-cookie", "etag")  # a new browser's number; a page may have a new key in a form
SINCE = "2000-01-01"
NOT_TEXT = (
    "%00", "%01", "%1b", "%7f", "%C2%85", "%ED%A0%80", "%C0%80", "%FF%FE", "%E3%81", "%", "%4", "%zz", "a%20%00b",
    "%u3042",
)  # fmt: skip
NO_DAY = (
    "0", "1", "-1", "1e9", "1711929600", "2026-W14", "20260401", "2026-02-30", "0000-01-01", "NaN", "true", "today",
)  # fmt: skip
NO_NUMBER = ("1.0", "1_0", "+5", " 5", "５", "1e3", "9" * 30, "-" + "9" * 30, "NaN", "inf", "true", "")
WHICH_FORM = "Use a date in the form YYYY-MM-DD, for example 2026-04-01."
BODIES = {
    "empty": b"",
    "cut": b'{"text": "a"',
    "nested": b"[" * 100_000,
    "not UTF-8": b'{"text": "\xff"}',
    "lone surrogate": b'{"text": "\\ud800"}',
    "huge number": b'{"text": "a", "size": ' + b"9" * 5_000 + b"}",
    "no object": b"[]",
    "not a number": b'{"text": "a", "k": NaN}',
    "too large a float": b'{"text": "a", "size": 1e400}',
    "boolean": b'{"text": "a", "k": true}',
    "number as text": b'{"text": "a", "k": "3"}',
    "day as number": b'{"text": "a", "filters": {"date_from": 0}}',
    "control character": b'{"text": "a", "deal_id": "\\u0000"}',
    "in a filter": b'{"text": "a", "filters": {"tag": ["\\u0000"]}}',
    "unknown": b'{"text": "a", "texts": "b"}',
}


def paths(app: FastAPI) -> list[str]:
    """Return an address of every route; parameters are filled in with something that does not exist."""

    def below(routes: Any) -> Iterator[str]:
        for route in routes:
            if not isinstance(route, Mount):
                yield from below(route.original_router.routes) if hasattr(route, "original_router") else [route.path]

    return sorted({re.sub(r"\{[^}]*\}", "nothing", path) for path in below(app.routes)})


def assert_refused(response: Response, status: int = 422) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert set(response.json()) == {"error"}
    error: dict[str, Any] = response.json()["error"]
    assert set(error) == {"code", "message", "fields"} and error["message"]
    return error


@pytest.mark.parametrize("path", READ)
def test_head_is_get_without_a_body(client: TestClient, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert head.status_code == got.status_code and head.content == b""
    fixed = [{k: v for k, v in r.headers.items() if k not in VARYING} for r in (got, head)]
    assert fixed[0] == fixed[1]
    assert int(head.headers["content-length"]) > 0


def test_nobody_searches_or_opens_with_head(make_client: MakeClient) -> None:
    client = make_client()
    activity: Activity = client.app.state.services.activity  # type: ignore[attr-defined]
    for path in ("/?q=price", "/api/v1/search?q=price", f"/entries/{ENTRY}"):
        response = client.head(path)
        assert response.status_code == 200 and "set-cookie" not in response.headers
    assert activity.searches(SINCE) == []
    client.get("/?q=price")
    assert len(activity.searches(SINCE)) == 1


def test_a_wrong_method_is_405_with_the_right_ones_on_every_route(make_client: MakeClient) -> None:
    client = make_client(readonly=True)
    assert isinstance(client.app, FastAPI)
    known = paths(client.app)
    assert len(known) > 40
    signed: Any = {"headers": {"origin": ADDRESS}, "follow_redirects": False}
    for path in known:
        tried = {method: client.request(method, path, **signed) for method in METHODS}
        offered = {method for method, response in tried.items() if response.status_code != 405}
        offered |= {"OPTIONS"} | ({"HEAD"} if "GET" in offered else set())
        for method in (*METHODS, "HEAD", "TRACE", "OPTIONS"):
            response = tried.get(method) or client.request(method, path, **signed)
            if method == "OPTIONS":
                assert response.status_code == 204
            elif method in offered:
                continue
            else:
                assert response.status_code == 405, (method, path)
            assert set(response.headers["allow"].split(", ")) == offered, (method, path)


def test_a_wrong_method_is_a_page_for_browsers_and_json_for_programs(client: TestClient) -> None:
    assert_refused(client.delete("/api/v1/search", headers={"accept": "text/html", "origin": ADDRESS}), 405)
    page = client.get("/meeting/save", headers={"accept": "text/html", "accept-language": "en"})
    assert page.status_code == 405 and '<html lang="en">' in page.text and "<nav" in page.text


@pytest.mark.parametrize("text", NOT_TEXT)
def test_what_is_not_text_is_refused_in_every_address(client: TestClient, text: str) -> None:
    for path in ("/api/v1/search?q={}", "/api/v1/search?tag={}", "/api/v1/entries?{}=1", "/healthz?x={}"):
        fields = assert_refused(client.get(path.format(text)))["fields"]
        assert [set(field) for field in fields] == [{"name", "message"}]
    assert assert_refused(client.get(f"/api/v1/entries/{text}"))["fields"][0]["name"] == "path"
    for path in (f"/?q={text}", f"/entries/{text}", f"/scoreboard?industry={text}"):
        page = client.get(path, headers={"accept": "text/html", "accept-language": "ja"})
        assert page.status_code == 422 and "入力し直してください" in page.text and "<nav" in page.text


def test_what_is_not_text_is_never_logged(make_client: MakeClient) -> None:
    client = make_client()
    for text in NOT_TEXT:
        client.get(f"/?q=price{text}")
        client.get(f"/api/v1/search?q=price{text}")
    assert client.app.state.services.activity.searches(SINCE) == []  # type: ignore[attr-defined]


def test_line_breaks_and_tabs_are_white_space_in_a_question(client: TestClient) -> None:
    found = client.get("/api/v1/search?q=%E4%BE%A1%E6%A0%BC%0D%0A%09%0B%E9%AB%98%E3%81%84")
    assert found.json()["query"] == "価格 高い"
    assert_refused(client.get("/api/v1/entries/a%0Ab"))


@pytest.mark.parametrize("day", NO_DAY)
def test_what_is_no_day_is_refused_with_the_format(client: TestClient, day: str) -> None:
    for path in ("/api/v1/search", "/api/v1/entries", "/api/v1/scoreboard?by=angle"):
        for name in ("date_from", "date_to"):
            error = assert_refused(client.get(f"{path}{'&' if '?' in path else '?'}{name}={day}"))
            assert error["fields"] == [{"name": name, "message": WHICH_FORM}]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_there_are_leave_nothing_out_of_bounds(client: TestClient, day: str) -> None:
    for path in ("/api/v1/search?q=a", "/api/v1/scoreboard?by=reason", "/scoreboard?by=reason", "/?q=a"):
        assert client.get(f"{path}&date_from={day}&date_to={day}").status_code == 200


@pytest.mark.parametrize("period", ["0", "1", "2026-W99", "0001-W01", "9999-12", "9999-W52", "2026-13", "NaN"])
def test_a_period_that_cannot_be_is_refused(client: TestClient, period: str) -> None:
    assert_refused(client.get("/api/v1/meeting", params={"period": period}))
    assert client.get("/meeting", params={"period": period}).status_code == 422


@pytest.mark.parametrize("number", NO_NUMBER)
def test_a_number_is_whole_and_within_bounds(client: TestClient, number: str) -> None:
    for name in ("limit", "offset"):
        assert assert_refused(client.get("/api/v1/search", params={name: number}))["fields"][0]["name"] == name


@pytest.mark.parametrize("query", ["q=a&q=b", "limit=1&limit=1", "date_from=2026-01-01&date_from=2026-01-02"])
def test_one_value_is_not_given_twice(client: TestClient, query: str) -> None:
    assert assert_refused(client.get(f"/api/v1/search?{query}"))["fields"][0]["message"] == "Given more than once."
    assert client.get("/api/v1/search?kind=deal&kind=note&trust=overdue&trust=verified").status_code == 200


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_is_wrong_is_refused(client: TestClient, body: str) -> None:
    for path in ("/api/v1/deals/similar", "/api/v1/entries/check", "/api/v1/entries"):
        assert_refused(client.post(path, content=BODIES[body], headers=JSON))


def test_broken_json_is_refused_with_line_and_column(client: TestClient) -> None:
    error = assert_refused(client.post("/api/v1/deals/similar", content=b'{\n  "text": a}', headers=JSON))
    assert "line 2 column 11" in error["message"]


def test_parameters_beside_json_are_refused_instead_of_ignored(client: TestClient) -> None:
    error = assert_refused(client.post("/api/v1/entries/check?kind=deal", json={"text": "# a"}))
    assert error["fields"] == [{"name": "kind", "message": "Unknown parameter."}]


@pytest.mark.parametrize("kind", ["application/xml", "multipart/form-data; boundary=x", "image/png", "text/html"])
def test_a_body_of_another_type_is_415(client: TestClient, kind: str) -> None:
    for path in ("/api/v1/deals/similar", "/api/v1/entries/check", "/api/v1/entries"):
        error = assert_refused(client.post(path, content=b'{"text": "a"}', headers={"content-type": kind}), 415)
        assert error["code"] == "unknown_type" and "application/json" in error["message"]
    for path in ("/gaps", "/write"):
        assert client.post(path, content=b"a=b", headers={"content-type": kind}).status_code == 415


def test_the_bounds_of_a_value_stand_in_the_document(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    query = {p["name"]: p["schema"] for p in document["paths"]["/api/v1/search"]["get"]["parameters"]}
    assert (query["limit"]["minimum"], query["limit"]["maximum"], query["offset"]["minimum"]) == (1, 100, 0)
    assert query["tag"]["items"]["maxLength"] == 200 and query["tag"]["maxItems"] == 50
    assert query["q"]["maxLength"] == 1_000
    body = document["paths"]["/api/v1/deals/similar"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["size"]["anyOf"][0]["minimum"] == 1
    assert body["properties"]["deal_id"]["maxLength"] == 500 and body["properties"]["k"]["minimum"] == 1
