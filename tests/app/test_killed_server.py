"""A server killed while it saves: what it said to have saved is there, whole, and nothing is there in halves."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.conftest import Recorder
from tests.postgresql import RunningPostgres
from tests.waiting import DEADLINE_SECONDS, wait_until
from tests.words import note, write

ROOT = Path(__file__).parents[2]
WRITERS = 4
STEPS_OF_A_SAVE = 22  # at least: the file, the words, the vectors

pytestmark = pytest.mark.kills


class _Server:
    """A server process that dies at a step of its saving, and may be started again."""

    def __init__(self, place: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=DEADLINE_SECONDS)
        self.place = place

    def start(self, *step: int) -> None:
        command = [sys.executable, "-m", "tests.app.saving_server", *map(str, (self.place, self.port, *step))]
        self.process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})

    def is_ready(self) -> bool:
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class _Writers:
    """People who save one entry after the other, and remember what was acknowledged."""

    def __init__(self, server: _Server) -> None:
        self.server = server
        self.sent: set[str] = set()
        self.saved: dict[str, str] = {}  # by path
        self._numbers = count(1)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._save) for _ in range(WRITERS)]

    def __enter__(self) -> _Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _save(self) -> None:
        while not self._stop.is_set():
            number = next(self._numbers)
            text = note(f"保存{number}", f"本文の{number}番目。" * (number % 40 + 1), kind="deal", outcome="won")
            self.sent.add(text)
            try:
                answer = self.server.client.post("/api/v1/entries", json={"text": text, "force": True})
            except httpx.TransportError:
                self._stop.wait(0.05)
                continue
            if answer.status_code == 201:
                self.saved[answer.json()["path"]] = text


def _steps(kills: int) -> Iterator[int]:
    """Yield the steps to die at: spread over one save, after one to three others."""
    chance = random.Random(7)
    for kill in range(kills):
        first = 1 + kill * STEPS_OF_A_SAVE // kills
        yield first + STEPS_OF_A_SAVE * chance.randint(1, 3)


def test_acknowledged_saves_survive_a_server_killed_at_its_steps(
    tmp_path: Path, kills: int, record_property: Recorder
) -> None:
    first = note("最初", "本文。")
    write(tmp_path, "entries/notes/first.md", first)
    server = _Server(tmp_path)
    with _Writers(server) as writers:
        for step in _steps(kills):
            server.start(step)
            assert server.process.wait() == -signal.SIGKILL
    record_property("kills", kills)
    server.start()
    try:
        wait_until(server.is_ready, "a server that is ready")
        assert writers.saved
        for path, text in writers.saved.items():
            assert (tmp_path / "entries" / path).read_text("utf-8") == text
        files = list((tmp_path / "entries").rglob("[!.]*.md"))
        assert {path.read_text("utf-8") for path in files} <= {*writers.sent, first}
        total = server.client.get("/api/v1/entries", params={"limit": 1}).json()["total"]
        assert total == len(files)
    finally:
        server.kill()
        server.client.close()


def test_a_save_repeated_after_a_kill_is_saved_once_even_where_a_copy_may_be_saved(
    tmp_path: Path, kills: int, postgres: RunningPostgres, monkeypatch: pytest.MonkeyPatch, record_property: Recorder
) -> None:
    monkeypatch.setenv("KB_DATABASE_URL", postgres.empty())
    write(tmp_path, "entries/notes/first.md", note("最初", "本文。"))
    for name in ("victim", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "entries").symlink_to(tmp_path / "entries")
    victim, other = _Server(tmp_path / "victim"), _Server(tmp_path / "other")
    other.start()
    try:
        wait_until(other.is_ready, "a server that is ready")
        for number in range(kills):
            sent = {"json": {"text": note(f"保存{number}", f"{number}番目の本文。"), "force": True}}
            sent["headers"] = {"Idempotency-Key": f"key {number}"}
            victim.start(1 + number * STEPS_OF_A_SAVE // kills)
            while victim.process.poll() is None:
                with suppress(httpx.TransportError):
                    if victim.client.post("/api/v1/entries", **sent).is_success:  # type: ignore[arg-type]
                        victim.kill()
            assert other.client.post("/api/v1/entries", **sent).status_code == 201  # type: ignore[arg-type]
    finally:
        other.kill()
        for server in (victim, other):
            server.client.close()
    record_property("kills", kills)
    texts = sorted(path.read_text("utf-8") for path in (tmp_path / "entries").rglob("[!.]*.md"))
    assert len(texts) == len(set(texts)) == kills + 1
