"""The Atom feed of new entries: well formed, cheap to ask again, and as each reader sees the base."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from kb.clock import Clock
from tests.app.conftest import ADDRESS, MakeClient
from tests.app.signed_in import browser_of, services_behind
from tests.words import note

ATOM = "{http://www.w3.org/2005/Atom}"
NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
FILES = {
    "deals/won.md": "---\nkind: deal\ntitle: 青葉精工の受注 & <b>\noutcome: won\nclosed_on: 2026-11-25\nowner: Aoi\n"
    "---\n## 次に使うこと\n試算表。\n",
    "deals/open.md": "---\nkind: deal\ntitle: 続いている商談\noutcome: open\ndate: 2026-11-26\n---\n",
    "notes/old.md": note("古い記録", date="2026-01-05"),
    "notes/undated.md": note("日付のない記録"),
    "notes/draft.md": note("下書き", status="draft"),
    "notes/future.md": note("先の記録", date="2027-01-05"),
    "notes/sales.md": note("極秘の記録", visibility="sales", date="2026-11-24"),
}


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    """An application with sign-in, and two people."""
    client = make_client(FILES, auth="local", public_url="https://kb.example.com", clock=Clock(lambda: NOW))
    folder: Path = services_behind(client).settings.entries
    os.utime(folder / "notes/undated.md", (NOW.timestamp(), datetime(2026, 11, 20, tzinfo=UTC).timestamp()))
    for name, team in (("Aoi", "sales"), ("Mori", "marketing")):
        services_behind(client).people.people.add(f"{name.lower()}@example.com", name, "reader", [team])
    return client


def _browser(client: TestClient, name: str) -> Any:
    person = services_behind(client).people.people.by_address(f"{name}@example.com")
    assert person is not None
    return browser_of(client, person)


def _titles(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [node.findtext(f"{ATOM}title") or "" for node in ElementTree.fromstring(answer.content).iter(f"{ATOM}entry")]


def test_each_reads_the_new_entries_they_may_see_newest_first(client: TestClient) -> None:
    own = ["青葉精工の受注 & <b>", "極秘の記録", "日付のない記録", "古い記録"]
    assert _titles(_browser(client, "aoi").get("/feed.atom")) == own
    assert _titles(_browser(client, "mori").get("/feed.atom")) == [own[0], *own[2:]]


def test_it_is_an_atom_document(client: TestClient) -> None:
    answer = _browser(client, "aoi").get("/feed.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml") and answer.content.startswith(b"<?xml")
    root = ElementTree.fromstring(answer.content)
    assert root.tag == f"{ATOM}feed"
    ids = []
    for node in (root, *root.iter(f"{ATOM}entry")):  # RFC 4287: exactly one of each, and who wrote it
        for name in ("id", "title", "updated"):
            assert len(node.findall(f"{ATOM}{name}")) == 1, name
        ids.append(node.findtext(f"{ATOM}id") or "")
        assert datetime.fromisoformat(node.findtext(f"{ATOM}updated") or "").tzinfo is UTC
        links = node.findall(f"{ATOM}link")
        assert [link.get("rel") for link in links] == ["alternate"]
        assert all((link.get("href") or "").startswith("https://kb.example.com/") for link in links)
    assert len(set(ids)) == len(ids) and all(one.startswith("https://kb.example.com/") for one in ids)
    assert root.find(f"{ATOM}author") is not None
    deal = next(root.iter(f"{ATOM}entry"))
    assert deal.findtext(f"{ATOM}summary") == "試算表。" and deal.findtext(f"{ATOM}author/{ATOM}name") == "Aoi"
    assert [one.get("label") for one in deal.findall(f"{ATOM}category")] == ["商談", "受注"]


def test_asking_again_costs_nothing(client: TestClient) -> None:
    browser = _browser(client, "aoi")
    tag = browser.get("/feed.atom").headers["etag"]
    again = browser.get("/feed.atom", headers={"if-none-match": tag})
    assert again.status_code == 304 and again.content == b""
    assert _browser(client, "mori").get("/feed.atom", headers={"if-none-match": tag}).status_code == 200


def test_pages_name_it(client: TestClient) -> None:
    assert 'type="application/atom+xml"' in _browser(client, "aoi").get("/").text
    assert "atom+xml" not in client.get("/sign-in").text


def test_a_token_reads_it_and_nobody_else(client: TestClient) -> None:
    people = services_behind(client).people
    person = people.people.by_address("mori@example.com")
    assert person is not None
    _, secret = people.tokens.make(person, "reader")
    assert "極秘の記録" not in _titles(client.get("/feed.atom", headers={"authorization": f"Bearer {secret}"}))
    refused = client.get("/feed.atom", headers={"accept": "application/atom+xml"}, follow_redirects=False)
    assert refused.status_code == 401


def test_a_personal_address_reads_the_feed_and_nothing_else(client: TestClient, tmp_path: Path) -> None:
    browser = _browser(client, "aoi")
    page = browser.post("/me/feed", data={"do": "make"})
    assert page.headers["cache-control"].endswith("no-store")
    address = page.text.partition("https://kb.example.com/feeds/")[2].partition("<")[0]
    path = f"/feeds/{address}"
    assert "極秘の記録" in _titles(client.get(path)) and _titles(client.head(path) and client.get(path))
    secret = path.partition(".atom")[0].rpartition("/")[2]
    assert services_behind(client).people.file.copy_to(tmp_path / "kept.sqlite")
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("kept.sqlite*"))
    assert b"aoi@example.com" in kept and secret.encode() not in kept
    assert secret not in browser.get("/me/mail").text  # shown once
    for other in ("/feeds/", f"/feeds/{secret[:-1]}.atom", "/feeds/nothing.atom", f"/feeds/{secret}/../../mine"):
        assert client.get(other, follow_redirects=False).status_code in (303, 401, 404), other
    assert client.get("/mine", headers={"authorization": f"Bearer {secret}"}).status_code == 401
    browser.post("/me/feed", data={"do": "end"})
    assert client.get(path, follow_redirects=False).status_code == 401


def test_a_new_address_a_disabled_person_and_a_new_start_end_it(client: TestClient) -> None:
    people, browser = services_behind(client).people, _browser(client, "aoi")
    person = people.people.by_address("aoi@example.com")
    assert person is not None
    first, second = people.feeds.make(person.id), people.feeds.make(person.id)
    assert client.get(f"/feeds/{first}.atom").status_code == 401
    assert client.get(f"/feeds/{second}.atom").status_code == 200
    people.people.change(person.id, is_disabled=True)
    assert client.get(f"/feeds/{second}.atom").status_code == 401
    people.people.change(person.id, is_disabled=False)
    browser = _browser(client, "aoi")
    browser.post("/me/sessions", data={"which": "all", "tokens": "1"})
    assert client.get(f"/feeds/{second}.atom").status_code == 401


def test_without_sign_in_there_is_one_feed(make_client: MakeClient) -> None:
    alone = make_client(FILES, clock=Clock(lambda: NOW))
    root = ElementTree.fromstring(alone.get("/feed.atom").content)
    assert (root.findtext(f"{ATOM}id") or "") == f"{ADDRESS}/feed.atom"
    assert alone.get("/feeds/anything.atom").status_code == 403


def test_a_feed_leaves_pictures_as_they_are(make_client: MakeClient) -> None:
    client = make_client(
        {
            "deals/won.md": note("受注", kind="deal", outcome="won", used="[talk-tracks/a]"),
            "talk-tracks/a.md": note("型", kind="talk-track"),
        }
    )
    assert client.get("/feed.atom").status_code == 200
    assert "<svg" in client.get("/lineage/deals/won").text
