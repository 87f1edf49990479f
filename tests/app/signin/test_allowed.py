"""What each role may do: every route has a rule, and pages and API obey the same one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from app.http.allowed import ALLOWED
from ingest.sync import sync
from kb.viewer import NOBODY, ROLES
from tests.app.conftest import ADDRESS, MakeClient
from tests.app.signin.conftest import PAGE, As
from tests.words import write

OWN = "---\ntitle: 書いた人の記録\nowner: Author\n---\n価格の話。\n"
OTHERS = "---\ntitle: ほかの人の記録\nowner: Somebody\n---\n競合の話。\n"
UNOWNED = "---\ntitle: 担当のない記録\n---\n業種の話。\n"
FILES = {"notes/own.md": OWN, "notes/others.md": OTHERS, "notes/unowned.md": UNOWNED}


def routes_of(routes: Any) -> Iterator[str]:
    """Yield the routes of an application, as the table names them."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield from (f"{method} {route.path}" for method in route.methods or ())
        elif hasattr(route, "original_router"):
            yield from routes_of(route.original_router.routes)


def test_every_route_has_a_rule_and_every_rule_a_route(client: TestClient) -> None:
    assert isinstance(client.app, FastAPI)
    routes = set(routes_of(client.app.routes))
    assert len(routes) > 80
    assert routes - set(ALLOWED) == set(), "say in app/http/allowed.py who may use it"
    assert set(ALLOWED) - routes == set()


def test_who_may_not_is_refused_before_anything_else_happens(signed_in: As) -> None:
    browsers = {role: signed_in(role) for role in ROLES}
    refused = 0
    for route, need in ALLOWED.items():
        method, path = route.split(" ", 1)
        place = path.replace("{entry_id:path}", "notes/none").replace("{name}", "note")
        for role in ROLES[: ROLES.index(need.role)]:
            answer = browsers[role].request(method, place, headers={**PAGE, "origin": ADDRESS})
            assert answer.status_code == 403, (role, route)
            refused += 1
    assert refused > 40


def test_a_refusal_says_what_is_missing_and_who_can_give_it(signed_in: As) -> None:
    page = signed_in("reader").get("/new", headers={**PAGE, "accept-language": "ja"})
    assert "記録の作成と編集には「執筆者」の権限が必要です。管理者（Admin）に依頼してください。" in page.text
    answer = signed_in("author").post("/api/v1/entries/notes/x/archive").json()["error"]
    assert answer["code"] == "forbidden" and "role 'editor' is needed" in answer["message"]


def test_nobody_is_less_than_every_person() -> None:
    assert not NOBODY.is_at_least("author") and NOBODY.audiences == frozenset()


@pytest.fixture
def mine(signed_in: As, stranger: TestClient) -> TestClient:
    """The browser of an author, over an entry of theirs, one of somebody else, and one that nobody owns."""
    assert isinstance(stranger.app, FastAPI)
    services = stranger.app.state.services
    for path, text in FILES.items():
        write(services.settings.entries, path, text)
    services.library.with_index(partial(sync, folder=services.settings.entries))
    services.library.refresh()
    return signed_in("author")


def _put(browser: TestClient, entry_id: str, text: str) -> int:
    tag = browser.get(f"/api/v1/entries/{entry_id}/source").headers["etag"]
    sent = {"text": text, "force": True}
    headers = {"if-match": tag, "origin": ADDRESS}
    answer = browser.put(f"/api/v1/entries/{entry_id}", json=sent, headers=headers)
    assert answer.status_code == 200 or answer.json()["error"]["code"] == "forbidden"
    return answer.status_code


def test_an_author_changes_own_and_unowned_entries_only(mine: TestClient, signed_in: As) -> None:
    assert _put(mine, "notes/own", OWN + "続き。\n") == 200
    assert _put(mine, "notes/unowned", UNOWNED + "続き。\n") == 200
    assert _put(mine, "notes/others", OTHERS + "続き。\n") == 403
    assert mine.get("/edit/notes/others", headers=PAGE).status_code == 403
    assert mine.get("/edit/notes/own", headers=PAGE).status_code == 200
    assert "/edit/notes/others" not in mine.get("/entries/notes/others", headers=PAGE).text
    assert "/edit/notes/own" in mine.get("/entries/notes/own", headers=PAGE).text
    assert _put(signed_in("editor"), "notes/others", OTHERS + "編集者の続き。\n") == 200


def test_an_author_takes_no_entry_by_naming_oneself_the_owner(mine: TestClient) -> None:
    assert _put(mine, "notes/others", OTHERS.replace("Somebody", "Author")) == 403


def test_an_author_neither_verifies_nor_archives_by_hand(mine: TestClient) -> None:
    for line in ("verified_on: 2026-11-01", "verified_by: Author", "status: archived"):
        assert _put(mine, "notes/own", OWN.replace("owner:", f"{line}\nowner:")) == 403
    assert mine.post("/api/v1/entries", json={"text": "---\nverified_on: 2026-11-01\n---\n# 新\n"}).status_code == 403
    assert (
        mine.post("/api/v1/entries", json={"text": "---\nstatus: draft\n---\n# 下書き\n新しい話。\n"}).status_code
        == 201
    )


def test_a_reader_sees_no_button_that_would_be_refused(mine: TestClient, signed_in: As) -> None:
    for role, path, hidden in (
        ("reader", "/entries/notes/own", ('href="/edit/', 'action="/archive/', 'href="/new')),
        ("author", "/entries/notes/own", ('action="/archive/', 'action="/verify/')),
        ("reader", "/playbook", ('href="/playbook/edit"',)),
        ("author", "/new", ('href="/new/files"',)),
        ("reader", "/meeting", ('action="/meeting/save"',)),
        ("reader", "/gaps", ('action="/gaps"',)),
    ):
        text = signed_in(role).get(path, headers=PAGE).text
        assert [part for part in hidden if part in text] == [], (role, path)


def test_without_sign_in_nothing_is_refused(make_client: MakeClient) -> None:
    alone = make_client()
    assert alone.get("/new", headers=PAGE).status_code == 200
    assert alone.get("/me", headers=PAGE, follow_redirects=False).headers["location"] == "/"
    assert alone.get("/sign-in", headers=PAGE, follow_redirects=False).headers["location"] == "/"
    assert "vary" in alone.get("/", headers=PAGE).headers and 'href="/me"' not in alone.get("/", headers=PAGE).text


def test_openapi_says_how_a_program_signs_in(client: TestClient, make_client: MakeClient) -> None:
    assert "securitySchemes" not in client.get("/openapi.json").json()["components"]  # nobody signs in there
    app: Any = make_client({}, auth="local").app
    described = app.openapi()
    assert set(described["components"]["securitySchemes"]) == {"token", "session"}
    operations = [one for path, of in described["paths"].items() if path.startswith("/api/") for one in of.values()]
    assert operations and all("401" in one["responses"] and one["security"] for one in operations)
