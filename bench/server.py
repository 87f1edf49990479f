"""The service in a separate process: `python -m bench.server DATA ENTRIES MODELS PORT`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import psutil

from app.http.server import bound, serve, share_cores
from app.library import make_index
from app.main import create_app
from app.services import open_services
from app.settings import Settings
from bench.engines import HOST, Postgres, free_port, ours, program
from bench.indexes import Bench
from ingest.sync import sync
from kb.index.embedding import DEFAULT_MODEL, ModelEmbedder

START_SECONDS = 120.0  # reading 100,000 vectors and loading the model
STOP_SECONDS = 120.0  # background work that is under way ends first


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    client: httpx2.Client  # keeps its connection
    process: psutil.Process
    workers: tuple[psutil.Process, ...] = ()  # which it watches over, if it does not serve itself
    database: psutil.Process | None = None

    @property
    def resident_gb(self) -> float:
        """The resident memory in GB (2^30 bytes), without that of the database."""
        return sum(float(one.memory_info().rss) for one in (self.process, *self.workers)) / 2**30

    @property
    def processor_seconds(self) -> float:
        """The processor time so far, with that of children."""
        return _processor_seconds(self.process)

    @property
    def database_seconds(self) -> float:
        """The processor time of the database so far; 0 without one."""
        return _processor_seconds(self.database) if self.database else 0.0


@contextmanager
def serving(bench: Bench, name: str, database: str = "") -> Iterator[Served]:
    """Serve one of the indexes, then stop the server; one in a database is given by its address."""
    settings = bench.settings(name)
    port = free_port()
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


@contextmanager
def serving_together(bench: Bench, workers: int) -> Iterator[Served]:
    """Serve the sample entries by several processes with a PostgreSQL of their own, then stop. Raises MissingError."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)  # PostgreSQL runs as another user
        postgres, port = Postgres(place / "postgresql"), free_port()
        command = [program("kb"), "serve", "--port", str(port), "--workers", str(workers)]
        env = {"KB_ENTRIES": str(bench.entries.resolve()), "KB_DATABASE_URL": postgres.address, "KB_WATCH": "false"}
        server = ours("server", place / "server", command, port, "/readyz", env)
        try:
            postgres.start()
            _filled(bench, Settings(entries=bench.entries, data=place / "filling", database_url=postgres.address))
            server.start()
            pids = Path(f"{place}/postgresql/data/postmaster.pid").read_text().split()
            with httpx2.Client(base_url=server.url, timeout=60) as client:
                root = psutil.Process(server.pid)
                yield Served(client, root, tuple(root.children()), psutil.Process(int(pids[0])))
        finally:
            server.kill()
            postgres.kill()


def _filled(bench: Bench, settings: Settings) -> None:
    """Make the index, so that nothing is left to be embedded while it is measured."""
    index = make_index(settings, bench.embedder)
    sync(index, bench.entries)
    index.close()


def _processor_seconds(root: psutil.Process) -> float:
    """Return the processor time of a process, of children that run and of those that have ended."""
    times = [one.cpu_times() for one in (root, *root.children(recursive=True))]
    return sum(one.user + one.system + one.children_user + one.children_system for one in times)


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


if __name__ == "__main__":
    main()
