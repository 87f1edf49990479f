"""Whose name stands under what is written: with sign-in only one's own, without it one that is asked once."""

from __future__ import annotations

import html
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import MakeClient
from tests.app.signed_in import browser_of, services_behind, signed_in
from tests.words import note

SATO = "佐藤 花子"
TRACK = note("価格の切り返し", "何と比べて高いか。", kind="talk-track", review_by="2020-01-01")
JA = {"accept": "text/html", "accept-language": "ja"}


@pytest.fixture
def client(make_client: MakeClient) -> Iterator[TestClient]:
    yield make_client({"talk-tracks/price.md": TRACK, "notes/other.md": note("監査", "記録。")}, auth="local")


def _folder(client: TestClient) -> Path:
    return services_behind(client).settings.entries


def _text(client: TestClient, path: str) -> str:
    return (_folder(client) / path).read_text("utf-8")


def _form(page: str) -> dict[str, str]:
    """Return the fields of the editor as a browser would send them."""
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
    source = page.split('name="source" hidden>\n')[1].split("</textarea>")[0]
    return {name: html.unescape(value) for name, value in fields.items()} | {"source": html.unescape(source)}


def _keep_history(client: TestClient) -> None:
    subprocess.run(["git", "init", "-q", str(_folder(client))], check=True)


