"""The service in a separate process: `python -m bench.server DATA ENTRIES MODELS PORT`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil

from app.http.server import bound, serve, share_cores
from app.main import create_app
from app.services import open_services
from app.settings import Settings
from bench.indexes import Bench
from kb.index.embedding import DEFAULT_MODEL, ModelEmbedder

START_SECONDS = 120.0  # reading 100,000 vectors and loading the model
STOP_SECONDS = 120.0  # background work that is under way ends first
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    client: httpx2.Client  # keeps its connection
    process: psutil.Process

    @property
    def resident_gb(self) -> float:
        """The resident memory in GB (2^30 bytes)."""
        return float(self.process.memory_info().rss) / 2**30


@contextmanager
def serving(bench: Bench, name: str, database: str = "") -> Iterator[Served]:
    """Serve one of the indexes, then stop the server; one in a database is given by its address."""
    settings = bench.settings(name)
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "bench.server",
        str(settings.data),
        str(bench.entries),
        str(bench.models),
        str(port),
    ]
    process = subprocess.Popen(command, env={**os.environ, "KB_DATABASE_URL": database})
    try:
        with httpx2.Client(base_url=f"http://{HOST}:{port}", timeout=60) as client:
            _wait(client, process)
            yield Served(client, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(timeout=STOP_SECONDS)


def main() -> None:
    """Serve until terminated."""
    share_cores()
    data, entries, models, port = sys.argv[1:]
    settings = Settings(data=Path(data), entries=Path(entries), watch=False, host=HOST, port=int(port))
    services = open_services(settings, ModelEmbedder(DEFAULT_MODEL, Path(models)))
    serve(create_app(settings, services), settings, bound(HOST, int(port)))


def _wait(client: httpx2.Client, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.2)
    raise RuntimeError("The server did not become ready; see its messages above.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
