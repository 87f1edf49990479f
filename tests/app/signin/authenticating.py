"""A device with passkeys, in software: it answers what a browser is asked, rightly or as a test wants it."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40
ORIGIN = "http://localhost:8000"


@dataclass
class Device:
    """Holds one passkey."""

    origin: str = ORIGIN
    host: str = "localhost"
    counter: int = 1
    is_verifying: bool = True  # asks for a finger or a PIN
    user: str = ""  # whom the passkey is for, base64url
    key_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: dict[str, Any]) -> str:
        """Answer a registration."""
        self.user = options["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        held = bytes(16) + len(self.key_id).to_bytes(2, "big") + self.key_id + public
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self._data(WITH_KEY) + held})
        client = self._client("webauthn.create", options["challenge"])
        return self._answer(clientDataJSON=client, attestationObject=attested)

    def sign(self, options: dict[str, Any], **changed: str) -> str:
        """Answer a sign-in."""
        self.counter += 1
        client, data = self._client("webauthn.get", options["challenge"]), self._data(0)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        extra = {"userHandle": self.user, **changed}
        return self._answer(extra, clientDataJSON=client, authenticatorData=data, signature=signature)

    def _data(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.is_verifying else 0)
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, extra: dict[str, str] | None = None, **fields: bytes) -> str:
        response = {name: bytes_to_base64url(value) for name, value in fields.items()} | (extra or {})
        key_id = bytes_to_base64url(self.key_id)
        return json.dumps({"id": key_id, "rawId": key_id, "type": "public-key", "response": response})
