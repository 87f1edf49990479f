"""Why PostgreSQL turns a connection away: for good, or until there is room or it has started.

The driver tells no error code of a connection that failed, and what the server says is in its own language. A trace of
the connection, which libpq writes on Linux, has the code.
"""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from select import POLLIN, POLLOUT, poll
from typing import Any

PASSING = ("53", "57")  # classes of error codes: no room for one more connection, not accepting any at the moment
_CODE = re.compile(rb'ErrorResponse\b.*? C "(\w{5})"')


def is_refused(address: str, seconds: float) -> bool:
    """Whether a database answers a connection within some seconds with a no that waiting does not change."""
    from psycopg import NotSupportedError, pq  # an optional package

    if pq.PGconn.ping(address.encode()) != pq.Ping.OK:
        return False
    with suppress(NotSupportedError):
        is_in, code = _tried(address.encode(), seconds)
        return not is_in and not code.startswith(PASSING)
    return True


def _tried(address: bytes, seconds: float) -> tuple[bool, str]:
    """Return whether a connection can be made, and the code of the error if the server sent one."""
    from psycopg import pq

    told = os.memfd_create("trace")  # a password stands in it
    connection: Any = pq.PGconn.connect_start(address)
    try:
        connection.trace(told)
        is_in = _connected(connection, time.monotonic() + seconds)
        connection.untrace()
        codes = _CODE.findall(os.pread(told, os.fstat(told).st_size, 0))
    finally:
        connection.finish()
        os.close(told)
    return is_in, codes[-1].decode() if codes else ""


def _connected(connection: Any, deadline: float) -> bool:
    """Go on with a connection until it is made or fails; return whether it was made."""
    from psycopg import pq

    waits = {pq.PollingStatus.READING: POLLIN, pq.PollingStatus.WRITING: POLLOUT}
    while (event := waits.get(status := pq.PollingStatus(connection.connect_poll()))) and time.monotonic() < deadline:
        ready = poll()
        ready.register(connection.socket, event)
        ready.poll(max(0.0, deadline - time.monotonic()) * 1_000)
    return bool(status == pq.PollingStatus.OK)
