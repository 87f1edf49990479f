"""Several processes on one socket: none that ends is missed, and together they end as one."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from app.cli.running import running_server
from app.cli.workers import Worker, WorkersEndError, watch_over
from app.data_folder import is_held
from tests.postgresql import RunningPostgres
from tests.waiting import wait_until
from tests.words import write

pytestmark = pytest.mark.slow  # starts processes

ROOT = Path(__file__).parents[3]
IDLE = 8  # connections
BODY = b'{"text": "# a"}'


def _kb(place: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start `kb` over a base without entries and with a model that is not there, so that none is loaded."""
    write(place, "entries/playbook.yaml", "company: 架空\n")
    given = {"KB_ENTRIES": str(place / "entries"), "KB_DATA": str(place / "var"), "KB_MODEL": str(place / "no-model")}
    command = [sys.executable, "-c", "from app.cli.main import main; main()", "--lang", "en", *arguments]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **given, **environment}
    return subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True)


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def _children(process: subprocess.Popen[str]) -> list[int]:
    place = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(number) for number in place.read_text().split()] if place.exists() else []


def _is_alive(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _listens(number: int) -> bool:
    """Whether a process waits for connections: its event loop runs."""
    handles = Path(f"/proc/{number}/fd")
    try:
        return any("eventpoll" in os.readlink(handle) for handle in handles.iterdir())
    except OSError:
        return False


@contextmanager
def _serving(place: Path, postgres: RunningPostgres) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve with two processes; yield the one that watches over them, and the address."""
    port = _free_port()
    server = _kb(place, "serve", "--workers", "2", "--port", port, KB_DATABASE_URL=postgres.empty())
    try:
        wait_until(lambda: server.poll() is not None or _are_serving(server), "two processes that serve")
        assert server.poll() is None, server.communicate()
        wait_until(lambda: bool(running_server(place / "var")), "an answer")
        yield server, f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.communicate()


def _are_serving(server: subprocess.Popen[str]) -> bool:
    return len(_children(server)) == 2 and all(map(_listens, _children(server)))


def _answers(url: str) -> bool:
    with urlopen(f"{url}/healthz", timeout=300) as answer:
        return bool(json.load(answer)["status"] == "ok")


def _place(url: str) -> str:
    return url.removeprefix("http://")


def _connected(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=300)


def _head(url: str, length: int) -> bytes:
    """Return the head of a request that sends its body once the application waits for it."""
    lines = (
        "POST /api/v1/entries/check HTTP/1.1",
        f"Host: {_place(url)}",
        "Connection: close",
        "Expect: 100-continue",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    )
    return "\r\n".join((*lines, "", "")).encode()


def test_who_asks_never_notices_that_processes_are_killed_and_the_server_ends_with_the_last_request(
    tmp_path: Path, postgres: RunningPostgres
) -> None:
    with _serving(tmp_path, postgres) as (server, url):
        one, other = _children(server)
        os.kill(one, signal.SIGKILL)
        while one in _children(server):
            assert _answers(url)
        wait_until(lambda: _are_serving(server), "another process")
        assert other in _children(server)
        for number in _children(server):
            os.kill(number, signal.SIGKILL)
        assert _answers(url)  # by one that is only started now
        with ExitStack() as opened:
            idle = [opened.enter_context(_connected(url)) for _ in range(IDLE)]
            for client in idle:
                client.sendall(f"GET /healthz HTTP/1.1\r\nHost: {_place(url)}\r\n\r\n".encode())
                assert client.recv(1_000).startswith(b"HTTP/1.1 200 ")
            last = opened.enter_context(_connected(url))
            last.sendall(_head(url, len(BODY)))
            assert last.recv(100).startswith(b"HTTP/1.1 100 ")
            server.send_signal(signal.SIGTERM)
            for client in idle:  # until it is closed: the process is ending
                while client.recv(1_000):
                    pass
            last.sendall(BODY)
            answer = b"".join(iter(lambda: last.recv(1_000), b""))
            assert answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 503 ")) and answer.endswith(b"}")
        assert server.wait(timeout=300) == 0
    assert not (tmp_path / "var/server.json").exists() and not is_held(tmp_path / "var")


def test_none_outlives_the_one_that_watches_over_them(tmp_path: Path, postgres: RunningPostgres) -> None:
    with _serving(tmp_path, postgres) as (server, _):
        children = _children(server)
        server.kill()
        server.wait()
        wait_until(lambda: not any(map(_is_alive, children)), "the processes to end")


def test_a_pool_of_connections_that_ends_is_no_news() -> None:
    code = (
        "from app.cli.worker import prepare_process; from kb.shared.database import Database; prepare_process(2, 1);"
        " Database('postgresql://kb@127.0.0.1:1/kb').within('public').dispose()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_several_processes_need_a_database(tmp_path: Path) -> None:
    server = _kb(tmp_path, "serve", "--workers", "2", "--port", _free_port())
    _, said = server.communicate(timeout=300)
    assert server.returncode == 1 and "only with a PostgreSQL database" in said and "Traceback" not in said
    assert not (tmp_path / "var/server.json").exists()


def test_a_port_in_use_is_said_once(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        server = _kb(tmp_path, "serve", "--workers", "2", "--port", port, KB_DATABASE_URL="postgresql+psycopg://h/kb")
        _, said = server.communicate(timeout=300)
    assert server.returncode == 1 and said.count(f"Port {port} is in use") == 1


def test_processes_that_end_as_soon_as_they_start_end_the_server() -> None:
    starts: list[bool] = []

    def begin(is_new: bool) -> subprocess.Popen[bytes]:
        starts.append(is_new)
        return subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"], stdin=subprocess.PIPE)

    with pytest.raises(WorkersEndError):
        watch_over([Worker(1, begin)], threading.Event())
    assert starts == [True, False, False, False]
