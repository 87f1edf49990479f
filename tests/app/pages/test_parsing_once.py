"""A text is parsed once and handed on, whatever is done with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt
from starlette.testclient import TestClient

from app.pages.view import FRAGMENT_HEADER
from ingest import document
from ingest.chunk import chunk_entry
from tests.app.conftest import ADDRESS, FILES, MakeClient
from tests.counting import counting
from tests.words import note

NEW = note("新しい題", "## 一\n初めての話。\n\n## 二\n続きの話。", tag="価格")
ONCE = {"yaml": 1, "markdown": 1, "chunks": 1}
TWICE = {"yaml": 2, "markdown": 2, "chunks": 1}  # what is changed, and what becomes of it
FORM = {"kind": "deal", "source": FILES["deals/aoba.md"], "title": "別の題", "body": "別の話。\n"}
Do = Callable[[], int]  # returns the status


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    return make_client(FILES)


@pytest.fixture
def counted(client: TestClient) -> Callable[[Do], Mapping[str, int]]:
    """How often a request parses and chunks, once the application has read its playbook."""
    app: Any = client.app
    app.state.services.intake.index_files([])

    def count(do: Do) -> Mapping[str, int]:
        with counting(yaml=yaml.compose, markdown=MarkdownIt.parse, chunks=chunk_entry) as found:
            assert do() < 400
        return found

    return count


def _put(client: TestClient) -> int:
    tag = client.get("/api/v1/entries/deals/aoba?part=source").headers["etag"]
    sent = {"text": FILES["deals/aoba.md"].replace("三つ", "四つ")}
    headers = {"if-match": tag, "origin": ADDRESS}
    return client.put("/api/v1/entries/deals/aoba", json=sent, headers=headers).status_code


def _check(client: TestClient) -> int:
    return client.post("/api/v1/entries/check", json={"text": NEW}).status_code


def _preview(client: TestClient, body: str = FORM["body"]) -> int:
    sent = {**FORM, "body": body, "do": "check"}
    return client.post("/write", data=sent, headers={FRAGMENT_HEADER: "review"}).status_code


def _create(client: TestClient) -> int:
    return client.post("/api/v1/entries", json={"text": NEW}).status_code


def _preview_twice(client: TestClient) -> int:
    return _preview(client) and _preview(client, "さらに別の話。\n")


REQUESTS: dict[str, tuple[Callable[[TestClient], int], Mapping[str, int]]] = {
    "create": (_create, ONCE),
    "change": (_put, ONCE),
    "check": (_check, ONCE),
    "check and create": (lambda c: _check(c) and _create(c), {**ONCE, "chunks": 2}),
    "archive": (lambda c: c.post("/api/v1/entries/deals/aoba/archive").status_code, TWICE),
    "open the form": (lambda c: c.get("/edit/deals/aoba").status_code, {"yaml": 1, "markdown": 1}),
    "begin": (lambda c: c.get("/new/deal-won").status_code, {"yaml": 2, "markdown": 2}),
    "preview": (_preview, TWICE),
    "preview again": (_preview_twice, {"yaml": 3, "markdown": 3, "chunks": 2}),
    "page with preview": (lambda c: c.post("/write", data={**FORM, "do": "check"}).status_code, TWICE),
    "save the form": (lambda c: c.post("/write", data=FORM, follow_redirects=False).status_code, TWICE),
}


@pytest.mark.parametrize("request_", REQUESTS)
def test_one_request_parses_each_text_once(
    client: TestClient, counted: Callable[[Do], Mapping[str, int]], request_: str
) -> None:
    send, expected = REQUESTS[request_]
    document._remembered.cache_clear()
    assert counted(lambda: send(client)) == expected
