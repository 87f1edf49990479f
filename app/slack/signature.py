"""Whether a request comes from Slack, now, and for the first time."""

from __future__ import annotations

import threading
from collections import OrderedDict

from slack_sdk.signature import Clock as SlackClock
from slack_sdk.signature import SignatureVerifier
from starlette.datastructures import Headers

from kb.clock import Clock

TOLERATED_SECONDS = 300  # between Slack's clock and ours, as Slack's verifier has it
MOST_REMEMBERED = 10_000  # signatures of that time; only Slack can make them


class _Seconds(SlackClock):
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now().timestamp()


class Signatures:
    """Checks signatures, and remembers those of the last minutes: none counts twice. Thread-safe."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._seconds = _Seconds(clock)
        self._verifier = SignatureVerifier(secret, self._seconds)
        self._lock = threading.Lock()
        self._valid_until: OrderedDict[str, float] = OrderedDict()

    def accepts(self, body: bytes, headers: Headers) -> bool:
        """Whether a request comes from Slack, now, and for the first time."""
        sent, signature = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
        if not (sent.isascii() and sent.isdecimal() and len(sent) < 12 and signature.isascii()):
            return False
        try:
            return self._verifier.is_valid(body, sent, signature) and self._is_first(signature, float(sent))
        except UnicodeDecodeError:
            return False

    def _is_first(self, signature: str, sent: float) -> bool:
        now = self._seconds.now()
        with self._lock:
            while self._valid_until and (len(self._valid_until) >= MOST_REMEMBERED or self._oldest < now):
                self._valid_until.popitem(last=False)
            if signature in self._valid_until:
                return False
            self._valid_until[signature] = sent + TOLERATED_SECONDS
            return True

    @property
    def _oldest(self) -> float:
        return next(iter(self._valid_until.values()))
