"""The first of those who see a part of the entries is told that it is being put together."""

from __future__ import annotations

from threading import Event, Thread
from typing import Any

from starlette.testclient import TestClient

from app.preparing import Preparing
from kb.viewer import Viewer
from tests.app.conftest import MakeClient
from tests.app.signed_in import services_behind, signed_in

JA = {"accept": "text/html", "accept-language": "ja"}


def _being_made(client: TestClient, viewer: Viewer, until: Event) -> None:
    services_behind(client).preparing.begin((viewer.audiences, viewer.role), until.wait)


def test_a_page_says_that_it_is_being_prepared_and_opens_by_itself(make_client: MakeClient) -> None:
    client = make_client(auth="local")
    person, browser = signed_in(client, "mori@example.jp", "Mori", "reader")
    app: Any = client.app
    app.state.patience, made = 0, Event()
    _being_made(client, person.viewer, made)
    page = browser.get("/loop", headers=JA)
    assert (page.status_code, page.headers["retry-after"], page.headers["refresh"]) == (503, "5", "5")
    assert "あなたが見られる記録を準備しています" in page.text
    answers: list[int] = []
    asking = Thread(target=lambda: answers.append(browser.get("/api/v1/loop").status_code))
    asking.start()
    assert answers == []  # a program waits
    made.set()
    asking.join(30)
    assert answers == [200]
    assert browser.get("/loop", headers=JA).status_code == 200


def test_who_waits_for_the_same_waits_for_one_making() -> None:
    preparing, go = Preparing(), Event()
    made: list[str] = []

    def make(name: str) -> str:
        go.wait()
        made.append(name)
        return name

    begun = [preparing.begin("one", lambda name=name: make(name)) for name in ("a", "b")]  # type: ignore[misc]
    go.set()
    assert [one.result(30) for one in begun] == ["a", "a"]
    assert preparing.begin("one", lambda: make("c")).result(30) == "c" and made == ["a", "c"]
    preparing.close()
