"""A server answers while its index is still being brought up to date, and says how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.services import Services, open_services
from app.settings import Settings
from tests.app.conftest import ADDRESS, FILES
from tests.engines import Engines
from tests.waiting import wait_until
from tests.words import WordEmbedder, write

PAGE = {"accept": "text/html", "accept-language": "ja"}


def _opened(place: Path, engines: Engines) -> Services:
    settings = Settings(entries=place / "entries", data=place / "var", **engines.settings(place))
    return open_services(settings, WordEmbedder())


@pytest.fixture
def services(tmp_path: Path, engines: Engines) -> Iterator[Services]:
    """Services over files that no index knows."""
    for path, text in FILES.items():
        write(tmp_path, f"entries/{path}", text)
    opened = _opened(tmp_path, engines)
    yield opened
    opened.close()


def _client(services: Services) -> TestClient:
    return TestClient(create_app(services.settings, services, is_prepared=False), base_url=ADDRESS)


def _embed(services: Services, client: TestClient) -> None:
    services.intake.embed_waiting(client.app.state.supervisor.stopping)  # type: ignore[attr-defined]


def test_pages_say_that_the_index_is_being_prepared_and_open_by_themselves(services: Services) -> None:
    client = _client(services)
    for page in ("/?q=価格", "/scoreboard", "/deals/similar?text=価格"):
        answer = client.get(page, headers=PAGE)
        assert answer.status_code == 503
        assert "検索の準備をしています" in answer.text
        assert int(answer.headers["refresh"]) > 0
        assert int(answer.headers["retry-after"]) > 0
    assert client.get("/", headers=PAGE).status_code == 200
    program = client.get("/api/v1/search?q=価格")
    assert program.status_code == 503
    assert "refresh" not in program.headers
    assert "prepared" in program.json()["error"]["message"]


def test_entries_are_found_by_words_before_any_is_embedded_and_ready_means_all_of_it(services: Services) -> None:
    client = _client(services)
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    report = services.intake.prepare()
    assert report and len(report.added) == len(FILES) - 1
    assert report.embedded == 0
    page = client.get("/?q=価格が高い", headers=PAGE)
    assert page.status_code == 200
    assert "切り返し" in page.text
    assert "意味での検索を準備しています" in page.text
    assert "embed" not in page.text
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert "0 of" in ready.json()["reason"] or "0件" in ready.json()["reason"]
    _embed(services, client)
    assert client.get("/readyz").status_code == 200
    assert "準備しています" not in client.get("/?q=価格が高い", headers=PAGE).text


def test_a_start_that_was_killed_before_all_was_embedded_is_finished_by_the_next(
    services: Services, tmp_path: Path, engines: Engines
) -> None:
    _client(services)
    services.intake.prepare()
    again = _opened(tmp_path, engines)
    client = _client(again)
    report = again.intake.prepare()
    assert report and not report.added
    assert client.get("/readyz").status_code == 503
    _embed(again, client)
    index = again.library.with_index(lambda index: index)
    needed = index.catalog.vector_keys()
    assert needed["bodies"] and needed["bodies"] == index.vectors.keys("bodies")
    client.get("/?q=価格")
    assert client.get("/readyz").status_code == 200
    again.close()


@pytest.mark.slow  # waits for background work
def test_a_started_server_becomes_ready_by_itself(services: Services) -> None:
    with _client(services) as client:
        wait_until(lambda: client.get("/readyz").status_code == 200, "readiness")
        write(services.settings.entries, "notes/late.md", "---\ntitle: 遅れてきた話\n---\n遅れてきた。\n")
        wait_until(lambda: "遅れてきた話" in client.get("/?q=遅れてきた", headers=PAGE).text, "a file written later")
