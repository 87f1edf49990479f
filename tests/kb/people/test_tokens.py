"""Tokens: what they may do, for how long, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kb.clock import Clock
from kb.people.errors import BadTokenError, TokenNotFoundError
from kb.people.file import PeopleFile
from kb.people.people import People
from kb.people.person import Person
from kb.people.tokens import MOST_TOKENS, Scope, Tokens, scopes_of
from kb.viewer import ROLES, Role, Viewer


class Parts:
    """A file of people with a clock that a test moves."""

    def __init__(self, place: Path) -> None:
        self.at = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
        clock = Clock(lambda: self.at)
        self.place = place
        self.file = PeopleFile(place)
        self.people = People(self.file, clock)
        self.tokens = Tokens(self.file, self.people, clock)
        self.admin = self.people.add("admin@example.com", "浅井 麻", "admin", ["sales", "marketing"])

    def person(self, role: Role, teams: tuple[str, ...] = ("sales",)) -> Person:
        """Add a person with a role."""
        return self.people.add(f"{role}-{'-'.join(teams)}@example.com", f"{role} さん", role, teams)


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    opened = Parts(tmp_path / "people.sqlite")
    yield opened
    opened.file.close()


def test_a_token_acts_for_its_person_and_its_secret_is_not_kept(parts: Parts) -> None:
    author = parts.person("author")
    token, secret = parts.tokens.make(author, "nightly export", "write")
    assert secret.startswith("kb_")
    assert len(secret) > 40
    assert parts.tokens.viewer_of(secret) == Viewer(author.id, "author さん", "author", frozenset({"sales"}))
    assert (token.name, token.ends_at - parts.at) == ("nightly export", timedelta(days=90))
    parts.file.close()
    assert all(secret.encode() not in file.read_bytes() for file in parts.place.parent.iterdir())


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("scope", "most"), [("read", "reader"), ("write", "editor"), ("admin", "admin")])
def test_a_token_does_what_both_its_scope_and_its_person_may(
    parts: Parts, role: Role, scope: Scope, most: Role
) -> None:
    _, secret = parts.tokens.make(parts.admin, "script", scope)
    parts.person("admin", ("other",))
    parts.people.change(parts.admin.id, role=role)
    viewer = parts.tokens.viewer_of(secret)
    assert viewer
    assert viewer.role == ROLES[min(ROLES.index(role), ROLES.index(most))]


@pytest.mark.parametrize(("role", "scopes"), [
    ("reader", ["read"]), ("author", ["read", "write"]), ("editor", ["read", "write"]),
    ("admin", ["read", "write", "admin"]),
])  # fmt: skip
def test_nobody_makes_a_token_that_may_do_more(parts: Parts, role: Role, scopes: list[Scope]) -> None:
    person = parts.person(role)
    assert scopes_of(role) == scopes
    for scope in ("write", "admin"):
        if scope not in scopes:
            with pytest.raises(BadTokenError, match="a token cannot do more"):
                parts.tokens.make(person, scope, scope)


def test_a_token_sees_only_its_teams_and_only_while_its_person_is_in_them(parts: Parts) -> None:
    _, secret = parts.tokens.make(parts.admin, "script", teams=["sales"])
    viewer = parts.tokens.viewer_of(secret)
    assert viewer
    assert viewer.audiences == {"sales"}
    parts.people.change(parts.admin.id, teams=["marketing"])
    viewer = parts.tokens.viewer_of(secret)
    assert viewer
    assert viewer.audiences == frozenset()
    with pytest.raises(BadTokenError, match="not in the team 'sales'"):
        parts.tokens.make(parts.people.get(parts.admin.id), "other", teams=["sales"])


def test_a_token_ends_by_time_by_hand_and_with_its_person(parts: Parts) -> None:
    author = parts.person("author")
    _, short = parts.tokens.make(author, "short", days=1)
    revoked, second = parts.tokens.make(author, "revoked")
    _, third = parts.tokens.make(author, "third")
    parts.tokens.revoke(revoked.id)
    parts.at += timedelta(days=1)
    assert [parts.tokens.viewer_of(secret) is not None for secret in (short, second, third)] == [False, False, True]
    parts.people.change(author.id, is_disabled=True)
    assert parts.tokens.viewer_of(third) is None
    parts.people.change(author.id, is_disabled=False)
    assert parts.tokens.viewer_of(third) is not None


@pytest.mark.parametrize("secret", ["", "kb_", "kb_" + "x" * 43, "session", "kb_\udcff"])
def test_an_unknown_secret_is_nobody(parts: Parts, secret: str) -> None:
    parts.tokens.make(parts.admin, "script")
    assert parts.tokens.viewer_of(secret) is None


def test_when_it_was_last_used_is_written_once_a_minute(parts: Parts) -> None:
    token, secret = parts.tokens.make(parts.admin, "script")
    assert parts.tokens.get(token.id).used_at is None
    begun = parts.at
    for _ in range(3):
        parts.tokens.viewer_of(secret)
        parts.at += timedelta(seconds=25)
    assert parts.tokens.get(token.id).used_at == begun
    parts.tokens.viewer_of(secret)
    assert parts.tokens.get(token.id).used_at == begun + timedelta(seconds=75)


@pytest.mark.parametrize(("name", "days"), [("", 90), ("x" * 61, 90), ("a\nb", 90), ("fine", 0), ("fine", 366)])
def test_a_token_needs_a_name_and_an_end(parts: Parts, name: str, days: int) -> None:
    with pytest.raises(BadTokenError):
        parts.tokens.make(parts.admin, name, days=days)


def test_two_living_tokens_of_a_person_have_two_names_and_there_are_not_endlessly_many(parts: Parts) -> None:
    first, _ = parts.tokens.make(parts.admin, "script")
    with pytest.raises(BadTokenError, match="already has a token called 'script'"):
        parts.tokens.make(parts.admin, "script")
    parts.tokens.revoke(first.id)
    for number in range(MOST_TOKENS):
        parts.tokens.make(parts.admin, f"script {number}")
    with pytest.raises(BadTokenError, match="Revoke one first"):
        parts.tokens.make(parts.admin, "one more")


def test_a_token_is_found_by_its_id_until_its_person_is_gone(parts: Parts) -> None:
    author = parts.person("author")
    token, _ = parts.tokens.make(author, "script")
    assert parts.tokens.get(token.id) == token
    assert [one.id for one in parts.tokens.of(author.id)] == [one.id for one in parts.tokens.all()] == [token.id]
    with pytest.raises(TokenNotFoundError):
        parts.tokens.get("nothing")
