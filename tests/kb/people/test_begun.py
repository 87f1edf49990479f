"""A sign-in that has begun is finished once, by the browser it was begun in, within ten minutes."""

from __future__ import annotations

import pytest

from kb.clock import Clock
from kb.people.begun import BegunSignIns
from kb.people.file import PeopleFile
from tests.hands import Hands


@pytest.fixture
def begun(people_file: PeopleFile, clock: Clock) -> BegunSignIns:
    """Nothing on its way; three are kept."""
    return BegunSignIns(people_file, clock, most=3)


def test_a_sign_in_is_finished_once(begun: BegunSignIns) -> None:
    one = begun.begin("browser", "/gaps", "192.0.2.1")
    assert begun.take(one.state, "browser") == one
    assert begun.take(one.state, "browser") is None


def test_only_the_browser_that_began_it_finishes_it(begun: BegunSignIns) -> None:
    one = begun.begin("browser", "/", "192.0.2.1")
    assert begun.take(one.state, "another") is None
    assert begun.take(one.state, "") is None
    assert begun.take(one.state, "browser") == one  # and a stranger's attempt does not spend it


def test_nothing_is_guessed_twice(begun: BegunSignIns) -> None:
    one, other = begun.begin("browser", "/", "192.0.2.1"), begun.begin("browser", "/", "192.0.2.1")
    assert len({one.state, one.nonce, one.verifier, other.state, other.nonce, other.verifier}) == 6
    assert min(map(len, (one.state, one.nonce, one.verifier))) >= 43
    assert begun.take(other.state, "browser") == other and begun.take(one.state, "browser") == one  # two tabs


def test_it_must_be_finished_within_ten_minutes(begun: BegunSignIns, hands: Hands) -> None:
    one, other = begun.begin("browser", "/", "192.0.2.1"), begun.begin("browser", "/", "192.0.2.1")
    hands.forward(minutes=9, seconds=59)
    assert begun.take(one.state, "browser") == one
    hands.forward(seconds=1)
    assert begun.take(other.state, "browser") is None


def test_the_oldest_make_room(begun: BegunSignIns, hands: Hands) -> None:
    first = begun.begin("browser", "/", "192.0.2.1")
    for _ in range(3):
        hands.forward(seconds=1)
        last = begun.begin("browser", "/", "192.0.2.1")
    assert begun.take(first.state, "browser") is None
    assert begun.take(last.state, "browser") == last


def test_a_flood_pushes_out_only_its_own(begun: BegunSignIns, hands: Hands) -> None:
    quiet = begun.begin("browser", "/", "192.0.2.1")
    for number in range(10):
        hands.forward(seconds=1)
        last = begun.begin("flood", "/", f"2001:db8::{number + 1}")  # addresses of one subscriber
    assert begun.take(quiet.state, "browser") == quiet
    assert begun.take(last.state, "flood") == last


def test_the_state_is_not_kept_in_the_clear(begun: BegunSignIns, people_file: PeopleFile) -> None:
    one = begun.begin("browser-secret", "/", "192.0.2.1")
    with people_file.reading() as connection:
        row = connection.exec_driver_sql("SELECT * FROM begun_sign_ins").one()
    assert one.state not in row and "browser-secret" not in row
