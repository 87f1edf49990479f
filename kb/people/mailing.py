"""Who gets mail from here, what they no longer want, and what was sent: nothing is sent twice."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from kb.clock import Clock
from kb.people.file import PeopleFile
from kb.people.person import folded
from kb.people.tables import LETTERS, MAIL_RECIPIENTS

Kind = Literal["digest", "question"]
KINDS: tuple[Kind, ...] = get_args(Kind)
State = Literal["waiting", "sending", "sent", "empty", "failed", "unclear"]
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (15, 60, 240, 720))  # after each failed try
WRITTEN = 32  # letters of a signature
MOST_WHY = 300


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets mail."""

    id: str
    person: str  # id; empty for an address of the settings
    address: str  # of the settings; empty for a person, whose address may change
    key: bytes
    language: str  # empty: not chosen
    stopped: frozenset[str]  # kinds of mail that are not wanted

    def link(self, kind: Kind) -> str:
        """Return the end of the address that stops a kind of mail."""
        return f"{kind}.{self.id}.{self.signed(kind)}"

    def signed(self, text: str) -> str:
        """Return the signature of a text under the key of the recipient."""
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()[:WRITTEN]


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that was sent, or is to be."""

    recipient: str  # id
    kind: str
    about: str  # the week of a digest, the deal of a question
    state: State
    tries: int
    at: datetime
    next_at: datetime | None
    why: str


class Mailing:
    """Keeps recipients and letters. Several processes may use it."""

    def __init__(self, file: PeopleFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    def recipients(self) -> list[Recipient]:
        """Return everybody who ever got mail or chose something."""
        with self._file.reading() as connection:
            return [_recipient(row) for row in connection.execute(select(MAIL_RECIPIENTS))]

    def of_person(self, person_id: str) -> Recipient:
        """Return a person as a recipient, added on first use."""
        return self._of(MAIL_RECIPIENTS.c.person, person_id)

    def of_address(self, address: str) -> Recipient:
        """Return an address of the settings as a recipient, added on first use."""
        return self._of(MAIL_RECIPIENTS.c.address, folded(address))

    def by_link(self, link: str) -> tuple[Recipient, Kind] | None:
        """Return whose link it is, and which kind of mail it stops; None if we did not make it."""
        name, _, rest = link.partition(".")
        recipient_id, _, signature = rest.partition(".")
        kind = next((one for one in KINDS if one == name), None)
        if kind is None:
            return None
        with self._file.reading() as connection:
            found = select(MAIL_RECIPIENTS).where(MAIL_RECIPIENTS.c.id == recipient_id)
            row = connection.execute(found).first()
        recipient = _recipient(row) if row else None
        if recipient is None or not hmac.compare_digest(signature.encode(), recipient.signed(kind).encode()):
            return None
        return recipient, kind

    def stop(self, recipient_id: str, kind: Kind) -> None:
        """Send a kind of mail no more."""
        this = MAIL_RECIPIENTS.c.id == recipient_id
        with self._file.writing() as connection:
            known = connection.scalar(select(MAIL_RECIPIENTS.c.stopped).where(this))
            connection.execute(update(MAIL_RECIPIENTS).where(this).values(stopped=frozenset(known or ()) | {kind}))

    def choose(self, recipient_id: str, language: str, stopped: Collection[str]) -> None:
        """Keep what a person chose."""
        chosen = {"language": language, "stopped": frozenset(stopped)}
        with self._file.writing() as connection:
            connection.execute(update(MAIL_RECIPIENTS).where(MAIL_RECIPIENTS.c.id == recipient_id).values(**chosen))

    def claim(self, recipient: Recipient, kind: Kind, about: str) -> bool:
        """Take a letter in hand; False if it was, also by another server, or if it is not yet to be tried again."""
        now, this = self._clock.now(), _is(recipient, kind, about)
        taken = {"state": "sending", "at": now, "next_at": None}
        with suppress(IntegrityError), self._file.writing() as connection:
            known = connection.execute(select(LETTERS).where(*this)).first()
            if known is None:
                _insert(connection, recipient, kind, about, tries=0, why="", **taken)
                return True
            if known.state == "waiting" and known.next_at <= now:
                connection.execute(update(LETTERS).where(*this).values(**taken))
                return True
        return False

    def plan(self, recipient: Recipient, kind: Kind, about: str, at: datetime) -> None:
        """Let a letter wait for its time, unless there is one already."""
        row = {"state": "waiting", "tries": 0, "at": self._clock.now(), "next_at": at, "why": ""}
        with suppress(IntegrityError), self._file.writing() as connection:
            _insert(connection, recipient, kind, about, **row)

    def settle(self, recipient: Recipient, kind: Kind, about: str, state: State, why: str = "") -> None:
        """Note what became of a letter for good."""
        self._change(recipient, kind, about, state=state, why=why[:MOST_WHY], next_at=None)

    def put_back(self, recipient: Recipient, kind: Kind, about: str, why: str) -> None:
        """Note that a letter could not even be tried, so that it waits for the next round."""
        self._change(recipient, kind, about, state="waiting", why=why[:MOST_WHY], next_at=self._clock.now())

    def failed(self, recipient: Recipient, kind: Kind, about: str, why: str) -> State:
        """Note that a letter failed for now; it is tried again a few times, ever later. Return its state."""
        this = _is(recipient, kind, about)
        with self._file.reading() as connection:
            tries = int(connection.scalar(select(LETTERS.c.tries).where(*this)) or 0)
        state: State = "waiting" if tries < len(DELAYS) else "failed"
        next_at = self._clock.now() + DELAYS[tries] if state == "waiting" else None
        self._change(recipient, kind, about, state=state, why=why[:MOST_WHY], next_at=next_at, tries=tries + 1)
        return state

    def tidy(self, kind: Kind, since: datetime) -> None:
        """Give up what has waited since before a time, and what a server that ended may have sent or not."""
        old = (LETTERS.c.kind == kind, LETTERS.c.at < since)
        with self._file.writing() as connection:
            for before, after in (("waiting", "failed"), ("sending", "unclear")):
                ended = update(LETTERS).where(*old, LETTERS.c.state == before)
                connection.execute(ended.values(state=after, next_at=None))

    def done(self, kind: Kind, about: str) -> frozenset[str]:
        """Return the ids of the recipients for whom a letter is not to be tried now."""
        now = self._clock.now()
        with self._file.reading() as connection:
            rows = connection.execute(select(LETTERS).where(LETTERS.c.kind == kind, LETTERS.c.about == about))
            return frozenset(row.recipient for row in rows if row.state != "waiting" or row.next_at > now)

    def due(self, kind: Kind) -> list[Letter]:
        """Return the letters of a kind that wait and whose time has come, the earliest first."""
        is_due = (LETTERS.c.kind == kind, LETTERS.c.state == "waiting", LETTERS.c.next_at <= self._clock.now())
        return self._letters(select(LETTERS).where(*is_due).order_by(LETTERS.c.next_at))

    def abouts(self, kind: Kind) -> frozenset[str]:
        """Return what letters of a kind were about, whoever got them."""
        with self._file.reading() as connection:
            return frozenset(connection.scalars(select(LETTERS.c.about).where(LETTERS.c.kind == kind).distinct()))

    def sent_since(self, recipient: Recipient, kind: Kind, since: datetime) -> int:
        """Return how many letters of a kind somebody got since a time."""
        wanted = (LETTERS.c.recipient == recipient.id, LETTERS.c.kind == kind, LETTERS.c.at >= since)
        return len(self._letters(select(LETTERS).where(*wanted, LETTERS.c.state.in_(("sent", "sending", "unclear")))))

    def recent(self, most: int) -> list[Letter]:
        """Return the letters that changed last, the newest first."""
        letters = select(LETTERS).where(LETTERS.c.state != "empty")
        return self._letters(letters.order_by(LETTERS.c.at.desc(), LETTERS.c.recipient).limit(most))

    def of_recipient(self, recipient: Recipient) -> list[Letter]:
        """Return the letters to somebody, the newest first."""
        own = select(LETTERS).where(LETTERS.c.recipient == recipient.id)
        return self._letters(own.order_by(LETTERS.c.at.desc()))

    def told(self, recipient: Recipient) -> frozenset[str]:
        """Return the signatures of what somebody was told: the words of a search stand nowhere."""
        with self._file.reading() as connection:
            own = connection.scalars(select(LETTERS.c.told).where(LETTERS.c.recipient == recipient.id))
            return frozenset[str]().union(*own)

    def tell(self, recipient: Recipient, kind: Kind, about: str, signatures: Collection[str]) -> None:
        """Keep what a letter said."""
        self._change(recipient, kind, about, told=frozenset(signatures))

    def has(self, recipient: Recipient, kind: Kind, about: str) -> bool:
        """Whether there is a letter, in whatever state."""
        with self._file.reading() as connection:
            return connection.execute(select(LETTERS.c.state).where(*_is(recipient, kind, about))).first() is not None

    def _of(self, column: Any, value: str) -> Recipient:
        found = select(MAIL_RECIPIENTS).where(column == value)
        with self._file.reading() as connection:
            row = connection.execute(found).first()
        if row is not None:
            return _recipient(row)
        made: dict[str, Any] = {
            "id": secrets.token_hex(8),
            "person": None,
            "address": "",
            "language": "",
            "stopped": frozenset(),
        }
        with suppress(IntegrityError), self._file.writing() as connection:  # another server may be faster
            connection.execute(
                insert(MAIL_RECIPIENTS).values({**made, column.name: value, "key": secrets.token_bytes(32)})
            )
        with self._file.reading() as connection:
            return _recipient(connection.execute(found).one())

    def _change(self, recipient: Recipient, kind: Kind, about: str, **values: Any) -> None:
        changed = update(LETTERS).where(*_is(recipient, kind, about)).values(at=self._clock.now(), **values)
        with self._file.writing() as connection:
            connection.execute(changed)

    def _letters(self, query: Any) -> list[Letter]:
        with self._file.reading() as connection:
            return [_letter(row) for row in connection.execute(query)]


def _is(recipient: Recipient, kind: str, about: str) -> tuple[Any, Any, Any]:
    return LETTERS.c.recipient == recipient.id, LETTERS.c.kind == kind, LETTERS.c.about == about


def _insert(connection: Connection, recipient: Recipient, kind: str, about: str, **values: Any) -> None:
    row = {"recipient": recipient.id, "kind": kind, "about": about, "told": frozenset()}
    connection.execute(insert(LETTERS).values(**row, **values))


def _recipient(row: Any) -> Recipient:
    return Recipient(row.id, row.person or "", row.address, bytes(row.key), row.language, row.stopped)


def _letter(row: Any) -> Letter:
    return Letter(row.recipient, row.kind, row.about, row.state, row.tries, row.at, row.next_at, row.why)
