"""The pictures of the scoreboard: drawn once, kept, and never waited for."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from app.charts.draw import draw
from app.charts.drawings import Drawing, Picture
from app.charts.gallery import Gallery
from app.pages.board.page import prepare
from app.services import Services
from kb.insight.scoreboard import BYS
from tests.app.conftest import MakeClient
from tests.app.pages.test_board import board_files, page_of, pending_in
from tests.words import note

pytestmark = pytest.mark.slow  # starts processes, or waits for background work


class Draws:
    """Draws, and counts how often."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, drawing: Drawing) -> Picture:
        """Draw."""
        self.count += 1
        return draw(drawing)


def _with_gallery(client: TestClient, draws: Callable[[Drawing], Picture]) -> Services:
    app: Any = client.app
    app.state.services = replace(app.state.services, gallery=Gallery(draws))
    return cast(Services, app.state.services)


def test_a_page_does_not_wait_for_its_pictures_and_gets_them_at_their_own_address(make_client: MakeClient) -> None:
    client, may_draw = make_client(board_files()), threading.Event()

    def when_allowed(drawing: Drawing) -> Picture:
        may_draw.wait(30)
        return draw(drawing)

    _with_gallery(client, when_allowed)
    page = client.get("/scoreboard", headers={"accept-language": "ja"}).text
    pending = pending_in(page)
    assert len(pending) == 2 and "図を描いています" in page and '<details class="numbers" open>' in page
    assert "7勝0敗 (7件)" in page and 'class="chart' not in page
    may_draw.set()
    picture = client.get(pending[0])
    assert picture.text.count("<svg") == 2 and "同業の事例" in picture.text and " style=" not in picture.text
    assert picture.headers["content-type"].startswith("text/html") and "content-security-policy" in picture.headers
    later = page_of(client, "/scoreboard")
    assert picture.text in later.replace("\n", "") and '<details class="numbers">' in later and not pending_in(later)
    assert client.get("/pictures/none").status_code == 404


def test_a_picture_is_drawn_once_until_its_numbers_change(make_client: MakeClient) -> None:
    client, draws = make_client(board_files()), Draws()
    _with_gallery(client, draws)
    for _ in range(3):
        page_of(client, "/scoreboard")
    assert draws.count == 2
    page_of(client, "/scoreboard", "en")
    assert draws.count == 4
    saved = client.post("/api/v1/entries", json={"text": note("覚え書き", "数字は変わらない。")})
    assert saved.status_code == 201 and (page_of(client, "/scoreboard"), draws.count)[1] == 4
    deal = note("新しい商談", "決まった。", kind="deal", outcome="won", industry="食品", angles="[peer]")
    assert client.post("/api/v1/entries", json={"text": deal}).status_code == 201
    assert ">8/8<" in page_of(client, "/scoreboard") and draws.count == 6


def test_what_every_tab_shows_is_drawn_before_anybody_asks(make_client: MakeClient) -> None:
    client, draws = make_client(board_files()), Draws()
    services = _with_gallery(client, draws)
    prepare(services, services.library, lambda: False)
    before = draws.count
    for by in BYS:
        for language in ("ja", "en"):
            headers = {"accept-language": language}
            assert not pending_in(client.get(f"/scoreboard?by={by}", headers=headers).text)
    assert draws.count == before > 0


def test_what_is_prepared_ends_when_the_server_does(make_client: MakeClient) -> None:
    client, draws = make_client(board_files()), Draws()
    services = _with_gallery(client, draws)
    prepare(services, services.library, lambda: True)
    assert draws.count == 0


def test_a_picture_that_cannot_be_drawn_leaves_its_table(make_client: MakeClient) -> None:
    client = make_client(board_files())

    def fails(_drawing: Drawing) -> Picture:
        raise OSError("no fonts")

    _with_gallery(client, fails)
    (place, *_) = pending_in(client.get("/scoreboard").text)
    assert client.get(place).status_code == 404
    assert "7勝0敗 (7件)" in client.get("/scoreboard", headers={"accept-language": "ja"}).text


def test_a_picture_that_could_not_be_drawn_is_tried_again(make_client: MakeClient) -> None:
    client, failures = make_client(board_files()), [OSError("no memory")]

    def draws_later(drawing: Drawing) -> Picture:
        if failures:
            raise failures.pop()
        return draw(drawing)

    app: Any = client.app
    for pause, picture in ((60.0, False), (0.0, True)):
        app.state.services = replace(app.state.services, gallery=Gallery(draws_later, pause=pause))
        failures.append(OSError("no memory"))
        (place, *_) = pending_in(client.get("/scoreboard").text)
        assert client.get(place).status_code == 404
        client.get("/scoreboard")
        assert (client.get(place).status_code == 200) is picture


def test_the_server_starts_without_what_draws() -> None:
    code = "import sys, app.main; print(sorted({'altair', 'vl_convert'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
