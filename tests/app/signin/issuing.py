"""An issuer of our own, over HTTP: it signs whatever a test wants, and can change or lose its keys."""

from __future__ import annotations

import hmac
import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import Key, KeySet

Answer = tuple[int, Any]


class Issuer:
    """Signs claims with its newest key and answers what `answers` says, by path."""

    def __init__(self, address: str, *keys: Key) -> None:
        self.address = address
        self.keys = KeySet(list(keys))
        self.asked: list[str] = []  # the paths, in order
        self.sent: list[dict[str, list[str]]] = []  # the forms
        self.answers: dict[str, Callable[[], Answer]] = {"/keys": lambda: (200, self.keys.as_dict(private=False))}

    def signed(self, claims: Mapping[str, Any], *, alg: str = "RS256", **header: str) -> str:
        """Return claims as a signed token."""
        key = self.keys.keys[-1]
        return jwt.encode({"alg": alg, "kid": key.kid, **header}, dict(claims), key, algorithms=[alg])


def unsigned(claims: Mapping[str, Any]) -> str:
    """Return claims as a token that says it needs no signature."""
    return f"{_text({'alg': 'none', 'typ': 'JWT'})}.{_text(claims)}."


def signed_with(secret: bytes, claims: Mapping[str, Any], **header: str) -> str:
    """Return claims signed with a shared secret, whatever it is: a library would refuse a public key."""
    text = f"{_text({'alg': 'HS256', **header})}.{_text(claims)}"
    return f"{text}.{_base64(hmac.digest(secret, text.encode(), 'sha256'))}"


def _text(part: Mapping[str, Any]) -> str:
    return _base64(json.dumps(part).encode())


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@contextmanager
def issuing(*keys: Key) -> Iterator[Issuer]:
    """Serve an issuer on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            issuer.asked.append(path)
            status, body = issuer.answers.get(path, lambda: (404, {}))()
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_POST(self) -> None:
            issuer.sent.append(parse_qs(self.rfile.read(int(self.headers["content-length"])).decode()))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}", *keys)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
