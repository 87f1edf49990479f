"""The audit log under attack: refused requests, a full disk, a locked file, programs that never stop."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.http.rates import Rates, Windows
from app.main import create_app
from app.services import Services
from kb.people.audit import Audit, Wanted
from kb.people.errors import NotLoggedError
from kb.people.file import PeopleFile
from kb.viewer import Viewer
from tests.app.conftest import ADDRESS, FILES, Browser, MakeClient
from tests.app.signing import as_person
from tests.attack.small_disk import fill, free, small_disk
from tests.words import note

ASA = Viewer("a1", "浅井 麻", "admin", frozenset())
API = {"accept": "application/json"}


def services(client: TestClient) -> Services:
    opened: Services = client.app.state.services  # type: ignore[attr-defined]
    return opened


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    """A server where an administrator has signed in."""
    opened = make_client(FILES, auth="local")
    admin = services(opened).people.people.add("admin@example.com", "浅井 麻", "admin", ["sales"])
    as_person(opened, admin)
    return opened


def events(client: TestClient) -> list[tuple[str, str]]:
    return [(row.event, row.about) for row in services(client).people.audit.rows(Wanted())]


def test_a_foreign_host_that_knocks_all_night_is_one_row(client: TestClient) -> None:
    for number in range(200):
        client.get(f"/entries/deals/secret-{number}", headers={"host": "evil.example"})
    services(client).people.audit.close()
    (row,) = services(client).people.audit.rows(Wanted(event="denied"))
    assert row.known == {"count": 200, "route": "GET /entries/…", "status": 403}
    assert (row.network, row.person) == ("testclient", "")


def test_saves_archives_and_exports_are_logged_by_id_and_without_their_texts(
    client: TestClient, tmp_path: Path
) -> None:
    saved = client.post("/api/v1/entries", json={"text": note("秘密の題")})
    entry = saved.json()["id"]
    assert saved.status_code == 201, saved.text
    assert client.post(f"/api/v1/entries/{entry}/archive").status_code == 200
    assert client.post(f"/api/v1/entries/{entry}/restore").status_code == 200
    assert client.get("/api/v1/scoreboard.csv?by=industry&outcome=won").status_code == 200
    assert client.get("/?q=%E7%A7%98%E5%AF%86%E3%81%AE%E8%A8%80%E8%91%89").status_code == 200
    found = [event for event in events(client) if event[0] != "sign-in"]
    assert [name for name, _ in found] == ["exported", "entry-restored", "entry-archived", "entry-saved"]
    assert {about for _, about in found[1:]} == {entry}
    (row,) = services(client).people.audit.rows(Wanted(event="exported"))
    assert (row.about, row.known["filters"]) == ("scoreboard", ["by=industry", "outcome=won"])
    assert services(client).people.file.copy_to(tmp_path / "kept.sqlite")
    everything = b"".join(file.read_bytes() for file in tmp_path.glob("kept.sqlite*"))
    assert b"entry-archived" in everything and "秘密の言葉".encode() not in everything


@pytest.mark.files
def test_a_locked_file_refuses_an_export_and_loses_no_save(client: TestClient) -> None:
    with closing(sqlite3.connect(services(client).people.file.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = client.get("/api/v1/scoreboard.csv?by=industry", headers=API)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "not_logged")
        assert client.post("/api/v1/entries", json={"text": note("もうひとつ")}).status_code == 201
        assert client.get("/api/v1/search?q=TCO", headers=API).status_code == 200
        assert services(client).people.audit.waiting == 1
        other.execute("ROLLBACK")
    services(client).people.audit.retry()
    assert services(client).people.audit.waiting == 0
    assert [event for event, _ in events(client)].count("entry-saved") == 1
    assert services(client).people.audit.verify() == []


def test_a_full_disk_refuses_what_must_be_logged_and_keeps_the_rest_for_later(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 2) as disk:
        file = PeopleFile(disk / "people.sqlite")
        audit = Audit(file)
        audit.note("sign-in", ASA)
        fill(disk)
        audit.note("entry-saved", ASA, "deals/kept")
        while not audit.trouble:  # what the write-ahead log still holds
            audit.note("entry-saved", ASA, "deals/filling")
        with pytest.raises(NotLoggedError):
            audit.note("exported", ASA, count=1)
        assert audit.rows(Wanted(event="sign-in"))
        waiting = audit.waiting
        free(disk)
        audit.retry()
        assert (waiting > 0, audit.waiting, audit.trouble) == (True, 0, "")
        assert audit.verify() == []
        assert not audit.rows(Wanted(event="exported"))
        file.close()


def test_a_program_that_never_stops_is_told_when_to_come_back(make_client: MakeClient) -> None:
    opened = services(make_client({}, auth="local", rate_person=5))
    person = opened.people.people.add("asa@example.com", "浅井 麻", "reader", [])
    now = [100.0]
    rates = Rates(opened.settings, Windows(lambda: now[0]))
    client = Browser(create_app(opened.settings, opened, rates=rates), base_url=ADDRESS)
    as_person(client, person)
    answers = [client.get("/api/v1/playbook", headers=API) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert (answers[-1].headers["retry-after"], answers[-1].json()["error"]["code"]) == ("60", "too_many_requests")
    page = client.get("/playbook", headers={"accept": "text/html"})
    assert (page.status_code, "リクエストが多すぎます" in page.text) == (429, True)
    assert client.get("/static/app.css").status_code == 200
    now[0] += 60
    assert client.get("/api/v1/playbook", headers=API).status_code == 200
