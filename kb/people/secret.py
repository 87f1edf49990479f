"""Secrets that are handed out once, of which only a hash is kept: session cookies, links, tokens."""

from __future__ import annotations

import hashlib
import secrets

BYTES = 32


def new_secret() -> str:
    """Return 256 random bits, as text that fits an address and a cookie."""
    return secrets.token_urlsafe(BYTES)


def hash_of(secret: str) -> str:
    """Return the SHA-256 of a secret: enough for random ones, which nobody can guess their way to."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
