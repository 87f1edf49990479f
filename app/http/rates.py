"""How many requests a person, a token or a network address may send in a minute."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from limits import RateLimitItemPerMinute
from limits.storage import MovingWindowSupport, Storage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.errors import error_answer
from app.http.noting import act_in, address_of
from app.http.who import TOKEN, VIEWER
from app.settings import Settings
from kb.people.errors import TooManyRequestsError
from kb.people.networks import network_of
from kb.viewer import NOBODY, Viewer

MOST_KEYS = 10_000  # people, tokens and networks remembered; the one that was idle longest goes first
FREE = ("/static/", "/healthz", "/readyz")
SIGNING_IN = ("/sign-in", "/link/")


class Windows(Storage, MovingWindowSupport):
    """The times of recent requests by key, in memory that is bounded; the library's own grows with every new key."""

    STORAGE_SCHEME = None

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, most_keys: int = MOST_KEYS) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._most_keys = most_keys
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count a request, unless the window is full."""
        with self._lock:
            times = self._recent(key, expiry)
            if len(times) + amount > limit:
                return False
            times.extend([self._monotonic()] * amount)
            while len(self._times) > self._most_keys:
                self._times.popitem(last=False)
            return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Return when the oldest counted request came, and how many there are."""
        with self._lock:
            times = self._recent(key, expiry)
            return (times[0] if times else self._monotonic()), len(times)

    def now(self) -> float:
        """Return the time on the clock of the windows."""
        return self._monotonic()

    @property
    def base_exceptions(self) -> type[Exception]:
        """The errors of the storage."""
        return ValueError

    def get(self, key: str) -> int:
        """Return how many requests are counted."""
        return len(self._times.get(key, ()))

    def clear(self, key: str) -> None:
        """Forget a key."""
        self._times.pop(key, None)

    def reset(self) -> int:
        """Forget every key; return how many there were."""
        count = len(self._times)
        self._times.clear()
        return count

    def check(self) -> bool:
        """Whether the storage works."""
        return True

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Belongs to fixed windows, which are not used."""
        raise NotImplementedError

    def get_expiry(self, key: str) -> float:
        """Belongs to fixed windows, which are not used."""
        raise NotImplementedError

    def _recent(self, key: str, expiry: int) -> deque[float]:
        times = self._times.setdefault(key, deque())
        self._times.move_to_end(key)
        since = self._monotonic() - expiry
        while times and times[0] <= since:
            times.popleft()
        return times


class Rates:
    """Counts requests by who sends them."""

    def __init__(self, settings: Settings, windows: Windows | None = None) -> None:
        self._windows = windows or Windows()
        self._limiter = MovingWindowRateLimiter(self._windows)
        strangers = dict.fromkeys(("sign-in", "stranger"), settings.rate_sign_in)
        amounts = {"person": settings.rate_person, "token": settings.rate_token, **strangers}
        self._limits = {kind: RateLimitItemPerMinute(amount) for kind, amount in amounts.items()}

    def seconds_to_wait(self, scope: Scope) -> int:
        """Count a request; return 0, or in how many seconds the next one is taken if this is one too many."""
        kind, key = sender_of(scope)
        if not kind:
            return 0
        limit = self._limits[kind]
        if self._limiter.hit(limit, kind, key):
            return 0
        again = self._limiter.get_window_stats(limit, kind, key).reset_time
        return max(1, math.ceil(again - self._windows.now()))


class RatesMiddleware:
    """Answers 429 to whoever sends too many requests, before any work is done."""

    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        self.app = app
        self.rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            act_in(scope)
        seconds = self.rates.seconds_to_wait(scope) if scope["type"] == "http" else 0
        if seconds:
            await error_answer(Request(scope), TooManyRequestsError(seconds))(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def sender_of(scope: Scope) -> tuple[str, str]:
    """Return by what a request is counted, with whose it is; empty: not at all.

    Strangers are counted apart from sign-ins, so that a page that asks again and again keeps nobody from signing in.
    """
    path, state = scope["path"], scope.get("state", {})
    if path.startswith(FREE):
        return "", ""
    if path.startswith(SIGNING_IN):
        return "sign-in", network_of(address_of(scope))
    if token := state.get(TOKEN):
        return "token", str(token)
    viewer: Viewer = state.get(VIEWER, NOBODY)
    if viewer.is_signed_in:
        return "person", viewer.person
    return ("stranger", network_of(address_of(scope))) if viewer == NOBODY else ("", "")
