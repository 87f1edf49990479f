"""Find the server that runs on the same data, so that the command line can ask it instead of loading the model."""

from __future__ import annotations

import json
import os
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from app.data_folder import base_id, is_held

if TYPE_CHECKING:
    from app.settings import Settings

ANSWER_SECONDS = 20.0
ALIVE_SECONDS = 0.5
MOST_BYTES = 1_000  # of the server's answer
_LOCAL = build_opener(ProxyHandler({}))  # no proxy between two processes of one machine


def announce(data: Path, host: str, port: int, shown: frozenset[str], secret: str = "", **about: str) -> None:
    """Record where the server listens, what it shows, with which secret commands on this machine ask it, and more."""
    address = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 (a comparison, not a binding)
    address = f"[{address}]" if ":" in address else address
    note = _note(data).with_suffix(".new")
    known = {"url": f"http://{address}:{port}", "pid": os.getpid(), "shown": sorted(shown), "secret": secret, **about}
    note.unlink(missing_ok=True)
    note.touch(0o600)  # the secret is for whoever may read the data anyway
    note.write_text(json.dumps(known), "utf-8")
    note.replace(_note(data))


def withdraw(data: Path) -> None:
    """Delete that record; only the holder of the data folder may."""
    _note(data).unlink(missing_ok=True)


def running_server(data: Path) -> str | None:
    """Return the address of a live server on this data, else None.

    What answers there says which knowledge base it is: the note may be an old one, and another program has the port.
    """
    url = _read(data).get("url")
    if not isinstance(url, str) or not url.startswith("http://") or not is_held(data):
        return None
    try:
        with _LOCAL.open(f"{url}/healthz", timeout=ALIVE_SECONDS) as answer:
            health = json.loads(answer.read(MOST_BYTES))
    except (OSError, URLError, HTTPException, ValueError):
        return None
    known = base_id(data)
    return url if known and isinstance(health, dict) and health.get("base") == known else None


def serves(data: Path, shown: frozenset[str]) -> bool:
    """Whether the recorded server shows exactly this: a command must not learn from it what it may not show itself."""
    return _read(data).get("shown") == sorted(shown)


def secret_of(data: Path) -> str:
    """Return the secret with which commands on this machine ask the server."""
    secret = _read(data).get("secret")
    return secret if isinstance(secret, str) else ""


def said_by_server(data: Path, name: str) -> str:
    """Return what the server that uses the data recorded under a name, such as how people sign in; else empty."""
    said = _read(data).get(name) if is_held(data) else ""
    return said if isinstance(said, str) else ""


def way_to_sign_in(settings: Settings) -> str:
    """Return how people sign in: as set here, else as the running server was started."""
    return settings.auth if settings.auth != "none" else said_by_server(settings.data, "auth") or "none"


def ask(url: str, path: str, params: list[tuple[str, str]], language: str, secret: str = "") -> Any:
    """Return the JSON of a running server, also of an error. Raises OSError if it does not answer."""
    headers = {"accept": "application/json", "accept-language": language}
    headers |= {"authorization": f"Bearer {secret}"} if secret else {}
    request = Request(f"{url}{path}?{urlencode(params)}", headers=headers)  # noqa: S310 (ours)
    try:
        with _LOCAL.open(request, timeout=ANSWER_SECONDS) as response:
            return json.load(response)
    except HTTPError as error:
        return json.load(error)


def _note(data: Path) -> Path:
    return data / "server.json"


def _read(data: Path) -> dict[str, Any]:
    try:
        note = json.loads(_note(data).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return note if isinstance(note, dict) else {}
