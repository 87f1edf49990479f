"""Convert foreign files in a process of their own, which a hostile or broken file cannot leave or exhaust."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, Literal

from ingest.importers.child import Limits
from ingest.importers.converted import Converted
from kb.errors import RefusedTextError
from kb.wording import from_json, say

LIMITS = Limits()
_STOP_SECONDS = 5.0
_JSON = 6  # bytes a byte of text becomes at most, when escaped


class Converter:
    """Converts files of one form to Markdown; its process is kept for the next file, and replaced after a failure."""

    def __init__(self, form: Literal["document", "transcript"], limits: Limits = LIMITS, **options: Any) -> None:
        self._form = form
        self._options = options  # of the reader: speakers, or with_hidden
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[bytes, bytes] | None = None
        self.starts = 0  # processes started so far

    def __call__(self, name: str, raw: bytes) -> Converted:
        """Return a converted file. Raises RefusedTextError."""
        connection = self._connection or self._start()
        try:
            connection.send_bytes(name.encode("utf-8", "replace"))
            connection.send_bytes(raw)
            if not connection.poll(self._limits.wait):
                self.close()
                raise self._took_too_long()
            answer = json.loads(connection.recv_bytes(_JSON * self._limits.output + 1_000))
        except (EOFError, OSError) as error:
            raise (self._took_too_long() if self.close() == -signal.SIGXCPU else _stopped()) from error
        if "refusal" in answer:
            raise RefusedTextError(from_json(answer["refusal"]))
        if "failure" in answer:
            self.close()
            raise self._needs_too_much() if answer["failure"] == "memory" else self._is_too_long()
        return Converted(answer["text"], tuple(map(from_json, answer["notes"])))

    def close(self) -> int:
        """Stop the process, if there is one; return its exit code."""
        if self._connection:
            self._connection.close()
        process, self._process, self._connection = self._process, None, None
        if process is None:
            return 0
        with suppress(subprocess.TimeoutExpired):
            return process.wait(_STOP_SECONDS)
        process.kill()
        return process.wait()

    def _start(self) -> Connection[bytes, bytes]:
        ours, theirs = Pipe()
        command = [sys.executable, "-P", "-m", "ingest.importers.child", str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)  # noqa: S603 - our own module
        self.starts += 1
        self._connection = ours
        order = {"form": self._form, "limits": asdict(self._limits), "options": self._options}
        ours.send_bytes(json.dumps(order).encode())
        try:
            ours.recv_bytes()
        except EOFError as error:
            self.close()
            raise RefusedTextError(say("The converter did not start. Its error message is above.")) from error
        return ours

    def _took_too_long(self) -> RefusedTextError:
        return RefusedTextError(
            say(
                "Converting the file took more than {seconds} seconds and was stopped. Split it, or save only the"
                " pages or sheets you need as a new file.",
                seconds=self._limits.seconds,
            )
        )

    def _needs_too_much(self) -> RefusedTextError:
        return RefusedTextError(
            say(
                "Converting the file needs more than {limit:.0f} MB of memory. Split it, or save only the pages or"
                " sheets you need as a new file.",
                limit=self._limits.memory / 1e6,
            )
        )

    def _is_too_long(self) -> RefusedTextError:
        return RefusedTextError(
            say("The file contains more than {limit:.0f} MB of text. Split it.", limit=self._limits.output / 1e6)
        )


def _stopped() -> RefusedTextError:
    return RefusedTextError(
        say(
            "Converting the file failed: it is damaged or needs too much memory. Open it, save only the pages or sheets"
            " you need as a new file, and import that."
        )
    )


@contextmanager
def converter(form: Literal["document", "transcript"], limits: Limits = LIMITS, **options: Any) -> Iterator[Converter]:
    """Provide a converter for some files."""
    one = Converter(form, limits, **options)
    try:
        yield one
    finally:
        one.close()
