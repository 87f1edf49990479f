"""A saved meeting shows nothing that was hidden since, and is never saved by half without saying so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from starlette.testclient import TestClient

from app.services import Services
from tests.app.conftest import MakeClient, make_client

__all__ = ["make_client"]

JA = {"accept-language": "ja", "accept": "text/html"}
FORM = {"period": "2026-06", "decisions": "見学会を毎月開く", "actions": "招待状を直す\n席を決める"}
DEAL = "---\ntitle: 黒鉄の更新\noutcome: won\namount: 7654321\nclosed_on: 2026-06-11\n---\n## 学び\n\n半額にした。\n"
FILES = {"deals/a.md": DEAL, "deals/b.md": DEAL.replace("黒鉄の更新", "白金の導入").replace("7654321", "1000000")}
STORED = ("/api/v1/meeting?period=2026-06&stored=true", "/meeting?period=2026-06", "/meeting?period=2026-06&stored=1")


def _services(client: TestClient) -> Services:
    services: Services = client.app.state.services  # type: ignore[attr-defined]
    return services


@contextmanager
def _locked(client: TestClient) -> Iterator[None]:
    """Hold the activity database as another program that writes for long."""
    with closing(sqlite3.connect(_services(client).settings.data / "activity.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


@pytest.mark.parametrize("change", ["hidden", "deleted"])
@pytest.mark.parametrize(("visibility", "is_kept"), [("all", False), ("all,sales,marketing", True)])
def test_a_saved_meeting_shows_no_deal_that_was_hidden_since(
    make_client: MakeClient, visibility: str, is_kept: bool, change: str
) -> None:
    client = make_client(FILES, visibility=visibility)
    client.post("/meeting/save", data=FORM, headers=JA)
    _services(client).intake.retry()
    place = _services(client).settings.entries / "deals/a.md"
    if change == "hidden":
        place.write_text(DEAL.replace("outcome:", "visibility: sales\noutcome:"), "utf-8")
    else:
        place.unlink()
    _services(client).intake.index_files(["deals/a.md"])
    for address in STORED:
        said = client.get(address, headers=JA if "api" not in address else {}).text
        assert ("黒鉄" in said) == is_kept and "白金" in said
        assert ("8,654,321" in said or "8654321" in said or "765万" in said) == is_kept
    page = client.get(STORED[1], headers=JA).text
    assert ("保存時の数字です" in page) == is_kept != ("いまの記録から数えた数字" in page)


@pytest.mark.files
def test_a_meeting_whose_figures_cannot_be_stored_says_that_its_decisions_are_saved(make_client: MakeClient) -> None:
    client = make_client(FILES)
    client.get("/", params={"q": "黒鉄"})
    with _locked(client):
        answer = client.post("/meeting/save", data=FORM, headers=JA, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/meeting?period=2026-06&saved=1&unkept=1")
        _services(client).intake.retry()
        again = client.post("/meeting/figures", data={"period": "2026-06"}, headers=JA, follow_redirects=False)
        assert again.headers["location"].endswith("&unkept=1")
    page = client.get(again.headers["location"], headers=JA).text
    assert (
        "数字は保存できませんでした" in page
        and 'action="/meeting/figures"' in page
        and "会議を保存しました" not in page
    )
    assert "見学会を毎月開く" in client.get("/api/v1/entries/notes/meeting-2026-06/source").text
    kept = client.post("/meeting/figures", data={"period": "2026-06"}, headers=JA)
    assert "保存時の数字です" in kept.text and 'action="/meeting/figures"' not in kept.text
    assert client.get("/meeting?period=2026-06&saved=1&unkept=1", headers=JA).text.count("数字は保存できません") == 0


def test_stored_figures_are_not_stored_again(make_client: MakeClient) -> None:
    client = make_client(FILES)
    client.post("/meeting/save", data=FORM, headers=JA)
    _services(client).intake.retry()
    before = client.get(STORED[0]).json()
    (_services(client).settings.entries / "deals/a.md").unlink()
    _services(client).intake.index_files(["deals/a.md"])
    client.post("/meeting/figures", data={"period": "2026-06"}, headers=JA)
    assert client.get(STORED[0]).json() == before and before["closed"] == 2


def test_an_action_is_not_ticked_off_by_a_request_with_a_wrong_period(make_client: MakeClient) -> None:
    client = make_client(FILES)
    client.post("/meeting/save", data=FORM, headers=JA)
    _services(client).intake.retry()
    task = {"note": "notes/meeting-2026-06", "task": "席を決める", "state": "done"}
    source = "/api/v1/entries/notes/meeting-2026-06/source"
    before = client.get(source).text
    assert client.post("/meeting/mark", data={**task, "period": "zzz"}, headers=JA).status_code == 422
    assert client.get(source).text == before and "- [ ] 席を決める" in before
    client.post("/meeting/mark", data={**task, "period": "2026-07"}, headers=JA)
    assert "- [x] 席を決める" in client.get(source).text
