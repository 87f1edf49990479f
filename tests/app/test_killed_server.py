"""A server killed while it saves: what it said to have saved is there, whole, and nothing is there in halves."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx

from tests.words import note, write

ROOT = Path(__file__).parents[2]
SAVES = 200
WRITERS = 4


class _Server:
    """A server process that can be killed and started again."""

    def __init__(self, place: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.place = place
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.app.saving_server", str(self.place), str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
        for _ in range(600):
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def _texts() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield note(f"保存{number}", f"本文の{number}番目。" * (number % 40 + 1), kind="deal", outcome="won")


def _save(server: _Server, texts: Iterator[str], lock: threading.Lock, sent: list[str], saved: dict[str, str]) -> None:
    while len(saved) < SAVES:
        with lock:
            text = next(texts)
            sent.append(text)
        try:
            answer = httpx.post(
                f"http://127.0.0.1:{server.port}/api/v1/entries", json={"text": text, "force": True}, timeout=30
            )
        except httpx.TransportError:
            time.sleep(0.05)
            continue
        if answer.status_code == 201:
            saved[answer.json()["path"]] = text


def test_acknowledged_saves_survive_a_server_killed_at_random_moments(tmp_path: Path) -> None:
    chance = random.Random(7)
    write(tmp_path, "entries/notes/first.md", note("最初", "本文。"))
    server = _Server(tmp_path)
    texts, lock, sent, saved = _texts(), threading.Lock(), [], {}  # type: ignore[var-annotated]
    writers = [threading.Thread(target=_save, args=(server, texts, lock, sent, saved)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    kills = 0
    while len(saved) < SAVES:
        time.sleep(chance.uniform(0.3, 3.5))
        if len(saved) < SAVES:
            server.kill()
            kills += 1
            server.start()
    for writer in writers:
        writer.join()
    try:
        for path, text in saved.items():
            assert (tmp_path / "entries" / path).read_text("utf-8") == text
        known = {*sent, note("最初", "本文。")}
        assert all(p.read_text("utf-8") in known for p in (tmp_path / "entries").rglob("[!.]*.md"))
        total = httpx.get(f"http://127.0.0.1:{server.port}/api/v1/entries", params={"limit": 1}).json()["total"]
        assert total == len(list((tmp_path / "entries").rglob("[!.]*.md"))) and kills
    finally:
        server.kill()
