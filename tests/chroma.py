"""A Chroma server of our own in a folder, on a free port, that a test can kill and start again."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sysconfig
from pathlib import Path
from urllib.request import Request, urlopen

import chromadb

from tests.waiting import wait_until

SECONDS = 5  # for an answer


def _program() -> str:
    """Return Chroma's own command, which stands beside the package."""
    beside = Path(chromadb.__file__).parents[4] / "bin"
    found = shutil.which("chroma", path=f"{sysconfig.get_path('scripts')}:{beside}")
    assert found, "the command 'chroma' comes with chromadb"
    return found


class RunningChroma:
    """A server that keeps its files, and its port, when it is killed."""

    def __init__(self, folder: Path, *, most: int = 0) -> None:
        """Take where its files are; with `most`, it holds no more collections in memory at a time."""
        self._folder = folder
        self._most = most
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._folder.mkdir(exist_ok=True)
        where = ["--path", str(self._folder), "--host", "127.0.0.1", "--port", str(self.port)]
        if self._most:
            where = [str(self._configured())]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen([_program(), "run", *where], stdout=quiet, stderr=quiet, cwd=self._folder)
        wait_until(self._answers, "an answer of Chroma")

    def create(self, database: str) -> None:
        """Create a database."""
        asked = Request(f"{self.url}/api/v2/tenants/default_tenant/databases", json.dumps({"name": database}).encode())
        asked.add_header("content-type", "application/json")
        with urlopen(asked, timeout=SECONDS):
            pass

    def kill(self) -> None:
        """Kill it at once."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def lose(self) -> None:
        """Kill it, and delete all it had."""
        self.kill()
        shutil.rmtree(self._folder)

    def _configured(self) -> Path:
        """Write a file that says the same, and how much it holds in memory."""
        said = {"persist_path": str(self._folder), "listen_address": "127.0.0.1", "port": self.port}
        cache = {"hnsw_index_pool_cache_config": {"memory": {"capacity": self._most, "shards": 1}}}
        file = self._folder / "config.yaml"
        file.write_text(json.dumps({**said, "segment_manager": cache}), "utf-8")  # JSON is YAML
        return file

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/api/v2/heartbeat", timeout=SECONDS):
                return True
        except OSError:
            return False
