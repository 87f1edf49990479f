"""A server and its data folder: one at a time, found by what it is and not by where it was."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest

from app.cli.running import announce, ask, running_server
from app.data_folder import HeldError, base_id, held, is_held
from tests.waiting import wait_until
from tests.words import write

pytestmark = pytest.mark.slow  # starts processes, or waits for background work

ROOT = Path(__file__).parents[3]


def _kb(place: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start `kb` over a base without entries and with a model that is not there, so that none is loaded."""
    given = {"KB_ENTRIES": str(place / "entries"), "KB_DATA": str(place / "var"), "KB_MODEL": str(place / "no-model")}
    command = [sys.executable, "-c", "from app.cli.main import main; main()", *arguments]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **given, **environment}
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@contextmanager
def _serving(place: Path) -> Iterator[subprocess.Popen[str]]:
    write(place, "entries/playbook.yaml", "company: 架空\n")
    server = _kb(place, "serve", "--port", _free_port())
    try:
        wait_until(lambda: server.poll() is not None or bool(running_server(place / "var")), "the server")
        assert server.poll() is None, server.communicate()
        yield server
    finally:
        server.kill()
        server.communicate()


def test_a_server_is_found_by_its_base_and_no_second_one_starts(tmp_path: Path) -> None:
    with _serving(tmp_path):
        url = running_server(tmp_path / "var")
        assert url and json.load(urlopen(f"{url}/healthz"))["base"] == base_id(tmp_path / "var")
        second = _kb(tmp_path, "serve", "--port", _free_port())
        _, said = second.communicate(timeout=120)
        assert second.returncode == 1 and f"is already running at {url}" in said and "Traceback" not in said


def test_doctor_asks_the_running_server_how_its_jobs_are_doing(tmp_path: Path) -> None:
    with _serving(tmp_path):
        url = running_server(tmp_path / "var") or ""
        wait_until(lambda: "warm" in ask(url, "/readyz", [], "en")["degraded"], "the missing model to be noticed")
        doctor = _kb(tmp_path, "doctor", "--json")
        found = {finding["name"]: finding for finding in json.loads(doctor.communicate(timeout=120)[0])}
    assert not found["server"]["ok"] and "has not answered a question" in found["server"]["detail"]
    assert not found["job_warm"]["ok"] and "no-model" in found["job_warm"]["detail"]
    assert found["job_watch"]["ok"] and "last success: " in found["job_watch"]["detail"]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_server_that_is_ended_leaves_no_note(tmp_path: Path, end: signal.Signals) -> None:
    with _serving(tmp_path) as server:
        assert (tmp_path / "var/server.json").exists()
        server.send_signal(end)
        assert server.wait(timeout=300) == 0
    assert not (tmp_path / "var/server.json").exists() and not is_held(tmp_path / "var")


def test_a_server_that_was_killed_is_in_nobodys_way(tmp_path: Path) -> None:
    with _serving(tmp_path) as server:
        server.kill()
        server.wait()
        assert (tmp_path / "var/server.json").exists()
        assert running_server(tmp_path / "var") is None
        with held(tmp_path / "var"):
            assert is_held(tmp_path / "var")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("kb.example.co.jp", "http://kb.example.co.jp:8000"),
    ],
)
def test_a_note_says_where_the_server_can_be_asked_on_this_machine(tmp_path: Path, host: str, url: str) -> None:
    write(tmp_path, "server.json", "an old note")
    announce(tmp_path, host, 8000, frozenset({"all"}))
    note = json.loads((tmp_path / "server.json").read_text("utf-8"))
    assert note == {"url": url, "pid": os.getpid(), "shown": ["all"], "secret": ""}
    assert [path.name for path in tmp_path.iterdir()] == ["server.json"]


def test_a_port_in_use_is_said_before_anything_is_indexed(tmp_path: Path) -> None:
    write(tmp_path, "entries/a.md", "# a")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        server = _kb(tmp_path, "--lang", "ja", "serve", "--port", str(other.getsockname()[1]))
        _, said = server.communicate()
    assert server.returncode == 1
    assert said.strip().endswith("はほかのプログラムが使っています。KB_PORTで別のポートを指定してください。")
    assert len(said.strip().splitlines()) == 1 and not (tmp_path / "var/server.json").exists()


class _Stranger(BaseHTTPRequestHandler):
    """Another program at the address of the note."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.said)  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        """Be silent."""


@pytest.mark.parametrize(
    "said", ['{"status": "ok"}', '{"status": "ok", "base": ""}', '{"base": "0123"}', "[]", "hello"]
)
def test_what_answers_at_the_address_and_is_another_base_is_not_asked(tmp_path: Path, said: str) -> None:
    with HTTPServer(("127.0.0.1", 0), _Stranger) as stranger, held(tmp_path):
        stranger.said = said.encode()  # type: ignore[attr-defined]
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{stranger.server_port}"
        write(tmp_path, "server.json", json.dumps({"url": url, "pid": 1}))
        assert running_server(tmp_path) is None
        stranger.said = json.dumps({"base": base_id(tmp_path)}).encode()  # type: ignore[attr-defined]
        assert running_server(tmp_path) == url
        stranger.shutdown()


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with held(tmp_path / "var"), pytest.raises(HeldError), held(tmp_path / "var"):
        pass
    assert not is_held(tmp_path / "var") and not is_held(tmp_path / "none")


@pytest.mark.parametrize("command", [("serve",), ("sync",), ("rebuild",), ("search", "価格"), ("meeting",)])
def test_a_data_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path, command: tuple[str, ...]) -> None:
    write(tmp_path, "entries/playbook.yaml", "company: 架空\n")
    write(tmp_path, "file", "in the way")
    done = _kb(tmp_path, *command, KB_DATA=str(tmp_path / "file/var"))
    _, said = done.communicate(timeout=120)
    assert done.returncode == 1 and said.startswith("The data folder '") and "Traceback" not in said
