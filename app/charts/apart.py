"""Draw in a process of its own: drawing takes 150 MB, and computing time that those who answer would wait for.

The process is started by the first drawing, and ends by itself once nothing was drawn for a while.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from app.charts.draw import draw
from app.charts.drawings import Drawing, Picture

IDLE_SECONDS = 20.0  # longer than a person looks at one board before opening the next


class DrawingError(Exception):
    """A chart could not be drawn."""


class Draughtsman:
    """Draws one chart after another in a process of its own. Thread-safe."""

    def __init__(self, idle: float = IDLE_SECONDS) -> None:
        self._idle = idle
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Drawing, Picture | str] | None = None
        self._lock = threading.Lock()
        self.starts = 0  # processes started so far

    def __call__(self, drawing: Drawing) -> Picture:
        """Return a drawn chart. Raises DrawingError."""
        with self._lock:
            known = self._connection
            picture = (known and self._answer(known, drawing)) or self._answer(self._start(), drawing)
        if isinstance(picture, Picture):
            return picture
        raise DrawingError(picture or "The process that draws ended.")

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._connection:
            self._connection.close()
        if self._process:
            self._process.wait()
        self._process, self._connection = None, None

    def _answer(self, connection: Connection[Drawing, Picture | str], drawing: Drawing) -> Picture | str | None:
        """Return the picture or what went wrong; None if the process has ended."""
        with suppress(EOFError, OSError):
            connection.send(drawing)
            return connection.recv()
        return None

    def _start(self) -> Connection[Drawing, Picture | str]:
        self._end()
        ours, theirs = Pipe()
        command = [sys.executable, "-P", "-m", "app.charts.apart", str(theirs.fileno()), str(self._idle)]
        with theirs:
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)  # noqa: S603 - our own module
        self.starts += 1
        self._connection = ours
        return ours


DRAUGHTSMAN = Draughtsman()  # one for the whole process; the other one ends when nothing is drawn, or with this


def main() -> None:
    """Draw what is asked for, until nothing is or the other side closes the connection."""
    connection: Connection[Picture | str, Drawing] = Connection(int(sys.argv[1]))
    with suppress(EOFError, OSError, KeyboardInterrupt):
        while connection.poll(float(sys.argv[2])):
            drawing = connection.recv()
            try:
                answer: Picture | str = draw(drawing)
            except Exception as error:  # it is logged, and its numbers stand in the table
                answer = f"{type(error).__name__}: {error}"
            connection.send(answer)


if __name__ == "__main__":
    main()
