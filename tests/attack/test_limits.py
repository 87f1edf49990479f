"""Nothing is exhausted over HTTP: headers, bodies, slow clients, connections, and turns for what computes."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from starlette.testclient import TestClient

from app.http.connection import ConnectionLimits
from app.http.limits import BODY_BYTES, MOST_ADDRESS_BYTES, MOST_HELD_BYTES, USUAL_BYTES, LimitsMiddleware, limit_of
from app.http.turns import ASKING, SAVING, TurnsMiddleware
from tests.app.conftest import client, make_client
from tests.attack.serving import Attacked, attacked, is_cut, read_all, request, send_until_cut
from tests.waiting import wait_until

__all__ = ["client", "make_client"]
ROOT = Path(__file__).parents[2]
FLOOD = 200_000_000  # bytes; what gets through is what sockets hold and the server ignores
A_LITTLE = 30_000_000
SOON = 0.2  # seconds, for deadlines that a test waits for
JSON = "Content-Type: application/json"
CLOSE = "Connection: close"


@pytest.fixture(scope="module")
def server(client: TestClient) -> Iterator[Attacked]:
    with attacked(client.app) as running:
        yield running


def _status(answer: bytes) -> int:
    return int(answer[9:12])


def _code(answer: bytes) -> str:
    return str(json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"])


def test_a_header_without_end_is_read_no_further(server: Attacked) -> None:
    with server.connect(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ") as client:
        assert send_until_cut(client, b"a" * 65_536, FLOOD) < A_LITTLE
    assert _status(server.ask(b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 70_000)) == 431


def test_many_headers_are_refused_in_the_shape_of_every_error(server: Attacked) -> None:
    many = [f"X-{number}: {'a' * 100}" for number in range(900)]
    answer = server.ask(request("GET /api/v1/gaps", *many))
    assert _status(answer) == 431 and (b"connection: close" in answer.lower())


def test_an_address_may_have_the_longest_question_and_no_more(server: Attacked) -> None:
    question = "%F0%9F%92%A1" * 1_000
    assert _status(server.ask(request(f"GET /api/v1/search?q={question}", CLOSE))) == 200
    answer = server.ask(request(f"GET /api/v1/search?q={'a' * MOST_ADDRESS_BYTES}"))
    assert (_status(answer), _code(answer)) == (414, "address_too_long")


@pytest.mark.parametrize("path", [*BODY_BYTES, "/api/v1/entries/check", "/meeting/save", "/nowhere"])
def test_a_body_announced_too_large_is_refused_before_it_is_sent(server: Attacked, path: str) -> None:
    too_large = limit_of(path) + 1
    headers = (JSON, "Accept: application/json", "Expect: 100-continue", f"Content-Length: {too_large}")
    answer = server.ask(request(f"POST {path}", *headers))
    assert (_status(answer), _code(answer)) == (413, "request_too_large")
    assert b"100 Continue" not in answer and b"connection: close" in answer


def test_a_body_in_pieces_is_cut_at_the_limit(server: Attacked) -> None:
    piece = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    with server.connect(request("POST /api/v1/deals/similar", JSON, "Transfer-Encoding: chunked")) as client:
        assert send_until_cut(client, piece, FLOOD) < A_LITTLE
        answer = read_all(client)
    assert not answer or (_status(answer), _code(answer)) == (413, "request_too_large")


def test_who_stops_sending_reads_why_the_body_was_refused(server: Attacked) -> None:
    pieces = (b"10000\r\n" + b"a" * 0x10000 + b"\r\n") * 6
    answer = server.ask(request("POST /api/v1/deals/similar", JSON, "Transfer-Encoding: chunked", body=pieces))
    assert (_status(answer), _code(answer)) == (413, "request_too_large")


@pytest.mark.parametrize(("language", "said"), [("ja", "上限の24 MBを超えています"), ("en", "is larger than 24 MB")])
def test_a_browser_gets_a_page_about_the_limit(server: Attacked, language: str, said: str) -> None:
    origin = f"Origin: http://127.0.0.1:{server.port}"
    headers = (f"Accept-Language: {language}", "Content-Length: 99000000", origin)
    sent = request("POST /new/files", *headers).replace(b"Host: 127.0.0.1", b"Host: 127.0.0.1:%d" % server.port)
    answer = server.ask(sent)
    assert _status(answer) == 413 and said in answer.decode()


def test_a_body_that_nobody_reads_is_not_read_for_long(server: Attacked) -> None:
    refused = request("POST /api/v1/entries", "Origin: http://elsewhere.example", f"Content-Length: {FLOOD}")
    with server.connect(refused) as client:
        assert send_until_cut(client, b"a" * 65_536, FLOOD) < A_LITTLE


@pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, gzip"])
def test_compressed_bodies_are_refused(client: TestClient, encoding: str) -> None:
    headers = {"content-encoding": encoding, "content-type": "application/json"}
    answer = client.post("/api/v1/deals/similar", content=b"\x1f\x8b", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "encoded_body")


def test_forms_have_so_many_fields_and_no_more(client: TestClient) -> None:
    assert client.post("/deals/similar", data={f"f{number}": "" for number in range(1_001)}).status_code == 413
    files = [("files", (f"{number}.md", b"text")) for number in range(2_000)]
    assert client.post("/new/files", files=files).status_code == 413


def test_the_limits_are_those_documented() -> None:
    text = (ROOT / "docs/api.md").read_text("utf-8")
    for path, limit in BODY_BYTES.items():
        size = f"{limit // 1_000_000} MB" if limit >= 1_000_000 else f"{limit // 1_000} KB"
        assert f"| `{path}` | {size} |" in text
    assert f"| all others | {USUAL_BYTES // 1_000_000} MB |" in text


@pytest.mark.parametrize(
    "begun",
    [b"", b"GET / HTTP/1.1\r\nHost: ", request("POST /api/v1/entries", JSON, "Content-Length: 9999", body=b"{")],
    ids=["nothing", "headers", "body"],
)
def test_a_request_that_never_ends_is_cut_however_slowly_it_trickles(client: TestClient, begun: bytes) -> None:
    hasty = ConnectionLimits(head_seconds=SOON, body_seconds=SOON)
    with attacked(client.app, hasty) as server, server.connect(begun) as slow:
        pieces = iter(range(100_000))

        def is_over() -> bool:
            if begun and not is_cut(slow):
                slow.send(b" ") if next(pieces) else None
            return is_cut(slow)

        wait_until(is_over, "the end of a slow request")


def test_who_reads_nothing_is_cut(client: TestClient) -> None:
    hasty = ConnectionLimits(writing_seconds=SOON, closing_seconds=SOON)
    plain = request("GET /static/app.css", "Accept-Encoding: identity")
    with attacked(client.app, hasty) as server, server.connect() as greedy:
        greedy.setblocking(False)
        try:
            for _ in range(2_000):
                greedy.send(plain)
        except (BlockingIOError, ConnectionError):
            pass
        wait_until(lambda: not server.connections, "the end of a connection")


def test_newcomers_get_in_and_the_oldest_unfinished_make_room(client: TestClient) -> None:
    with attacked(client.app, ConnectionLimits(connections=20)) as server:
        half_open = [server.connect(b"GET / HTTP/1.1\r\nHost: 127") for _ in range(30)]
        assert _status(server.ask(request("GET /healthz", CLOSE))) == 200
        wait_until(lambda: sum(map(is_cut, half_open)) >= 11, "11 of 30 connections to be closed")
        assert [is_cut(one) for one in half_open] == [True] * 11 + [False] * 19
        for one in half_open:
            one.close()


def test_nobody_who_waits_for_an_answer_makes_room() -> None:
    arrived: list[bool] = []
    gate = threading.Event()

    async def patient(scope: Any, receive: Any, send: Any) -> None:
        arrived.append(True)
        await anyio.to_thread.run_sync(gate.wait)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    with attacked(patient, ConnectionLimits(connections=3)) as server, ExitStack() as stack:
        stack.callback(gate.set)
        waiting = [stack.enter_context(server.connect(request("GET /", CLOSE))) for _ in range(2)]
        wait_until(lambda: len(arrived) == 2, "two requests")
        for _ in range(10):
            stack.enter_context(server.connect(b"GET"))
        gate.set()
        assert [_status(read_all(one)) for one in waiting] == [200, 200]


@pytest.mark.parametrize(
    "broken",
    [
        request("POST /api/v1/entries", JSON, "Content-Length: 9999", body=b'{"text": '),
        request("POST /api/v1/deals/similar", JSON, "Content-Length: 9999", body=b'{"text": '),
        request("POST /new/files", "Content-Type: multipart/form-data; boundary=x", "Content-Length: 999", body=b"--x"),
        request("POST /write", JSON, "Transfer-Encoding: chunked", body=b"5\r\nhel"),
    ],
    ids=["entry", "deal", "files", "form"],
)
def test_an_upload_that_breaks_off_is_one_line_in_the_log(
    server: Attacked, caplog: pytest.LogCaptureFixture, broken: bytes
) -> None:
    broken = broken.replace(b"Host", b"Sec-Fetch-Site: same-origin\r\nHost")
    logging.getLogger("uvicorn.error").addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.INFO):
            server.connect(broken).close()
            wait_until(lambda: bool(caplog.records) and not server.connections, "a line in the log")
    finally:
        logging.getLogger("uvicorn.error").removeHandler(caplog.handler)
    assert len(caplog.records) == 1 and "hung up" in caplog.text and "\n" not in caplog.records[0].getMessage()
    assert not caplog.records[0].exc_info


@pytest.mark.parametrize(
    "odd",
    [
        request(
            "POST /api/v1/entries",
            "Origin: http://elsewhere.example",
            "Transfer-Encoding: chunked",
            body=b"1\r\na\r\nzz\r\n",
        ),
        request("GET /healthz", CLOSE + ", Upgrade", "Upgrade: websocket"),
        b"\x16\x03\x01 no HTTP at all\r\n\r\n",
    ],
    ids=["chunk", "upgrade", "tls"],
)
def test_what_clients_do_wrong_is_no_error_of_ours(
    server: Attacked, caplog: pytest.LogCaptureFixture, odd: bytes
) -> None:
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "asyncio")]
    for one in loggers:
        one.addHandler(caplog.handler)
    try:
        assert server.ask(odd).startswith(b"HTTP/1.1 ")
        wait_until(lambda: not server.server.server_state.tasks, "the end of all work")
    finally:
        for one in loggers:
            one.removeHandler(caplog.handler)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_as_many_files_may_be_open_as_the_system_allows() -> None:
    script = (
        "import resource; hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (128, min(hard, 4096)))\n"
        "from app.http.server import raise_file_limit\n"
        "assert raise_file_limit() == resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(hard, 4096)\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def _scope(app: Any, path: str, method: str = "GET", *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"q=x",
        "headers": [(b"host", b"127.0.0.1"), *headers], "app": app, "state": {}, "scheme": "http",
    }  # fmt: skip


class _Workers:
    """An application whose requests work until they may end, and what was answered to whom."""

    def __init__(self) -> None:
        self.working: list[str] = []
        self.answers: list[tuple[str, int, dict[bytes, bytes]]] = []
        self.bodies = b""
        self.may_end = anyio.Event()

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        self.working.append(scope["path"])
        if scope["path"] != "/healthz":
            await self.may_end.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(self, path: str, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.answers.append((path, message["status"], dict(message["headers"])))
        else:
            self.bodies += message["body"]


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


@pytest.mark.parametrize(
    ("path", "method", "at_once"),
    [("/api/v1/search", "GET", ASKING), ("/api/v1/entries/check", "POST", SAVING)],
)
def test_few_work_at_a_time_some_wait_one_too_many_is_sent_away_and_small_pages_pass(
    client: TestClient, path: str, method: str, at_once: int
) -> None:
    async def attack() -> _Workers:
        workers = _Workers()
        turns = TurnsMiddleware(workers, waiting=3)
        async with anyio.create_task_group() as group:

            async def ask(path: str, method: str) -> None:
                await turns(_scope(client.app, path, method), _nothing, partial(workers.send, path))

            for _ in range(at_once + 3):
                group.start_soon(ask, path, method)
            await anyio.wait_all_tasks_blocked()
            assert workers.working == [path] * at_once and workers.answers == []
            await ask(path, method)
            await ask("/healthz", "GET")
            assert [(answered, status) for answered, status, _ in workers.answers] == [(path, 503), ("/healthz", 200)]
            workers.may_end.set()
        return workers

    workers = anyio.run(attack)
    assert workers.working.count(path) == at_once + 3
    refused = workers.answers[0][2]
    assert refused[b"retry-after"] == b"5" and b'"code":"busy"' in workers.bodies


def test_who_hung_up_while_waiting_costs_no_work(client: TestClient) -> None:
    async def attack() -> list[str]:
        workers = _Workers()
        turns = TurnsMiddleware(workers, waiting=100)

        async def gone() -> dict[str, Any]:
            told.append(True)
            return await _nothing() if len(told) == 1 else {"type": "http.disconnect"}

        told: list[bool] = []
        async with anyio.create_task_group() as group:
            for _ in range(ASKING):
                group.start_soon(turns, _scope(client.app, "/api/v1/search"), _nothing, partial(workers.send, ""))
            await anyio.wait_all_tasks_blocked()
            group.start_soon(turns, _scope(client.app, "/api/v1/gaps"), gone, partial(workers.send, ""))
            await anyio.wait_all_tasks_blocked()
            workers.may_end.set()
        assert len(told) == 2
        return workers.working

    assert anyio.run(attack) == ["/api/v1/search"] * ASKING


@pytest.mark.parametrize(("language", "said"), [("ja", "アクセスが集中しています"), ("en", "too many requests")])
def test_a_person_sent_away_reads_why(client: TestClient, language: str, said: str) -> None:
    async def attack() -> _Workers:
        workers = _Workers()
        scope = _scope(client.app, "/", "GET", (b"accept-language", language.encode()), (b"accept", b"text/html"))
        turns = TurnsMiddleware(workers, waiting=0)
        await turns(scope, _nothing, partial(workers.send, "/"))
        return workers

    workers = anyio.run(attack)
    assert workers.answers[0][1] == 503 and workers.answers[0][2][b"retry-after"] and said in workers.bodies.decode()


def test_who_reads_slowly_keeps_nobody_waiting(client: TestClient) -> None:
    async def attack() -> int:
        workers = _Workers()
        workers.may_end.set()
        turns, unread = TurnsMiddleware(workers, waiting=100), anyio.Event()

        async def never(_message: Any) -> None:
            await unread.wait()

        async with anyio.create_task_group() as group:
            for _ in range(ASKING * 3):
                group.start_soon(turns, _scope(client.app, "/api/v1/search"), _nothing, never)
            await anyio.wait_all_tasks_blocked()
            working = len(workers.working)
            unread.set()
        return working

    assert anyio.run(attack) == ASKING * 3


def test_bodies_in_memory_are_bounded_together_and_forgotten(client: TestClient) -> None:
    async def attack() -> list[int]:
        workers = _Workers()
        workers.may_end.set()
        limits = LimitsMiddleware(workers)

        async def some() -> dict[str, Any]:
            return {"type": "http.request", "body": b"a" * 1_000, "more_body": False}

        async def gone() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        scope = _scope(client.app, "/api/v1/entries", "POST")
        await limits(scope, some, partial(workers.send, ""))
        await limits(scope, gone, partial(workers.send, ""))
        assert limits.held == 0
        limits.held = MOST_HELD_BYTES - 500
        await limits(scope, some, partial(workers.send, ""))
        assert limits.held == MOST_HELD_BYTES - 500
        return [status for _, status, _ in workers.answers]

    assert anyio.run(attack) == [200, 503]
