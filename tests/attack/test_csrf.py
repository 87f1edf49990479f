"""A form is taken only from a page of ours, shown to whoever sends it; and nothing typed is lost when it is not."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from app.http.csrf import HEADER
from tests.app.conftest import ADDRESS, Browser, MakeClient, client, make_client
from tests.words import note

__all__ = ["client", "make_client"]
JA = {"accept": "text/html", "accept-language": "ja"}
TEMPLATES = Path(__file__).parents[2] / "app/templates"
POSTING = re.compile(r'<form\b[^>]*method="post".*?</form>', re.DOTALL)
DRAFT = {
    "kind": "note",
    "mode": "form",
    "do": "save",
    "key": "k",
    "title": "夜間の窓口",
    "body": "一行目\r\n\r\n二行目",
    "source": "\n",
}


def _routes(client: TestClient) -> list[str]:
    def below(routes: Any) -> Iterator[APIRoute]:
        for route in routes:
            if hasattr(route, "original_router"):
                yield from below(route.original_router.routes)
            elif isinstance(route, APIRoute) and "POST" in route.methods:
                yield route

    app: Any = client.app
    paths = [route.path for route in below(app.routes) if not route.path.startswith(("/api/", "/mcp", "/slack/"))]
    ids = [re.sub(r"\{\w+:path\}", "deals/aoba", path.replace("{form}", "md")) for path in paths]
    return [re.sub(r"\{\w+\}", "aoba", path) for path in ids]


def _sent(client: TestClient, path: str, **options: Any) -> Any:
    """Send a form as a page of somebody else in the same browser would, were its origin not checked."""
    headers = {"origin": ADDRESS, **JA, **options.pop("headers", {})}
    return client.request("POST", path, headers=headers, follow_redirects=False, **options)


def test_no_page_takes_a_form_without_its_token(client: TestClient) -> None:
    client.get("/")
    absent = []
    for path in (paths := _routes(client)):
        answers = [
            _sent(client, path),
            _sent(client, path, data={"csrf": ""}),
            _sent(client, path, data={"csrf": "0" * 64}),
            _sent(client, path, data={"csrf": "価格"}),
            _sent(client, path, files=[("csrf", (None, "0" * 64))]),
            _sent(client, path, headers={HEADER: "0" * 64}),
        ]
        if {answer.status_code for answer in answers} == {404}:
            absent.append(path)
            continue
        assert {answer.status_code for answer in answers} <= {403, 415}, path
    assert len(paths) - len(absent) >= 25 and all("passkey" in path for path in absent)  # without accounts


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_assistants_take_nothing_that_a_form_can_send(client: TestClient, kind: str) -> None:
    asked = '{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}'
    sent = {"content": asked, "headers": {"content-type": kind, "accept": "application/json"}}
    assert _sent(client, "/mcp", **sent).status_code in (400, 406, 415)
    sent["headers"]["content-type"] = "application/json"  # as a program sends it, which a page elsewhere cannot
    assert _sent(client, "/mcp", **sent).status_code == 200


def test_the_token_of_another_browser_is_refused(client: TestClient) -> None:
    app: Any = client.app
    other = Browser(app, base_url=ADDRESS)
    token = re.findall(r'"csrf" content="(\w+)"', other.get("/").text)[0]
    assert _sent(other, "/helpful/deals/aoba", data={"csrf": token}).status_code == 303
    client.get("/")
    assert _sent(client, "/helpful/deals/aoba", data={"csrf": token}).status_code == 403


def test_every_form_has_the_token() -> None:
    forms = [
        (path.name, form) for path in TEMPLATES.glob("*.html") for form in POSTING.findall(path.read_text("utf-8"))
    ]
    assert len(forms) >= 25
    assert [(name, form[:80]) for name, form in forms if "{{ csrf_field }}" not in form] == []


@pytest.mark.parametrize(
    "page",
    ["/", "/?q=zzz", "/new", "/new/note", "/new/files", "/entries/talk-tracks/price", "/edit/deals/aoba", "/gaps",
     "/review", "/playbook", "/playbook/edit", "/meeting", "/deals/similar", "/judge"],
)  # fmt: skip
def test_every_form_of_a_page_has_the_token_of_the_browser(client: TestClient, page: str) -> None:
    text = client.get(page, headers=JA).text
    token = re.findall(r'"csrf" content="(\w+)"', text)[0]
    for form in POSTING.findall(text):
        assert f'<input type="hidden" name="csrf" value="{token}">' in form
    assert client.get(page, headers=JA).text.count(token) == text.count(token)  # it stays: a page can be cached


def test_what_was_typed_is_sent_again_with_one_click(make_client: MakeClient) -> None:
    client = make_client({"notes/first.md": note("先", "話")})
    client.get("/")
    refused = _sent(client, "/write", data={**DRAFT, "csrf": "0" * 64})
    assert refused.status_code == 403 and "まだ送信されていません" in refused.text
    [form] = re.findall(r'<form id="again" action="/write" method="post">.*?</form>', refused.text, re.DOTALL)
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
    again = _sent(client, "/write", data={name: html.unescape(value) for name, value in fields})
    assert again.status_code == 303
    app: Any = client.app
    saved = (app.state.services.settings.entries / "notes/夜間の窓口.md").read_text("utf-8")
    assert "一行目\n\n二行目" in saved


def test_a_page_of_an_earlier_address_comes_back_to_it(client: TestClient) -> None:
    client.get("/")
    refused = _sent(client, "/history/deals/aoba?version=abc%26d", data={"base": '"><script>'})
    assert 'action="/history/deals/aoba?version=abc%26d"' in refused.text and "<script>\n" not in refused.text
    assert "&#34;&gt;&lt;script&gt;" in refused.text


def test_a_program_that_sends_json_needs_no_token(client: TestClient) -> None:
    answer = _sent(client, "/api/v1/entries/check", json={"text": "# 題\n\n話"})
    assert answer.status_code == 200
