"""The language model an operator may configure: an endpoint with OpenAI's chat interface."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2

from app.settings import Settings

MOST_BYTES = 200_000  # of a reply: a few numbers
MOST_TOKENS = 1_000  # of a reply: some models think aloud first
CONNECT_SECONDS = 5.0
NO_LIST = (404, 405, 501)  # of a server that has no list of its models
LONGEST_WAITS = 2  # times the wait for a piece: a whole reply must not take longer
_JSON = {"type": "json_object"}
log = logging.getLogger(__name__)


def reply_to(settings: Settings, messages: Sequence[Mapping[str, str]]) -> str | None:
    """Return the model's reply; None if it does not answer as it should, and the log says why."""
    try:
        return _reply(settings, messages)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, LookupError, TypeError) as error:
        log.warning("The language model does not answer as it should: %s", _why(error))
        return None


def models_of(settings: Settings) -> tuple[str, ...] | None:
    """Return the names of the models there, for checks; None if the server lists none, as it need not.

    Raises ValueError, which says why it does not answer.
    """
    try:
        with _client(settings) as client:
            answer = client.get(f"{settings.llm_url}/models")
            if answer.status_code in NO_LIST:
                return None
            answer.raise_for_status()
            return tuple(str(model["id"]) for model in answer.json()["data"])
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, LookupError, TypeError) as error:
        raise ValueError(_why(error)) from error


def _client(settings: Settings) -> httpx2.Client:
    """Return a client with the key. Raises OSError if its file cannot be read."""
    key = settings.llm_secret
    timeout = httpx2.Timeout(settings.llm_seconds, connect=CONNECT_SECONDS)
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return httpx2.Client(timeout=timeout, follow_redirects=False, headers=headers)


def _reply(settings: Settings, messages: Sequence[Mapping[str, str]]) -> str:
    ends = time.monotonic() + LONGEST_WAITS * settings.llm_seconds
    asked: dict[str, Any] = {"messages": messages, "temperature": 0, "max_tokens": MOST_TOKENS, "stream": False}
    if settings.llm_model:
        asked["model"] = settings.llm_model
    address = f"{settings.llm_url}/chat/completions"
    with _client(settings) as client:
        answer = _sent(client, address, {**asked, "response_format": _JSON}, ends)
        if answer.status_code in (400, 422):  # an endpoint that does not know `response_format`
            answer = _sent(client, address, asked, ends)
    answer.raise_for_status()
    text = answer.json()["choices"][0]["message"]["content"]
    if not isinstance(text, str):
        raise TypeError("the reply is no text")
    return text


def _sent(client: httpx2.Client, address: str, asked: Mapping[str, Any], ends: float) -> httpx2.Response:
    """Return an answer, read to its end but never more than is needed, nor for longer than it may take."""
    with client.stream("POST", address, json=asked) as answer:
        pieces, size = [], 0
        for piece in answer.iter_bytes():
            size += len(piece)
            if size > MOST_BYTES or time.monotonic() > ends:
                raise ValueError("the reply is too long, or comes too slowly")
            pieces.append(piece)
    return httpx2.Response(answer.status_code, content=b"".join(pieces), request=answer.request)


def _why(error: Exception) -> str:
    """Return in a few words what is wrong, without what was sent."""
    if isinstance(error, httpx2.HTTPStatusError):
        return f"HTTP {error.response.status_code}"
    return f"{type(error).__name__} {error}".strip()[:300]
