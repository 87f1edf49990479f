"""The process that converts foreign files: without network, and with bounded time, memory and output.

It is started by `ingest.importers.apart`, and knows no entries. Nothing large is imported before the network is cut.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingest.importers.converted import Converted

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000  # of unshare(2)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the conversion of one file may use."""

    seconds: int = 60  # of computing
    wait: int = 180  # seconds on the clock, on a busy machine
    memory: int = 1_000_000_000  # bytes beyond what the converters need themselves
    output: int = 10_000_000  # bytes of text; five times the size of an entry


def main() -> None:
    """Convert files, one after another, until the other side closes the connection."""
    _leave_network()
    connection: Connection[bytes, bytes] = Connection(int(sys.argv[1]))
    order = json.loads(connection.recv_bytes())
    limits = Limits(**order["limits"])
    convert = partial(_converter(order["form"]), **order["options"])
    connection.send_bytes(b"ready")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    _bound(resource.RLIMIT_FSIZE, 0)
    if size := _size():
        _bound(resource.RLIMIT_AS, size + limits.memory)
    with contextlib.suppress(EOFError, OSError):
        while True:
            name, raw = connection.recv_bytes().decode(), connection.recv_bytes()
            used = resource.getrusage(resource.RUSAGE_SELF)
            _bound(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + limits.seconds)
            connection.send_bytes(json.dumps(_answer(convert, name, raw, limits)).encode())


def _answer(convert: Callable[[str, bytes], Converted], name: str, raw: bytes, limits: Limits) -> dict[str, Any]:
    from kb.errors import RefusedTextError
    from kb.wording import to_json

    try:
        converted = convert(name, raw)
    except RefusedTextError as error:
        return {"refusal": to_json(error.sentence)}
    except MemoryError:
        return {"failure": "memory"}
    if len(converted.text.encode("utf-8", "surrogatepass")) > limits.output:
        return {"failure": "output"}
    return {"text": converted.text, "notes": [to_json(note) for note in converted.notes]}


def _converter(form: str) -> Callable[..., Converted]:
    if form == "transcript":
        from ingest.importers.transcript import read_transcript

        return read_transcript
    from ingest.importers.documents import read_document

    return read_document


def _leave_network() -> None:
    """Move to a network without devices, where the system lets anybody do so; only a process of one thread may."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NET)


def _bound(what: int, most: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # not every system has every limit
        resource.setrlimit(what, (most, resource.getrlimit(what)[1]))


def _size() -> int:
    """Return the address space in use, in bytes; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return 0


if __name__ == "__main__":
    main()