def _last_author(client: TestClient) -> str:
    asked = ["git", "-C", str(_folder(client)), "log", "-1", "--format=%an <%ae>"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def test_who_verifies_is_who_is_signed_in_whatever_the_form_says(client: TestClient) -> None:
    _keep_history(client)
    person, browser = signed_in(client, "hanako@example.jp", SATO)
    browser.post("/verify/talk-tracks/price", data={"by": "田中"}, follow_redirects=False)
    assert f"verified_by: {SATO}" in _text(client, "talk-tracks/price.md")
    assert "田中" not in _text(client, "talk-tracks/price.md")
    assert _last_author(client) == f"{SATO} <{person.id}@localhost>"
    assert SATO in browser.get("/history/talk-tracks/price", headers=JA).text
    assert "author=" not in "".join(browser.cookies)


def test_nothing_asks_for_a_name_where_people_sign_in(client: TestClient) -> None:
    _keep_history(client)
    _, browser = signed_in(client, "hanako@example.jp", SATO)
    pages = ("/new/deal-lost", "/edit/talk-tracks/price", "/review", "/entries/talk-tracks/price", "/playbook/edit",
             "/gaps", "/?q=zzz", "/mine")  # fmt: skip
    for page in pages:
        text = browser.get(page, headers=JA).text
        assert 'name="by"' not in text and '<input id="f-owner"' not in text, page


def test_a_new_entry_belongs_to_who_writes_it_and_an_owner_is_not_typed(client: TestClient) -> None:
    _, browser = signed_in(client, "hanako@example.jp", SATO, "author")
    page = browser.get("/new/deal-lost", headers=JA).text
    assert f'<option value="{SATO}" selected>' in page
    form = {**_form(page), "title": "失注した話", "body": "話。", "do": "save", "outcome": "lost"}
    saved = browser.post("/write", data={**form, "owner": SATO, "by": "田中"}, follow_redirects=False)
    entry = unquote(saved.headers["location"]).removeprefix("/entries/").partition("?")[0]
    assert entry.startswith("deals/失注した話") and f"owner: {SATO}" in _text(client, f"{entry}.md")
    form = _form(browser.get(f"/edit/{entry}", headers=JA).text)
    browser.post("/write", data={**form, "title": "失注した話", "owner": "田中", "do": "save"}, follow_redirects=False)
    assert f"owner: {SATO}" in _text(client, f"{entry}.md")
    form = _form(browser.get(f"/edit/{entry}", headers=JA).text)
    browser.post("/write", data={**form, "title": "失注した話", "owner": "", "do": "save"}, follow_redirects=False)
    assert "owner" not in _text(client, f"{entry}.md")


def test_nobody_verifies_in_the_name_of_another_by_writing_it(client: TestClient) -> None:
    _, author = signed_in(client, "taro@example.jp", "鈴木 太郎", "author")
    _, editor = signed_in(client, "hanako@example.jp", SATO)
    forged = note("偽の確認", "別の話。", verified_by="田中", verified_on="2026-01-01")
    refused = author.post("/api/v1/entries", json={"text": forged, "author": "田中"})
    assert refused.status_code == 403 and not list((_folder(client) / "notes").glob("偽の確認*"))
    forged = note("別の確認", "また別の話。", verified_by="田中", verified_on="2026-01-01")
    saved = editor.post("/api/v1/entries", json={"text": forged}).json()
    assert f"verified_by: {SATO}" in _text(client, saved["path"])
    page = author.get("/edit/talk-tracks/price", headers=JA).text
    whole = _text(client, "talk-tracks/price.md").replace("title:", "verified_by: 田中\ntitle:")
    author.post("/write", data={**_form(page), "mode": "whole", "whole": whole, "do": "save"}, follow_redirects=False)
    assert "田中" not in _text(client, "talk-tracks/price.md")


def test_two_people_of_one_name_stay_apart(client: TestClient) -> None:
    pairs = [signed_in(client, f"{name}@example.jp", SATO) for name in ("hanako", "h.sato")]
    written = []
    for _, browser in pairs:
        browser.post("/verify/talk-tracks/price", follow_redirects=False)
        written += re.findall("verified_by: '?([^'\n]+)", _text(client, "talk-tracks/price.md"))
    assert written == [f"{SATO} (hanako@example.jp)", f"{SATO} (h.sato@example.jp)"]


def test_an_old_name_is_linked_to_a_person(make_client: MakeClient) -> None:
    client = make_client(
        {"talk-tracks/price.md": note("価格", "話。", kind="talk-track", owner="佐藤", review_by="2020-01-01")},
        auth="local",
    )
    person, browser = signed_in(client, "hanako@example.jp", "佐藤")
    assert browser.get("/api/v1/mine").json()["count"] == 0
    services_behind(client).people.names.link("佐藤", person.id)
    assert [one["entry"]["id"] for one in browser.get("/api/v1/mine").json()["reviews"]] == ["talk-tracks/price"]
    _, other = signed_in(client, "other@example.jp", "佐藤")
    assert other.get("/api/v1/mine").json()["count"] == 0


def test_without_sign_in_a_name_is_asked_once_and_changed_in_one_place(make_client: MakeClient) -> None:
    client = make_client({"talk-tracks/price.md": TRACK})
    _keep_history(client)
    for page in ("/edit/talk-tracks/price", "/entries/talk-tracks/price", "/review", "/playbook/edit"):
        assert client.get(page, headers=JA).text.count('name="by"') == 1, page
    client.post("/verify/talk-tracks/price", data={"by": "  大橋 <x@y> "}, follow_redirects=False)
    assert "verified_by: 大橋 x@y" in _text(client, "talk-tracks/price.md")
    for page in ("/edit/talk-tracks/price", "/entries/talk-tracks/price", "/review", "/playbook/edit"):
        assert 'name="by"' not in client.get(page, headers=JA).text, page
    client.post("/mine/name", data={"by": "三浦"}, follow_redirects=False)
    assert 'value="三浦"' in client.get("/mine", headers=JA).text
    client.post("/archive/talk-tracks/price", follow_redirects=False)
    assert _last_author(client) == "三浦 <kachisuji@localhost>"


def test_a_name_cannot_pretend_to_be_the_id_of_a_person(make_client: MakeClient) -> None:
    client = make_client({"talk-tracks/price.md": TRACK})
    _keep_history(client)
    text = note("新しい", "新しい話。")
    client.post("/api/v1/entries", json={"text": text, "author": "大橋 <0123456789abcdef>"})
    assert _last_author(client) == "大橋 0123456789abcdef <kachisuji@localhost>"


def test_searches_of_a_person_are_under_a_hash_and_follow_them_to_another_browser(client: TestClient) -> None:
    person, browser = signed_in(client, "hanako@example.jp", SATO)
    other = browser_of(client, person)
    for one, words in ((browser, "南極の在庫"), (other, "北極の在庫")):
        one.get("/", params={"q": words}, headers=JA)
        assert "asker" not in one.cookies
    services = services_behind(client)
    searches = services.activity.searches("")
    assert {one.asker for one in searches} == set(services.people.askers.of(person.id))
    assert person.id not in str(searches) and SATO not in str(searches)


def test_a_form_of_one_person_is_not_taken_from_another(client: TestClient) -> None:
    first, second = (signed_in(client, f"{name}@example.jp", name)[1] for name in "ab")
    token = {"x-csrf-token": first.form_token()}
    assert first.post("/helpful/notes/other", headers=token, follow_redirects=False).status_code == 303
    assert second.post("/helpful/notes/other", headers=token, follow_redirects=False).status_code == 403


def test_a_form_without_an_owner_is_read_like_one_with_an_empty_owner(client: TestClient) -> None:
    _, browser = signed_in(client, "hanako@example.jp", SATO, "author")
    answer = browser.post("/write", data={"kind": "note", "title": "担当のない話", "do": "check"}, headers=JA)
    assert answer.status_code == 200
