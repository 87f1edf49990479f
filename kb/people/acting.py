"""Who is acting right now, and from where: set once per request or command, read where something is logged."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from kb.viewer import OPERATOR, Viewer


@dataclass(frozen=True, slots=True)
class Acting:
    """A person at work, or a program."""

    viewer: Viewer = OPERATOR
    way: str = "server"  # session, the name of a token, or a command
    network: str = ""  # address the request comes from


SERVER = Acting()
_ACTING: ContextVar[Acting] = ContextVar("acting", default=SERVER)


def acting() -> Acting:
    """Return who is acting in this request or command; in a background job the server itself."""
    return _ACTING.get()


def act_as(one: Acting) -> None:
    """Say who is acting from here on, in this request or command."""
    _ACTING.set(one)
