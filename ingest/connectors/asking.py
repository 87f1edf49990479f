"""Ask the interface of a CRM: with deadlines, following nothing, trying again only as often and as late as it wants."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2

from ingest.connectors.errors import CrmAwayError, CrmLaterError, CrmRefusedError
from kb.clock import CLOCK, Clock
from kb.wording import say

SECONDS = 30.0  # to connect, and between two pieces of an answer
MOST_BYTES = 50_000_000  # of an answer
TRIES = 5  # of one request
LONGEST_WAIT = 120.0  # seconds before one request; a pull that would wait longer continues another time
MOST_WAITED = 600.0  # seconds in one pull
MOST_LATER = 86_400.0  # seconds; whatever a CRM says, tomorrow it is asked again
FIRST_PAUSE = 1.0  # doubles with each further try
_AGAIN = frozenset({429, 500, 502, 503, 504})
_LIMITED = ("REQUEST_LIMIT_EXCEEDED",)  # Salesforce says so with 403
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST_SAID = 200  # letters of what a CRM says about a refusal

Wait = Callable[[float], object]
Params = Mapping[str, str] | list[tuple[str, str]]


@dataclass(slots=True)
class Asking:
    """One client of a CRM; not for several threads."""

    address: str
    wait: Wait
    headers: dict[str, str] = field(default_factory=dict)  # with the credentials
    renew: Callable[[], dict[str, str]] | None = None  # headers after a 401
    clock: Clock = CLOCK
    waited: float = 0.0
    _client: httpx2.Client | None = None

    def __post_init__(self) -> None:
        if not is_safe(self.address):
            raise CrmRefusedError(self.place, say("the address must begin with https://"))

    @property
    def place(self) -> str:
        """The host, which stands in messages."""
        return urlsplit(self.address).netloc.rpartition("@")[2] or "?"

    def get(self, path: str, params: Params | None = None) -> Any:
        """Return the JSON of an answer."""
        return self._asked("GET", path, params=params)

    def post(self, path: str, *, body: Any = None, form: Mapping[str, str] | None = None) -> Any:
        """Send JSON or a form; return the JSON of the answer. Only for what may be sent twice."""
        return self._asked("POST", path, json=body, data=form)

    def send(self, method: str, path: str, body: Any) -> None:
        """Set something; the answer is not read."""
        self._asked(method, path, json=body)

    def close(self) -> None:
        """End the connections."""
        if self._client:
            self._client.close()
            self._client = None

    def _asked(self, method: str, path: str, **sent: Any) -> Any:
        is_renewed = False
        why = ""
        for tries in range(TRIES):
            try:
                status, headers, content = self._once(method, path, sent)
            except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
                why = type(error).__name__
                self._pause(tries, None)
                continue
            if status < 300:
                return self._json(content)
            if status == 401 and self.renew and not is_renewed:
                is_renewed, self.headers = True, self.renew()
                continue
            said = _said(content)
            if status not in _AGAIN and not any(code in said for code in _LIMITED):
                raise CrmRefusedError(self.place, f"HTTP {status} {said}".strip())
            why = f"HTTP {status}"
            self._pause(tries, seconds_in(headers.get("retry-after", ""), self.clock))
        raise CrmAwayError(self.place, why)

    def _once(self, method: str, path: str, sent: Mapping[str, Any]) -> tuple[int, httpx2.Headers, bytes]:
        if self._client is None:
            self._client = httpx2.Client(timeout=SECONDS, follow_redirects=False)
        given = {name: value for name, value in sent.items() if value is not None}
        with self._client.stream(method, self.address.rstrip("/") + path, headers=self.headers, **given) as answer:
            pieces, size = [], 0
            for piece in answer.iter_bytes():
                size += len(piece)
                if size > MOST_BYTES:
                    raise ValueError("the answer is too long")
                pieces.append(piece)
            return answer.status_code, answer.headers, b"".join(pieces)

    def _json(self, content: bytes) -> Any:
        if not content:
            return None
        try:
            return httpx2.Response(200, content=content).json()
        except (ValueError, RecursionError) as error:
            raise CrmAwayError(self.place, "JSON") from error

    def _pause(self, tries: int, wanted: float | None) -> None:
        """Wait as long as the CRM wants. Raises CrmLaterError if that is too long."""
        seconds = FIRST_PAUSE * 2.0**tries if wanted is None else wanted
        if seconds > LONGEST_WAIT or self.waited + seconds > MOST_WAITED:
            raise CrmLaterError(self.place, seconds)
        if tries < TRIES - 1:
            self.waited += seconds
            self.wait(seconds)


def seconds_in(text: str, clock: Clock = CLOCK) -> float | None:
    """Return the seconds a Retry-After header asks for, which may be a number or a date; None if it says nothing."""
    try:
        seconds = float(text)
        return min(max(seconds, 0.0), MOST_LATER) if math.isfinite(seconds) else None
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - clock.now()).total_seconds(), 0.0), MOST_LATER)


def is_safe(address: str) -> bool:
    """Whether nobody can listen to what is sent to an address, and it holds no password."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    is_private = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    return bool(host) and is_private and "@" not in parts.netloc


def _said(content: bytes) -> str:
    """Return what a CRM says about a refusal: a code and a message, on one short line."""
    try:
        found = httpx2.Response(200, content=content).json()
    except (ValueError, RecursionError):
        return ""
    first = found[0] if isinstance(found, list) and found else found
    if not isinstance(first, dict):
        return ""
    names = ("errorCode", "error", "code", "category", "message", "error_description")
    parts = [str(first[name]) for name in names if isinstance(first.get(name), str)]
    return " ".join(" ".join(parts).split())[:MOST_SAID]
