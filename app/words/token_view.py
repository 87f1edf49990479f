"""Tokens in words: for the pages and the command line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.words.reader import Reader
from kb.people.tokens import Token
from kb.viewer import EVERYTHING


def state_of(token: Token, reader: Reader) -> str:
    """Return whether a token works: valid, ended or revoked."""
    if token.revoked_at:
        return reader("tokens.revoked", day=_day(token.revoked_at, reader))
    ended = not token.is_alive(reader.clock.now())
    return reader("tokens.ended" if ended else "tokens.ends", day=_day(token.ends_at, reader))


def used_of(token: Token, reader: Reader) -> str:
    """Return when a token was last used."""
    return reader("tokens.used", day=_day(token.used_at, reader)) if token.used_at else reader("tokens.unused")


def may_of(token: Token, reader: Reader) -> str:
    """Return what a token may do, and which teams' entries it sees if not all of its person's."""
    may = reader(f"tokens.scope.{token.scope}")
    return may if token.teams is None else may + reader("comma") + teams_of(token.teams, reader)


def in_line(token: Token, person: str, reader: Reader) -> str:
    """Return a token as one line of the command line."""
    return "  ".join(
        (token.id, person, token.name, may_of(token, reader), state_of(token, reader), used_of(token, reader))
    )


def _day(at: datetime, reader: Reader) -> str:
    return reader.date(at.astimezone().date())


def teams_of(teams: Iterable[str], reader: Reader) -> str:
    """Return teams in words; the one of those who see everything by what it means."""
    return reader("comma").join(
        reader("people.sees_all") if one == EVERYTHING else reader.label("team", one) for one in sorted(teams)
    )
