"""Sessions and links: what a secret opens, and until when."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.clock import Clock
from kb.people.file import PeopleFile
from kb.people.links import Links
from kb.people.passwords import Passwords
from kb.people.people import People
from kb.people.person import Person
from kb.people.sessions import Sessions
from kb.people.tokens import Tokens
from tests.hands import Hands


@pytest.fixture
def person(people: People) -> Person:
    """Somebody who is no admin."""
    return people.add("aki@example.com", "Aki", "author", ["sales"])


@pytest.fixture
def sessions(people_file: PeopleFile, clock: Clock) -> Sessions:
    """No session yet."""
    return Sessions(people_file, clock)


@pytest.fixture
def links(people_file: PeopleFile, clock: Clock) -> Links:
    """No link yet."""
    return Links(people_file, clock)


def test_a_secret_opens_the_session_of_its_person_and_is_not_stored(
    person: Person, sessions: Sessions, file_only: PeopleFile
) -> None:
    secret = sessions.begin(person.id, device="Firefox", way="password", id_token="token")
    session = sessions.find(secret)
    assert session is not None and (session.person, session.device, session.id_token) == (person, "Firefox", "token")
    assert len(secret) >= 43
    stored = b"".join(path.read_bytes() for path in file_only.path.parent.iterdir())
    assert secret.encode() not in stored and session.id.encode() in stored
    assert sessions.find("") is sessions.find(session.id) is sessions.find("\ud800") is None


def test_a_session_ends_when_nobody_uses_it(person: Person, sessions: Sessions, hands: Hands) -> None:
    secret = sessions.begin(person.id, device="", way="password")
    for _ in range(3):
        hands.forward(hours=11)
        assert sessions.find(secret) is not None
    hands.forward(hours=12)
    assert sessions.find(secret) is None and sessions.of(person.id) == []


def test_a_session_ends_after_a_week_however_much_it_is_used(person: Person, sessions: Sessions, hands: Hands) -> None:
    secret = sessions.begin(person.id, device="", way="password")
    for _ in range(7 * 24 - 1):
        hands.forward(hours=1)
        assert sessions.find(secret) is not None
    hands.forward(hours=1)
    assert sessions.find(secret) is None


def test_the_time_last_seen_is_written_at_most_once_a_minute(person: Person, sessions: Sessions, hands: Hands) -> None:
    secret = sessions.begin(person.id, device="", way="password")
    begun = hands.now
    hands.forward(seconds=59)
    sessions.find(secret)
    assert sessions.of(person.id)[0].seen_at == begun
    hands.forward(seconds=1)
    sessions.find(secret)
    assert sessions.of(person.id)[0].seen_at == hands.now


def test_one_session_ends_and_all_but_one_end(person: Person, sessions: Sessions, hands: Hands) -> None:
    secrets = []
    for device in ("a", "b", "c"):
        hands.forward(seconds=1)
        secrets.append(sessions.begin(person.id, device=device, way="password"))
    assert [session.device for session in sessions.of(person.id)] == ["c", "b", "a"]
    sessions.end(sessions.of(person.id)[0].id)
    assert sessions.find(secrets[2]) is None
    kept = sessions.find(secrets[0])
    assert kept is not None
    sessions.end_all(person.id, but=kept.id)
    assert [session.device for session in sessions.of(person.id)] == ["a"]


def test_who_is_disabled_is_signed_out_and_stays_so_when_enabled_again(
    person: Person, people: People, sessions: Sessions, links: Links
) -> None:
    secret, link = sessions.begin(person.id, device="", way="password"), links.make(person.id)
    people.change(person.id, is_disabled=True)
    assert sessions.find(secret) is None
    assert links.person_of(links.make(person.id)) is None
    people.change(person.id, is_disabled=True)
    people.change(person.id, is_disabled=False)
    assert sessions.find(secret) is None
    assert links.person_of(link) is None


def test_a_change_of_role_is_seen_at_once_and_rotates_the_secret_once(
    person: Person, people: People, sessions: Sessions, hands: Hands
) -> None:
    first = sessions.begin(person.id, device="", way="password")
    people.change(person.id, role="editor")
    session = sessions.find(first)
    assert session is not None and session.person.role == "editor" and session.is_due_for_rotation
    second = sessions.rotate(session)
    assert second and not sessions.rotate(session)  # another request of the same page
    on_its_way = sessions.find(first)
    assert on_its_way is not None and on_its_way.id == session.id and not on_its_way.is_due_for_rotation
    hands.forward(minutes=1)
    assert sessions.find(first) is None
    assert sessions.find(second) is not None


def test_a_link_is_looked_at_often_and_used_once(person: Person, links: Links) -> None:
    secret = links.make(person.id)
    assert links.person_of(secret) == links.person_of(secret) == person  # as scanners of mail do
    assert links.use(secret) == person
    assert links.use(secret) is links.person_of(secret) is None


def test_a_link_ends_after_a_day_or_with_the_next_one(person: Person, links: Links, hands: Hands) -> None:
    first = links.make(person.id)
    second = links.make(person.id)
    assert links.person_of(first) is None
    hands.forward(hours=23, minutes=59)
    assert links.person_of(second) == person
    hands.forward(minutes=1)
    assert links.use(second) is None


def test_a_backup_has_people_and_passwords_but_nothing_that_signs_anybody_in(
    person: Person, people_file: PeopleFile, sessions: Sessions, links: Links, clock: Clock, tmp_path: Path
) -> None:
    passwords = Passwords(people_file, clock)
    passwords.set(person, "green ladder under rain")
    secret, link = sessions.begin(person.id, device="A rare browser", way="password"), links.make(person.id)
    token = Tokens(people_file, People(people_file, clock), clock).make(person, "crm")[1]
    assert people_file.copy_to(tmp_path / "copy.sqlite")
    assert b"A rare browser" not in (tmp_path / "copy.sqlite").read_bytes()
    copy = PeopleFile(tmp_path / "copy.sqlite")
    assert People(copy, clock).all() == [person]
    assert Passwords(copy, clock).is_right(person, "green ladder under rain")
    assert Sessions(copy, clock).find(secret) is None
    assert Links(copy, clock).person_of(link) is None
    tokens = Tokens(copy, People(copy, clock), clock)
    assert tokens.find(token) is None and [one.name for one in tokens.all()] == ["crm"]
    copy.close()
    assert sessions.find(secret) is not None
