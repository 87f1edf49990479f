"""What people are called in the log of searches."""

from __future__ import annotations

import stat

from kb.clock import Clock
from kb.people.askers import Askers
from kb.people.file import PeopleFile
from tests.hands import Hands

DAYS = 180


def test_a_person_has_one_hash_that_does_not_tell_who_it_is(file_only: PeopleFile, clock: Clock) -> None:
    askers = Askers(file_only, clock, DAYS)
    (one,), (other,) = askers.of("a"), askers.of("b")
    assert one != other and len(one) == 16 and askers.of("a") == (one,)
    assert Askers(file_only, clock, DAYS).of("a") == (one,)  # another process
    assert stat.S_IMODE(file_only.path.stat().st_mode) == 0o600


def test_the_key_goes_with_the_searches(people_file: PeopleFile, clock: Clock, hands: Hands) -> None:
    askers = Askers(people_file, clock, DAYS)
    (first,) = askers.of("a")
    hands.forward(days=DAYS - 1)
    assert askers.of("a") == (first,)
    hands.forward(days=1)
    second, former = askers.of("a")
    assert former == first and second != first
    hands.forward(days=DAYS)  # the last search under the first key has just lost its words
    third, former = askers.of("a")
    assert former == second and first not in (third, second)


def test_without_retention_a_key_lasts_a_day(people_file: PeopleFile, clock: Clock, hands: Hands) -> None:
    askers = Askers(people_file, clock, 0)
    (first,) = askers.of("a")
    hands.forward(days=2)
    assert first not in askers.of("a")
