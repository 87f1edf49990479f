"""A server that is started while an engine is away says so, waits, and serves once it is back; all of it for real."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from app.services import open_services
from app.settings import Settings
from app.unopened import answer_meanwhile
from ingest.sync import sync
from kb.errors import DatabaseAwayError
from tests.embedding_service import embedding_service
from tests.postgresql import RunningPostgres, running_postgres
from tests.waiting import wait_until
from tests.words import WordEmbedder, note, write

pytestmark = pytest.mark.slow  # starts processes

ROOT = Path(__file__).parents[3]
PAGE = {"accept": "text/html", "accept-language": "ja"}


@contextmanager
def serving(place: Path, *arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a server over a base with one entry; yield it and its address."""
    write(place, "entries/notes/price.md", note("価格の話", "何と比べての高いでしょうか。"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    given = {"KB_ENTRIES": str(place / "entries"), "KB_DATA": str(place / "var")}
    command = [sys.executable, "-c", "from app.cli.main import main; main()", "--lang", "en", "serve", "--port", port]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **given, **environment}
    server = subprocess.Popen([*command, *arguments], env=variables, stderr=subprocess.PIPE, text=True)
    try:
        yield server, f"http://127.0.0.1:{port}"
    finally:
        if server.poll() is None:
            server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)


def asked(address: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Return status and text of an answer; 0 where nobody answers."""
    try:
        with urlopen(Request(address, headers=headers or {}), timeout=60) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()
    except (URLError, OSError):
        return 0, ""


def ready(url: str) -> dict[str, Any]:
    status, body = asked(f"{url}/readyz", {"accept-language": "en"})
    return json.loads(body) if status else {}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_without_the_database_a_server_says_so_and_serves_once_it_is_back(workers: str, tmp_path: Path) -> None:
    with running_postgres() as own:
        address = own.empty()
        own.kill()
        environment = {"KB_DATABASE_URL": address, "KB_MODEL": str(tmp_path / "no-model")}
        with serving(tmp_path, "--workers", workers, **environment) as (server, url):
            wait_until(lambda: bool(ready(url)) or server.poll() is not None, "an answer")
            assert "database cannot be reached" in ready(url)["reason"]
            assert asked(f"{url}/healthz")[0] == 200
            status, page = asked(f"{url}/?q=x", PAGE)
            assert status == 503 and "データベースに接続できません" in page and '<link rel="stylesheet"' in page
            status, answer = asked(f"{url}/api/v1/entries")
            assert (status, json.loads(answer)["error"]["code"]) == (503, "database_away")
            assert asked(f"{url}/", {**PAGE, "host": "elsewhere.example"})[0] == 403
            own.start()
            wait_until(lambda: asked(f"{url}/api/v1/entries?limit=1")[0] == 200, "entries")
            assert server.poll() is None


def test_a_server_that_cannot_even_look_whether_something_is_back_tries_to_open_it(tmp_path: Path) -> None:
    def look() -> bool:
        raise OSError

    with socket.create_server(("127.0.0.1", 0)) as opened:
        settings = Settings(entries=tmp_path, data=tmp_path / "var")
        assert answer_meanwhile(settings, opened, DatabaseAwayError(), look)


def test_a_server_that_waits_can_be_stopped(tmp_path: Path) -> None:
    with serving(tmp_path, KB_DATABASE_URL="postgresql+psycopg://kb@127.0.0.1:1/kb") as (server, url):
        wait_until(lambda: bool(ready(url)), "an answer")
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=60) == 0


def test_a_database_that_does_not_let_the_server_in_stops_it(tmp_path: Path, postgres: RunningPostgres) -> None:
    for address in (postgres.address("nowhere"), postgres.empty().replace("kb@", "nobody@")):
        with serving(tmp_path, KB_DATABASE_URL=address) as (server, _):
            _, said = server.communicate(timeout=120)
        assert server.returncode == 1 and "refuses this server" in said and "does not exist" in said
        assert "Traceback" not in said


def test_the_first_start_without_the_service_that_embeds_waits_for_it(tmp_path: Path) -> None:
    with embedding_service() as service:
        service.stop()
        with serving(tmp_path, KB_EMBEDDINGS_URL=service.url) as (server, url):
            wait_until(lambda: bool(ready(url)) or server.poll() is not None, "an answer")
            assert "waits for the service that embeds" in ready(url)["reason"]
            assert asked(f"{url}/", PAGE)[0] == 503
            service.start()
            wait_until(lambda: ready(url).get("reason") == "", "a server that is ready")


def test_a_server_that_starts_without_chroma_answers_and_finds_what_is_new(tmp_path: Path) -> None:
    write(tmp_path, "entries/notes/price.md", note("価格の話", "何と比べての高いでしょうか。"))
    settings = Settings(entries=tmp_path / "entries", data=tmp_path / "var", chroma_url="http://127.0.0.1:1")
    services = open_services(settings, WordEmbedder())
    try:
        services.library.with_index(partial(sync, folder=settings.entries))
        services.library.refresh()
        assert services.library.search.answer("価格の話").hits and services.vectors_trouble
    finally:
        services.close()
