"""One HTTP connection that cannot be held open for nothing: bounded headers, deadlines, and room for newcomers.

uvicorn has no deadline for a request that never ends and closes no connection to let others in. Of its two protocols
only h11 has a bound on the header block; httptools is faster, by a share of a millisecond that no page notices.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from typing import Any, Literal

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_HEAD_BYTES = 65_536  # request line and headers
MOST_IGNORED_BYTES = 8_000_000  # of a body after its request was answered, before the connection is closed
Phase = Literal["head", "body", "answering", "writing", "idle", "closing"]
PEER = "peer"  # attribute of the request state: the other end of the connection, whatever X-Forwarded-For says
_numbers = count()  # the clock of an event loop stands still while many connections are taken
UNFINISHED: tuple[Phase, ...] = ("head", "idle", "body")  # the order in which connections make room for new ones


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How long a client may take, and how many may be connected."""

    connections: int = 1_024
    head_seconds: float = 15.0  # from the first byte to the end of the headers
    body_seconds: float = 20.0  # in which `body_bytes` of the body must arrive
    body_bytes: int = 65_536
    writing_seconds: float = 30.0  # in which a client must take what is waiting for it
    closing_seconds: float = 10.0  # in which a client must take the rest before the connection is cut

    def seconds(self, phase: Phase) -> float | None:
        """Return how long a phase may last; None where the server itself is busy, or uvicorn counts."""
        known: Mapping[Phase, float] = {
            "head": self.head_seconds,
            "body": self.body_seconds,
            "writing": self.writing_seconds,
            "closing": self.closing_seconds,
        }
        return known.get(phase)


class StrictParser(h11.Connection):
    """Refuses a body with two lengths: a proxy that goes by the other one would see another request than we do."""

    def next_event(self) -> Any:
        """Return what arrived next. Raises h11.RemoteProtocolError."""
        event = super().next_event()
        names = {name for name, _ in event.headers} if isinstance(event, h11.Request) else set()
        if {b"content-length", b"transfer-encoding"} <= names:
            raise h11.RemoteProtocolError("both Content-Length and Transfer-Encoding")
        return event


class Connection(H11Protocol):
    """A connection with a deadline for what its client has to do."""

    limits = ConnectionLimits()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.conn = StrictParser(h11.SERVER, self.config.h11_max_incomplete_event_size or MOST_HEAD_BYTES)
        self.number = next(_numbers)
        self.phase: Phase = "answering"
        self._timer: asyncio.TimerHandle | None = None
        self._arrived = 0  # bytes since the timer was set
        self._ignored = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a new connection; when there are too many, close the oldest unfinished one."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, PEER: self.client[0] if self.client else ""}
        self._watch()
        if len(self.connections) > self.limits.connections:
            self._oldest_unfinished().transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        super().connection_lost(exc)
        self._set_timer(None)

    def data_received(self, data: bytes) -> None:
        """Read what arrived; no more than a little of a body that nobody reads."""
        self._arrived += len(data)
        if self.conn.our_state in (h11.DONE, h11.MUST_CLOSE) and self.conn.their_state is h11.SEND_BODY:
            self._ignored += len(data)
            if self._ignored > MOST_IGNORED_BYTES:
                self.transport.abort()
                return
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the connection to close."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Give a slow reader a deadline."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """Lift that deadline."""
        super().resume_writing()
        self._watch()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, also if its client takes nothing any more."""
        super().timeout_keep_alive_handler()
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; once an answer has begun, only closing is left."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()
            return
        if self.cycle and not self.cycle.response_complete:  # the application answers nobody any more
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        status = getattr(sys.exc_info()[1], "error_status_hint", 400)
        text = msg if status == 400 else HTTPStatus(status).phrase
        headers = [("content-type", "text/plain; charset=utf-8"), ("connection", "close")]
        for event in (
            h11.Response(status_code=status, headers=headers, reason=HTTPStatus(status).phrase.encode()),
            h11.Data(data=text.encode("ascii")),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Answer as if no upgrade was asked for; it is nothing to warn of."""

    def _now(self) -> Phase:
        if self.transport.is_closing():
            return "closing"
        if self.flow.write_paused:
            return "writing"
        if self.conn.their_state is h11.SEND_BODY:
            return "body"
        if self.conn.their_state is h11.IDLE:
            return "idle" if self.timeout_keep_alive_task else "head"
        return "answering"

    def _watch(self) -> None:
        """Set the deadline anew when a phase begins; within one, bytes that trickle in do not move it."""
        phase = self._now()
        if phase != self.phase:
            self.phase = phase
            self._set_timer(self.limits.seconds(phase))

    def _set_timer(self, seconds: float | None) -> None:
        if self._timer:
            self._timer.cancel()
        self._arrived = 0
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._expire)

    def _expire(self) -> None:
        """Cut the connection, unless a body makes progress or waits for us."""
        is_moving = self._arrived >= self.limits.body_bytes or self.flow.read_paused
        if self.phase == "body" and is_moving:
            self._set_timer(self.limits.body_seconds)
        else:
            self.transport.abort()

    def _oldest_unfinished(self) -> Connection:
        """Return the connection to close: the oldest that waits for its client, else the new one."""
        waiting = [
            one
            for one in self.connections
            if isinstance(one, Connection) and one.phase in UNFINISHED and not one.transport.is_closing()
        ]
        return min(waiting, key=lambda one: (UNFINISHED.index(one.phase), one.number), default=self)


def limited(limits: ConnectionLimits) -> type[Connection]:
    """Return the protocol with other limits."""
    return type("LimitedConnection", (Connection,), {"limits": limits})
