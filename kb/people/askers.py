"""Who searched, without saying who: a keyed hash of the person, whose key goes when the words of the searches go."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from datetime import date, timedelta

from sqlalchemy import delete, insert, select

from kb.clock import Clock
from kb.people.file import PeopleFile
from kb.people.tables import ASKER_KEYS

KEY_BYTES = 32
LETTERS = 16  # of a hash, as many as a browser's random number has


class Askers:
    """Stands for people in the log of searches. A key is used as long as searches are kept, and kept as long again."""

    def __init__(self, file: PeopleFile, clock: Clock, keep_days: int) -> None:
        self._file = file
        self._clock = clock
        self._used = timedelta(days=max(1, keep_days))
        self._lock = threading.Lock()
        self._cached: tuple[date, list[bytes]] | None = None

    def of(self, person_id: str) -> tuple[str, ...]:
        """Return the hashes of a person under which searches may still be logged, the current one first."""
        return tuple(hmac.new(key, person_id.encode(), hashlib.sha256).hexdigest()[:LETTERS] for key in self._keys())

    def _keys(self) -> list[bytes]:
        """Return the keys, newest first; the first request of a day makes a new one if it is due."""
        today = self._clock.now().date()
        with self._lock:
            if self._cached is None or self._cached[0] != today:
                self._cached = today, self._turned(today)
            return self._cached[1]

    def _turned(self, today: date) -> list[bytes]:
        with self._file.writing() as connection:
            connection.execute(delete(ASKER_KEYS).where(ASKER_KEYS.c.day <= (today - 2 * self._used).isoformat()))
            newest = select(ASKER_KEYS).order_by(ASKER_KEYS.c.day.desc())
            rows = connection.execute(newest).all()
            if not rows or rows[0].day <= (today - self._used).isoformat():
                key = secrets.token_bytes(KEY_BYTES)
                connection.execute(insert(ASKER_KEYS).values(day=today.isoformat(), key=key))
                return [key, *(row.key for row in rows)]
            return [row.key for row in rows]
