"""Failed attempts to sign in, counted so that guessing takes ever longer and a restart forgives nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert  # SQLite takes it as well

from kb.clock import Clock
from kb.people.file import PeopleFile
from kb.people.networks import network_of
from kb.people.person import folded
from kb.people.secret import hash_of
from kb.people.tables import ATTEMPTS

LONGEST = 900  # seconds to wait: nobody is locked out for good
FORGOTTEN = timedelta(hours=24)  # after the last failure
# Failures without a delay. Somebody who guesses at an account from elsewhere hardly delays its owner, and one person's
# mistakes hardly delay the others of an office behind one address.
FREE_HERE, FREE_ACCOUNT, FREE_NETWORK = 5, 20, 50


class Attempts:
    """Counts failures by account and address of the network, whether or not there is such an account."""

    def __init__(self, file: PeopleFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    def begin(self, account: str, network: str) -> int:
        """Count an attempt as failed and return 0; or return how many seconds to wait, which counts nothing.

        Counted before the password is checked: of many attempts at once none is free.
        """
        keys, now = _keys(account, network), self._clock.now()
        with self._file.writing() as connection:
            connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.at <= now - FORGOTTEN))
            counted = _counted(connection, list(keys))
            waits = [_wait(*counted[key], free, now) for key, free in keys.items() if key in counted]
            if (wait := max(waits, default=0)) > 0:
                return wait
            for key in keys:
                failures = counted[key][0] + 1 if key in counted else 1
                statement = insert(ATTEMPTS).values(hash=key, failures=failures, at=now)
                values = {"failures": failures, "at": now}
                connection.execute(statement.on_conflict_do_update(index_elements=["hash"], set_=values))
        return 0

    def succeeded(self, account: str, network: str) -> None:
        """Forget the failures of an account, and the attempt that was none."""
        here, whole, around = _keys(account, network)
        with self._file.writing() as connection:
            connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.hash.in_((here, whole))))
            reduced = ATTEMPTS.update().where(ATTEMPTS.c.hash == around)
            connection.execute(reduced.values(failures=ATTEMPTS.c.failures - 1))


def _keys(account: str, network: str) -> dict[str, int]:
    """Return what is counted, with the failures that cost nothing: the pair, the account, the address."""
    account, network = folded(account), network_of(network)
    return {
        hash_of(f"{account}\n{network}"): FREE_HERE,
        hash_of(f"account\n{account}"): FREE_ACCOUNT,
        hash_of(f"network\n{network}"): FREE_NETWORK,
    }


def _counted(connection: Connection, keys: list[str]) -> dict[str, tuple[int, datetime]]:
    rows = connection.execute(select(ATTEMPTS).where(ATTEMPTS.c.hash.in_(keys)))
    return {row.hash: (row.failures, row.at) for row in rows}


def _wait(failures: int, at: datetime, free: int, now: datetime) -> int:
    """Return the seconds left: 1, 2, 4 … after the free failures."""
    if failures < free:
        return 0
    delay = min(1 << min(failures - free, 20), LONGEST)
    return max(0, delay - int((now - at).total_seconds()))
