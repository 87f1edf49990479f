"""The tables of the database of people."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    select,
    text,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """A time in UTC, as text that sorts by time."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        """Return the text."""
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Any) -> datetime | None:
        """Return the time."""
        return None if value is None else datetime.fromisoformat(value)


class Names(TypeDecorator[frozenset[str]]):
    """A set of names, as a JSON list."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        """Return the text."""
        return None if value is None else json.dumps(sorted(value), ensure_ascii=False)

    def process_result_value(self, value: Any, dialect: Any) -> frozenset[str] | None:
        """Return the names."""
        return None if value is None else frozenset(json.loads(value))


METADATA = MetaData()
PEOPLE = Table(
    "people",
    METADATA,
    Column("id", String, primary_key=True),
    Column("address", String, nullable=False),  # folded; empty where a proxy passes none
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("role_source", String, nullable=False),
    Column("teams", Names, nullable=False),
    Column("team_source", String, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("is_disabled", Boolean, nullable=False),
    Index(
        "people_by_address",
        "address",
        unique=True,
        sqlite_where=text("address != ''"),
        postgresql_where=text("address != ''"),
    ),
)
SUBJECTS = Table(  # what a provider vouched for at the last sign-in
    "subjects",
    METADATA,
    Column("source", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("person", ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("role", String),  # null: it says nothing about roles; likewise teams
    Column("teams", Names),
    Column("met_at", Moment, nullable=False),
)
PASSWORDS = Table(
    "passwords",
    METADATA,
    Column("person", ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("hash", String, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
PASSKEYS = Table(
    "passkeys",
    METADATA,
    Column("id", String, primary_key=True),  # of the credential, base64url; no secret
    Column("person", ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("key", LargeBinary, nullable=False),  # public
    Column("counter", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("used_at", Moment),
)
LINKS = Table(  # one-time links that have not been used
    "links",
    METADATA,
    Column("hash", String, primary_key=True),  # SHA-256 of the secret
    Column("person", ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("ends_at", Moment, nullable=False),
)
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("id", String, primary_key=True),  # for lists and addresses; no secret
    Column("hash", String, nullable=False, unique=True),  # SHA-256 of the secret
    Column("former_hash", String, nullable=False, index=True),  # before the last rotation, for requests on their way
    Column("rotated_at", Moment, nullable=False),
    Column("role", String, nullable=False),  # of the person when the secret was made
    Column("person", ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("device", String, nullable=False),  # browser and system, as shown
    Column("way", String, nullable=False),  # how the person signed in
    Column("id_token", Text, nullable=False),  # of the provider, for signing out there
    Column("begun_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)
ATTEMPTS = Table(  # failed ones in a row
    "attempts",
    METADATA,
    Column("hash", String, primary_key=True),  # SHA-256 of an account's address or a network address
    Column("failures", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)
BEGUN = Table(  # sign-ins on their way through an identity provider, or waiting for a passkey
    "begun_sign_ins",
    METADATA,
    Column("state_hash", String, primary_key=True),  # SHA-256, as below: what comes back, and the browser's own secret
    Column("browser_hash", String, nullable=False),
    Column("network", String, nullable=False, index=True),
    Column("nonce", String, nullable=False),
    Column("verifier", String, nullable=False),
    Column("next", String, nullable=False),  # the page that was asked for
    Column("at", Moment, nullable=False, index=True),
)
AUDIT = Table(  # appended to, removed only from the beginning; see `kb/people/chain.py`
    "audit",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("at", String, nullable=False),  # UTC, ISO: part of the hash, so kept as written
    Column("event", String, nullable=False),
    Column("person", String, nullable=False),  # no key: what somebody did outlasts the account
    Column("name", String, nullable=False),  # at that time
    Column("way", String, nullable=False),
    Column("network", String, nullable=False),
    Column("about", String, nullable=False),
    Column("facts", Text, nullable=False),  # JSON
    Column("previous", String, nullable=False),  # hash of the row before
    Column("hash", String, nullable=False),
    Index("audit_by_event", "event", "number"),
    Index("audit_by_person", "person", "number"),
    Index("audit_by_time", "at"),
)
AUDIT_HEAD = Table(  # the newest row, so that a missing end shows
    "audit_head",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("hash", String, nullable=False),
)
TOKENS = Table(
    "tokens",
    METADATA,
    Column("id", String, primary_key=True),  # for lists and logs; no secret
    Column("hash", String, nullable=False, unique=True),  # SHA-256 of the secret
    Column("person", ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("scope", String, nullable=False),
    Column("teams", Names),  # null: all of the person's
    Column("made_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("revoked_at", Moment),
)
NAMES = Table(  # as they stand in entries
    "names",
    METADATA,
    Column("folded", String, primary_key=True),
    Column("name", String, nullable=False),  # as written; empty once the person is deleted
    Column("person", String, nullable=False, index=True),  # an id that is in no other table: the person was deleted
)


class json_group_array(GenericFunction[str]):  # noqa: N801 (SQLite's name of the function)
    """The values of a group as the text of a JSON list."""

    type = Text()
    inherit_cache = True


@compiles(json_group_array, "postgresql")
def _as_postgresql(function: json_group_array, compiler: Any, **options: Any) -> str:
    return f"coalesce(json_agg{compiler.process(function.clause_expr, **options)}::text, '[]')"


_OWN_NAMES = select(json_group_array(NAMES.c.folded)).where(NAMES.c.person == PEOPLE.c.id).scalar_subquery()
PERSON = (*PEOPLE.c, type_coerce(_OWN_NAMES, Names()).label("names"))  # what a person is read from, in one query
ASKER_KEYS = Table(  # of the hashes that stand for people in the log of searches
    "asker_keys",
    METADATA,
    Column("day", String, primary_key=True),  # the first it is used, ISO
    Column("key", LargeBinary, nullable=False),
)
FEEDS = Table(  # the personal address of each person's feed
    "feeds",
    METADATA,
    Column("person", ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("hash", String, nullable=False, unique=True),  # SHA-256 of the secret in the address
    Column("made_at", Moment, nullable=False),
)
MAIL_RECIPIENTS = Table(  # who gets mail from here
    "mail_recipients",
    METADATA,
    Column("id", String, primary_key=True),  # stands in links; no secret
    Column("person", ForeignKey("people.id", ondelete="CASCADE"), unique=True),  # null: an address of the settings
    Column("address", String, nullable=False),  # folded, of the settings; empty for a person
    Column("key", LargeBinary, nullable=False),  # signs the links in their mail
    Column("language", String, nullable=False),  # empty: not chosen
    Column("stopped", Names, nullable=False),  # kinds of mail that are not wanted
    Index(
        "mail_recipients_by_address",
        "address",
        unique=True,
        sqlite_where=text("address != ''"),
        postgresql_where=text("address != ''"),
    ),
)
LETTERS = Table(  # what was sent, or is to be: the key keeps two servers from sending it twice
    "letters",
    METADATA,
    Column("recipient", ForeignKey("mail_recipients.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String, primary_key=True),
    Column("about", String, primary_key=True),  # the week of a digest, the deal of a question
    Column("state", String, nullable=False),
    Column("tries", Integer, nullable=False),  # failed ones
    Column("at", Moment, nullable=False, index=True),  # of the last change
    Column("next_at", Moment),  # when it is tried, while it waits
    Column("why", Text, nullable=False),  # it failed
    Column("told", Names, nullable=False),  # signatures of what it says, so that nothing is told twice
)
