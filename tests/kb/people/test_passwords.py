"""Passwords and attempts: what is refused, and how long guessing takes."""

from __future__ import annotations

import pytest

from kb.clock import Clock
from kb.people.attempts import FREE_ACCOUNT, FREE_HERE, FREE_NETWORK, Attempts
from kb.people.errors import WeakPasswordError
from kb.people.file import PeopleFile
from kb.people.passwords import Passwords
from kb.people.people import People
from kb.people.person import Person
from tests.hands import Hands

GOOD = "green ladder under rain"


@pytest.fixture
def passwords(people_file: PeopleFile, clock: Clock) -> Passwords:
    """No password yet."""
    return Passwords(people_file, clock)


@pytest.fixture
def attempts(people_file: PeopleFile, clock: Clock) -> Attempts:
    """No attempt yet."""
    return Attempts(people_file, clock)


@pytest.fixture
def person(people: People) -> Person:
    """Somebody without a password."""
    return people.add("aki.ueda@example.com", "Aki Ueda", "author", [])


def test_a_password_is_right_for_its_person_alone(passwords: Passwords, people: People, person: Person) -> None:
    other = people.add("ben@example.com", "Ben", "author", [])
    assert not passwords.has(person) and not passwords.is_right(person, GOOD)
    passwords.set(person, GOOD)
    assert passwords.has(person) and passwords.is_right(person, GOOD)
    wrong = [(person, f"{GOOD} "), (person, GOOD.upper()), (person, ""), (other, GOOD), (None, GOOD), (None, "")]
    assert [passwords.is_right(who, text) for who, text in wrong] == [False] * len(wrong)
    passwords.set(person, "夜明け前の静かな図書館の窓")
    assert passwords.is_right(person, "夜明け前の静かな図書館の窓") and not passwords.is_right(person, GOOD)


def test_a_password_is_the_same_in_full_width_and_is_not_stored(
    passwords: Passwords, person: Person, file_only: PeopleFile
) -> None:
    passwords.set(person, GOOD)
    assert passwords.is_right(person, "ｇｒｅｅｎ ladder under rain")
    stored = b"".join(path.read_bytes() for path in file_only.path.parent.iterdir())
    assert GOOD.encode() not in stored and b"$argon2id$v=19$m=65536,t=3,p=4$" in stored


@pytest.mark.parametrize(
    "password",
    [
        "short pass1", "x" * 257, "aaaaaaaaaaaaaaaa", "123456789012", "password1234", "P@ssw0rd!2026", "qwertyuiop12",
        "1q2w3e4r5t6y", "akiueda20261", "Example.com2026", "kachisuji2026!", "passwordpassword", "839201746382",
    ],
)  # fmt: skip
def test_what_is_tried_first_is_refused(passwords: Passwords, person: Person, password: str) -> None:
    with pytest.raises(WeakPasswordError):
        passwords.set(person, password)
    assert not passwords.has(person)


@pytest.mark.parametrize(
    "password", [GOOD, "tr0ub4dor&3 horse", "あさひがのぼるまえのさんぽ", "x7!kQ2#vLp9z", "a" * 240 + "bcdefg"]
)
def test_there_are_no_other_rules(passwords: Passwords, person: Person, password: str) -> None:
    passwords.set(person, password)
    assert passwords.is_right(person, password)


def test_the_wait_grows_and_ends(attempts: Attempts, hands: Hands) -> None:
    waits: list[int] = []
    for _ in range(FREE_HERE + 14):
        assert attempts.begin("aki@example.com", "192.0.2.1") == 0
        waits.append(attempts.begin("aki@example.com", "192.0.2.1") if len(waits) >= FREE_HERE - 1 else 0)
        hands.forward(seconds=waits[-1])
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, *[900] * 5]
    hands.forward(hours=24)
    assert [attempts.begin("aki@example.com", "192.0.2.1") for _ in range(FREE_HERE)] == [0] * FREE_HERE


def test_a_restart_forgives_nothing(attempts: Attempts, file_only: PeopleFile, clock: Clock) -> None:
    for _ in range(FREE_HERE):
        attempts.begin("aki@example.com", "192.0.2.1")
    file_only.close()
    assert Attempts(PeopleFile(file_only.path), clock).begin("AKI@example.com ", "192.0.2.1") == 1


def test_who_guesses_from_elsewhere_hardly_delays_the_owner(attempts: Attempts) -> None:
    for _ in range(FREE_HERE + 1):
        attempts.begin("aki@example.com", "203.0.113.9")
    assert attempts.begin("aki@example.com", "203.0.113.9") > 0
    assert attempts.begin("aki@example.com", "192.0.2.1") == 0


def test_many_addresses_do_not_make_guessing_free(attempts: Attempts) -> None:
    tried = [attempts.begin("aki@example.com", f"203.0.113.{number}") for number in range(FREE_ACCOUNT + 1)]
    assert tried == [0] * FREE_ACCOUNT + [1]


def test_many_accounts_do_not_make_guessing_free_nor_does_another_address_of_the_same_line(attempts: Attempts) -> None:
    for number in range(FREE_NETWORK):
        assert attempts.begin(f"a{number}@example.com", f"2001:db8::{number:x}") == 0
    assert attempts.begin("b@example.com", "2001:db8::ffff") == 1
    assert attempts.begin("b@example.com", "2001:db8:0:1::1") == 0


def test_a_success_clears_the_account_but_not_the_address(attempts: Attempts) -> None:
    for _ in range(3):
        attempts.begin("aki@example.com", "192.0.2.1")
    attempts.succeeded("aki@example.com", "192.0.2.1")
    for number in range(FREE_NETWORK - 2):
        assert attempts.begin("aki@example.com" if number < FREE_HERE else f"{number}@example.com", "192.0.2.1") == 0
    assert attempts.begin("c@example.com", "192.0.2.1") == 1


def test_ones_own_words_that_contain_each_other_do_not_make_a_password_take_for_ever(
    passwords: Passwords, people: People
) -> None:
    person = people.add("a@aa.example", "Aaa", "author", [])
    passwords.set(person, f"{'a' * 200} over the hill")
    with pytest.raises(WeakPasswordError):
        passwords.set(person, "aaa12345678901")
