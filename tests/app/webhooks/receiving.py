"""A receiver of webhooks on a free port, which answers as a test chooses."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

SECRET = "whsec_" + "c2VjcmV0LW9mLW5vYm9keS0xMjM0NTY3OA=="


@dataclass
class Receiver:
    """What came, and how the next messages are answered."""

    port: int = 0
    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self.port}/hook?key=hidden"

    @property
    def bodies(self) -> list[Any]:
        """What came."""
        return [json.loads(body) for _, body in self.got]

    def types(self) -> list[str]:
        """The types of the events that came."""
        return [body["type"] for body in self.bodies]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Run a receiver until the test is over."""
    here = Receiver()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            here.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(here.status)
            for name, value in here.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        here.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield here
        finally:
            server.shutdown()
            thread.join()


def verified(headers: dict[str, str], body: bytes) -> Any:
    """Return a message that the library of the scheme accepts."""
    return Webhook(SECRET).verify(body, headers)


def hooks_file(folder: Path, *hooks: dict[str, Any]) -> Path:
    """Write a file of receivers, with the secret in a file of its own."""
    secret = folder / "webhook-secret"
    secret.write_text(SECRET + "\n", "utf-8")
    place = folder / "webhooks.yaml"
    written = [{"name": f"hook{number}", "secret_file": str(secret), **hook} for number, hook in enumerate(hooks)]
    given = [{key: value for key, value in one.items() if value is not None} for one in written]
    place.write_text(json.dumps({"webhooks": given}, ensure_ascii=False), "utf-8")
    return place
