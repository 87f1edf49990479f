"""Saving over HTTP: what is refused, what is answered, and that nothing happens twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import MakeClient
from tests.words import note

LONG = "倉庫の点検を紙でやめた話。" * 6


@pytest.fixture
def client(make_client: MakeClient) -> Iterator[TestClient]:
    yield make_client({"talk-tracks/price.md": note("価格の切り返し", LONG, kind="talk-track")})


def _folder(client: TestClient) -> Path:
    app: Any = client.app
    return Path(app.state.services.settings.entries)


def _create(client: TestClient, text: str, **headers: str) -> Any:
    return client.post("/api/v1/entries", json={"text": text}, headers=headers)


def test_a_new_entry_is_created_and_found(client: TestClient) -> None:
    answer = _create(client, note("青葉精工の受注", "試行で決まった。", kind="deal", outcome="won"))
    body = answer.json()
    assert answer.status_code == 201 and body["id"] == "deals/青葉精工の受注" and body["findable"]
    assert client.get(answer.headers["location"]).json()["outcome"] == "won"
    assert answer.headers["etag"] == f'"{body["content_hash"]}"'
    assert client.get("/api/v1/search", params={"q": "青葉精工"}).json()["hits"][0]["id"] == body["id"]


def test_markdown_is_taken_as_it_is(client: TestClient) -> None:
    text = note("素のMarkdown", "本文。").encode()
    answer = client.post("/api/v1/entries?kind=campaign", content=text, headers={"content-type": "text/markdown"})
    assert answer.json()["path"] == "campaigns/素のmarkdown.md"
    assert (_folder(client) / answer.json()["path"]).read_bytes() == text


def test_the_same_key_creates_once(client: TestClient) -> None:
    first, second = (_create(client, note("一度だけ", "本文。"), **{"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json() == second.json() and len(list((_folder(client) / "notes").glob("*.md"))) == 1


def test_a_key_used_for_another_text_swallows_nothing(client: TestClient) -> None:
    _create(client, note("一つ目", "はじめの本文。"), **{"Idempotency-Key": "k"})
    answer = _create(client, note("二つ目", "別の本文。"), **{"Idempotency-Key": "k"})
    assert answer.status_code == 422 and answer.json()["error"]["code"] == "key_reused"
    assert "notes/一つ目" in answer.json()["error"]["message"]


def test_the_same_text_is_refused_and_can_be_forced(client: TestClient) -> None:
    text = note("別の題", LONG)
    refused = _create(client, text)
    assert refused.status_code == 409 and "talk-tracks/price" in refused.json()["error"]["message"]
    assert client.post("/api/v1/entries", json={"text": text, "force": True}).status_code == 201


def test_a_change_says_which_version_it_starts_from(client: TestClient) -> None:
    source = client.get("/api/v1/entries/talk-tracks/price/source")
    assert source.headers["content-type"].startswith("text/markdown")
    address, text = "/api/v1/entries/talk-tracks/price", source.text.replace("点検", "検査")
    assert client.put(address, json={"text": text}).status_code == 428
    assert client.put(address, json={"text": text}, headers={"If-Match": "*"}).status_code == 428
    headers = {"If-Match": source.headers["etag"]}
    changed = client.put(address, json={"text": text}, headers=headers)
    assert changed.status_code == 200 and changed.headers["etag"] != source.headers["etag"]
    stale = client.put(address, json={"text": text + "追記"}, headers=headers)
    assert stale.status_code == 412 and stale.json()["error"]["code"] == "stale_edit"
    assert (_folder(client) / "talk-tracks/price.md").read_text("utf-8") == text


def test_an_archived_entry_is_out_of_every_answer(client: TestClient) -> None:
    assert client.post("/api/v1/entries/talk-tracks/price/archive").status_code == 200
    assert client.get("/api/v1/search", params={"q": "価格"}).json()["total"] == 0
    assert client.post("/api/v1/entries/talk-tracks/price/restore").status_code == 200
    assert client.get("/api/v1/search", params={"q": "価格"}).json()["total"] == 1


def test_a_text_nothing_names_is_refused_with_the_field(client: TestClient) -> None:
    answer = _create(client, "---\nkind: deal\noutcome: lost\n---\n値引きで負けた。\n")
    error = answer.json()["error"]
    assert answer.status_code == 422 and error["code"] == "untitled" and error["fields"][0]["name"] == "customer"
    assert not list(_folder(client).glob("deals/*"))
    checked = client.post("/api/v1/entries/check", json={"text": "本文だけ。"}).json()
    assert checked["title"] == "" and "title" in checked["problems"][0]["message"]
    named = _create(client, "---\nkind: deal\ncustomer: 青葉精工\n---\n試行で決まった。\n")
    assert named.json()["id"] == "deals/青葉精工"


def test_a_check_writes_nothing_and_says_what_it_sees(client: TestClient) -> None:
    text = f"---\ntitle: 点検\nkind: deal\noutcome: wonn\n---\n{LONG.replace('紙', '帳票')}\n"
    found = client.post("/api/v1/entries/check", json={"text": text}).json()
    assert found["kind"] == "deal" and [p["line"] for p in found["problems"]] == [4]
    assert found["similar"][0]["id"] == "talk-tracks/price" and found["similar"][0]["why"]
    same = client.post("/api/v1/entries/check", json={"text": note("x", LONG)}).json()
    assert same["same_as"] == "talk-tracks/price"
    assert [path.name for path in _folder(client).rglob("*.md")] == ["price.md"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"json": {}}, 422),
        ({"json": {"text": "x", "colour": "red"}}, 422),
        ({"json": {"text": ""}}, 422),
        ({"json": {"text": "a\x00b"}}, 422),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 422),
        ({"content": b"\xff\xfe\x00", "headers": {"content-type": "text/markdown"}}, 422),
        ({"json": {"text": "あ" * 700_000}}, 422),
        ({"content": b"x" * 9_000_000, "headers": {"content-type": "text/markdown"}}, 413),
        ({"json": {"text": "x", "kind": "poem"}}, 422),
        ({"content": b'{"text": "\\ud800"}', "headers": {"content-type": "application/json"}}, 422),
    ],
)
def test_what_cannot_be_saved_is_refused_in_words(client: TestClient, sent: dict[str, Any], status: int) -> None:
    answer = client.post("/api/v1/entries", **sent)
    assert answer.status_code == status and answer.json()["error"]["message"]
    assert len(list(_folder(client).rglob("*"))) == 2


@pytest.mark.parametrize("title", ["../../x", "CON", "名" * 300, "🎉🎊", "a/b\\c", "."])
def test_any_title_makes_a_file_inside_the_folder(client: TestClient, title: str) -> None:
    answer = _create(client, f"# {title}\n本文 {title}\n")
    assert answer.status_code == 201
    place = _folder(client) / answer.json()["path"]
    assert place.is_file() and place.parent == _folder(client) / "notes"
    assert client.get(answer.headers["location"]).status_code == 200


def test_an_entry_this_server_may_not_show_cannot_be_changed(make_client: MakeClient) -> None:
    files = {"notes/secret.md": note("極秘", "値引きの話。", visibility="sales")}
    client = make_client(files, visibility=frozenset({"all"}))
    assert client.get("/api/v1/entries/notes/secret/source").status_code == 404
    assert client.put("/api/v1/entries/notes/secret", json={"text": "x"}, headers={"If-Match": "x"}).status_code == 404
    assert client.post("/api/v1/entries/notes/secret/archive").status_code == 404


def test_a_server_that_only_reads_takes_nothing_and_offers_nothing(make_client: MakeClient) -> None:
    client = make_client({"notes/a.md": note("前から", "本文。")}, readonly=True)
    assert _create(client, note("新しい", "別の本文。")).status_code == 403
    assert client.post("/api/v1/entries/notes/a/archive").status_code == 403
    page = client.get("/entries/notes/a", headers={"accept": "text/html"}).text
    assert 'href="/new"' not in page and "/edit/" not in page
    assert [path.name for path in _folder(client).rglob("*.md")] == ["a.md"]


def test_other_sites_cannot_save(client: TestClient) -> None:
    answer = client.post("/api/v1/entries", json={"text": "x"}, headers={"origin": "https://elsewhere.example"})
    assert answer.status_code == 403 and not list((_folder(client)).glob("notes/*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_said_in_words(client: TestClient) -> None:
    _folder(client).chmod(0o500)
    answer = _create(client, note("入らない", "本文。"))
    _folder(client).chmod(0o700)
    assert answer.status_code == 507 and "may not write" in answer.json()["error"]["message"]
