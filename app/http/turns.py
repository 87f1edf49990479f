"""Who works when: searches and saves wait for their turn, so that small pages and health checks never wait for them."""

from __future__ import annotations

from anyio import CancelScope, CapacityLimiter
from anyio.lowlevel import RunVar
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.errors import error_answer
from app.http.limits import replayed
from kb.errors import BusyError

ASKING = 8  # searches and figures at a time: enough to fill a batch for the model, too few to fill the thread pool
SAVING = 2  # checks, saves and uploads at a time: they compute for long
SMALL = (  # reading these is quick, and needs neither the model nor statistics
    "/static/", "/healthz", "/readyz", "/openapi.json", "/docs", "/sign-in", "/link/", "/me", "/new", "/edit/",
    "/history/", "/playbook", "/problems", "/api/v1/playbook", "/api/v1/problems",
)  # fmt: skip
COMPARING = ("/deals/similar", "/api/v1/deals/similar", "/mcp")  # bodies that seldom save anything
SLACK = "/slack/events"
FROM_SLACK = 4  # at a time: each may wait for Slack, and nobody who searches here waits for that


class TurnsMiddleware:
    """Lets a few requests of a kind work at a time; the others wait, and one too many is answered with 503."""

    def __init__(self, app: ASGIApp, waiting: int) -> None:
        self.app = app
        self.waiting = waiting
        self._turns: RunVar[dict[str, CapacityLimiter]] = RunVar("turns")  # one per event loop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        kind = kind_of(scope["method"], scope["path"], scope["query_string"]) if scope["type"] == "http" else "small"
        if kind == "small":
            await self.app(scope, receive, send)
            return
        turns = self._limiter(kind)
        if turns.statistics().tasks_waiting >= self.waiting:
            await error_answer(Request(scope), BusyError())(scope, receive, send)
            return
        work = object()
        has_waited = turns.available_tokens == 0
        await turns.acquire_on_behalf_of(work)
        is_working = True

        async def end_work(message: Message) -> None:
            nonlocal is_working
            if is_working:  # a client that is slow to read keeps nobody waiting
                is_working = False
                turns.release_on_behalf_of(work)
            await send(message)

        try:
            body = await receive()  # complete, since `LimitsMiddleware` stands before
            if not (has_waited and await _is_gone(receive)):
                await self.app(scope, replayed(body, receive), end_work)
        finally:
            if is_working:
                turns.release_on_behalf_of(work)

    def _limiter(self, kind: str) -> CapacityLimiter:
        known = self._turns.get(None)
        if known is None:
            amounts = {"asking": ASKING, "saving": SAVING, "slack": FROM_SLACK}
            known = {kind: CapacityLimiter(amount) for kind, amount in amounts.items()}
            self._turns.set(known)
        return known[kind]


async def _is_gone(receive: Receive) -> bool:
    """Whether the client hung up while it waited: nobody would read the answer."""
    with CancelScope() as scope:
        scope.cancel()  # look, but do not wait
        message = await receive()
        return bool(message["type"] == "http.disconnect")
    return False


def kind_of(method: str, path: str, query: bytes) -> str:
    """Return what a request does: `small`, `asking` or `saving`; or that it comes from Slack."""
    if path == SLACK:
        return "slack"
    if method not in ("GET", "HEAD", "OPTIONS"):
        return "asking" if path in COMPARING else "saving"
    return "small" if path.startswith(SMALL) or (path == "/" and not query) else "asking"
