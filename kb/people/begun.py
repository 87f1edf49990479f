"""Sign-ins that have begun at an identity provider or with a passkey: what must come back, and to which browser."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, func, insert, select

from kb.clock import Clock
from kb.people.file import PeopleFile
from kb.people.networks import network_of
from kb.people.secret import hash_of, new_secret
from kb.people.tables import BEGUN

LASTS = timedelta(minutes=10)  # for a password and a second factor
MOST = 10_000  # kept at a time; then the network with the most loses its oldest


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in on its way."""

    state: str  # comes back with the browser; the challenge that a passkey signs
    nonce: str  # comes back inside the token
    verifier: str  # proves that whoever brings the code has asked for it (PKCE)
    next: str  # the page that was asked for


class BegunSignIns:
    """Keeps what has begun for ten minutes; each can be finished once, by the browser it was begun in."""

    def __init__(self, file: PeopleFile, clock: Clock, most: int = MOST) -> None:
        self._file = file
        self._clock = clock
        self._most = most

    def begin(self, browser: str, next_page: str, address: str) -> Begun:
        """Begin a sign-in for a browser, known by a secret in a cookie, at an address of the network."""
        state, nonce, verifier = (new_secret() for _ in range(3))
        now = self._clock.now()
        with self._file.writing() as connection:
            connection.execute(delete(BEGUN).where(BEGUN.c.at <= now - LASTS))
            self._make_room(connection)
            row = {"state_hash": hash_of(state), "browser_hash": hash_of(browser), "at": now}
            row["network"] = network_of(address)
            connection.execute(insert(BEGUN).values(**row, nonce=nonce, verifier=verifier, next=next_page))
        return Begun(state, nonce, verifier, next_page)

    def _make_room(self, connection: Connection) -> None:
        """Remove one if there are too many: nobody pushes out the sign-ins of other networks."""
        if connection.execute(select(func.count()).select_from(BEGUN)).scalar_one() < self._most:
            return
        count = func.count().desc()
        busiest = select(BEGUN.c.network).group_by(BEGUN.c.network).order_by(count, func.min(BEGUN.c.at)).limit(1)
        of_it = BEGUN.c.network == busiest.scalar_subquery()
        oldest = select(BEGUN.c.state_hash).where(of_it).order_by(BEGUN.c.at).limit(1)
        connection.execute(delete(BEGUN).where(BEGUN.c.state_hash.in_(oldest)))

    def take(self, state: str, browser: str) -> Begun | None:
        """Return a sign-in to finish, once; None if it is unknown, too old or another browser's."""
        is_it = (BEGUN.c.state_hash == hash_of(state)) & (BEGUN.c.browser_hash == hash_of(browser))
        with self._file.writing() as connection:
            row = connection.execute(select(BEGUN).where(is_it)).first()
            connection.execute(delete(BEGUN).where(is_it))
        if row is None or row.at <= self._clock.now() - LASTS:
            return None
        return Begun(state, row.nonce, row.verifier, row.next)
