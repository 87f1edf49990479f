"""Ask an identity provider: only over https or on this machine, with deadlines, following nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import httpx2

from kb.people.errors import ProviderAwayError

SECONDS = 5.0  # to connect, and between two pieces of an answer
MOST_BYTES = 1_000_000  # of an answer
OPTIONS: Mapping[str, Any] = {"timeout": SECONDS, "follow_redirects": False}  # of every client
log = logging.getLogger(__name__)


def get_json(url: str) -> tuple[dict[str, Any], Mapping[str, str]]:
    """Return a JSON object and the headers it came with. Raises ProviderAwayError; the log says why."""
    try:
        with httpx2.Client(**OPTIONS) as client, client.stream("GET", url) as answer:
            answer.raise_for_status()
            found = _read(answer)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        log.warning("%s does not answer as it should: %s", url, why_away(error))
        raise ProviderAwayError from error
    return found, answer.headers


def why_away(error: Exception) -> str:
    """Return in a few words what is wrong with an answer, or why there is none."""
    if isinstance(error, httpx2.HTTPStatusError):
        return f"HTTP {error.response.status_code}"
    return f"{type(error).__name__} {error}".strip()[:300]


def _read(answer: httpx2.Response) -> dict[str, Any]:
    size = 0
    pieces = []
    for piece in answer.iter_bytes():
        size += len(piece)
        if size > MOST_BYTES:
            raise ValueError("the answer is too long")
        pieces.append(piece)
    found = httpx2.Response(200, content=b"".join(pieces)).json()
    if not isinstance(found, dict):
        raise ValueError("the answer is no JSON object")
    return found
