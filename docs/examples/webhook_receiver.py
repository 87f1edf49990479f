"""A small receiver of webhooks, with the standard library only: it checks each signature and prints what happened.

Start it with `RECEIVER_SECRET=whsec_… python3 docs/examples/webhook_receiver.py 9000`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer

TOLERATED_SECONDS = 300
MOST_BYTES = 1_000_000
seen: set[str] = set()  # ids: a message that was not answered in time comes again


def is_genuine(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> bool:
    """Whether a message was signed with the secret, and lately."""
    sent = headers.get("webhook-timestamp", "")
    if not sent.isdecimal() or abs(now - int(sent)) > TOLERATED_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers.get('webhook-id', '')}.{sent}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    versions = [one.split(",", 1) for one in headers.get("webhook-signature", "").split() if "," in one]
    return any(version == "v1" and hmac.compare_digest(made, expected) for version, made in versions)


class Receiver(BaseHTTPRequestHandler):
    """Answers one message."""

    def do_POST(self) -> None:
        """Take a message in: 204 if it is genuine, else 401."""
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(min(length, MOST_BYTES))
        if not is_genuine(self.headers, body, os.environ["RECEIVER_SECRET"], time.time()):  # type: ignore[arg-type]
            self.send_response(401)
        else:
            if self.headers["webhook-id"] not in seen:
                seen.add(self.headers["webhook-id"])
                print(json.loads(body)["type"], flush=True)
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print messages only."""


if __name__ == "__main__":
    with HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver) as server:
        print(server.server_port, flush=True)
        server.serve_forever()
