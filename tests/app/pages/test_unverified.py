"""What an editor verified is the text as it was: an author who changes it ends that, and is told so before."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from kb.viewer import Role
from tests.app.conftest import ADDRESS, MakeClient
from tests.app.signed_in import services_behind, signed_in
from tests.words import note

VERIFIED = note("確認した話", "元の本文。", verified_by="Ed", verified_on="2026-09-01")
TWICE = VERIFIED.replace("verified_by: Ed\n", "verified_by: Ed\n確認日: 2026-09-01\n")
SAYS = "保存すると「確認済み」ではなくなります"


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    return make_client({"notes/a.md": VERIFIED, "notes/twice.md": TWICE}, auth="local")


def _put(client: TestClient, role: Role, text: str, entry: str = "notes/a") -> int:
    _, browser = signed_in(client, f"{role}@example.com", f"The {role}", role)
    place = f"/api/v1/entries/{entry}"
    version = browser.get(f"{place}/source").headers["etag"]
    headers = {"if-match": version, "origin": ADDRESS}
    return browser.put(place, json={"text": text, "force": True}, headers=headers).status_code


def _text(client: TestClient, path: str = "notes/a.md") -> str:
    return (services_behind(client).settings.entries / path).read_text("utf-8")


@pytest.mark.parametrize(("path", "before"), [("notes/a", VERIFIED), ("notes/twice", TWICE)])
def test_what_an_author_changes_is_no_longer_verified(client: TestClient, path: str, before: str) -> None:
    assert _put(client, "author", before.replace("元の本文", "直した本文"), path) == 200
    text = _text(client, f"{path}.md")
    assert "直した本文" in text and "verified" not in text and "確認日" not in text
    entry = services_behind(client).library.entries.get(path)
    assert (entry.verified_by, entry.verified_on) == ("", None)


def test_what_an_author_saves_unchanged_or_an_editor_changes_stays_verified(client: TestClient) -> None:
    assert _put(client, "author", VERIFIED) == 200
    assert _text(client) == VERIFIED
    assert _put(client, "editor", VERIFIED.replace("元の本文", "直した本文")) == 200
    assert "verified_by: Ed" in _text(client)


def test_an_author_verifies_nothing_by_hand(client: TestClient) -> None:
    assert _put(client, "author", VERIFIED.replace("verified_on: 2026-09-01", "verified_on: 2026-09-09")) == 403
    assert _text(client) == VERIFIED


@pytest.mark.parametrize(("role", "is_told"), [("author", True), ("editor", False)])
def test_who_edits_is_told_before_and_after(client: TestClient, role: Role, *, is_told: bool) -> None:
    _, browser = signed_in(client, "one@example.com", "One", role)
    form = browser.get("/edit/notes/a").text
    assert (SAYS in form) == is_told
    base = form.partition('name="base" value="')[2].partition('"')[0]
    sent = {"id": "notes/a", "kind": "note", "base": base, "whole": "1", "do": "save"}
    sent["source"] = VERIFIED.replace("元の本文", "直した本文")
    answer = browser.post("/write", data=sent, follow_redirects=False)
    assert answer.headers["location"] == f"/entries/notes/a?saved={'unverified' if is_told else '1'}"
    assert ("「確認済み」ではなくなりました" in browser.get(answer.headers["location"]).text) == is_told


def test_an_earlier_version_that_an_author_brings_back_is_not_verified(client: TestClient) -> None:
    store = services_behind(client).store
    store.history._git("init", "-q")
    store.history.commit("notes/a.md", "", "")
    assert _put(client, "author", VERIFIED.replace("元の本文", "直した本文")) == 200
    _, browser = signed_in(client, "two@example.com", "Two", "author")
    old = store.history.versions("notes/a.md")[-1].number
    base = store.source("notes/a").content_hash
    assert browser.post(f"/history/notes/a?version={old}", data={"base": base}, follow_redirects=False).is_redirect
    assert "元の本文" in _text(client) and "verified" not in _text(client)
