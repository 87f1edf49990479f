"""A Chroma server of our own in a folder, on a free port, that a test can kill and start again."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sysconfig
import urllib.request
from pathlib import Path

import chromadb

from tests.waiting import wait_until


def _program() -> str:
    """Return Chroma's own command, which stands beside the package."""
    beside = Path(chromadb.__file__).parents[4] / "bin"
    found = shutil.which("chroma", path=f"{sysconfig.get_path('scripts')}:{beside}")
    assert found, "the command 'chroma' comes with chromadb"
    return found


class RunningChroma:
    """A server that keeps its files, and its port, when it is killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._folder.mkdir(exist_ok=True)
        where = ["--path", str(self._folder), "--host", "127.0.0.1", "--port", str(self.port)]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen([_program(), "run", *where], stdout=quiet, stderr=quiet, cwd=self._folder)
        wait_until(self._answers, "an answer of Chroma")

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

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/heartbeat", timeout=5):
                return True
        except OSError:
            return False
