"""A real identity provider in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from tests.waiting import DEADLINE_SECONDS, wait_until


class Provider:
    """The running provider: who may sign in there, and what it says about them."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer

    def say(self, subject: str, **claims: object) -> None:
        """Let the provider say this about somebody from now on."""
        httpx2.put(f"{self.issuer}/users/{subject}", json=claims, timeout=DEADLINE_SECONDS).raise_for_status()

    def signed_in(self, address: str, subject: str) -> str:
        """Sign in at an address of the provider, as a person would; return where it sends the browser."""
        return self._sent(address, sub=subject)

    def denied(self, address: str) -> str:
        """Press "Deny" there."""
        return self._sent(address, action="deny")

    def _sent(self, address: str, **form: str) -> str:
        answer = httpx2.post(address, data=form, timeout=DEADLINE_SECONDS)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])


@contextmanager
def providing() -> Iterator[Provider]:
    """Run a provider on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    issuer = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _answers(issuer), "an identity provider")
        yield Provider(issuer)
    finally:
        process.terminate()
        process.wait()


def _answers(issuer: str) -> bool:
    try:
        return httpx2.get(f"{issuer}/.well-known/openid-configuration").status_code == 200
    except httpx2.TransportError:
        return False
