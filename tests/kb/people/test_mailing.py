"""Recipients, letters and feeds are kept alike in a file and in a database that servers share."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kb.clock import Clock
from kb.people.feeds import Feeds
from kb.people.file import PeopleFile
from kb.people.mailing import DELAYS, Mailing
from kb.people.people import People
from tests.hands import Hands


@pytest.fixture
def mailing(people_file: PeopleFile, clock: Clock) -> Mailing:
    """Nothing sent yet."""
    return Mailing(people_file, clock)


def test_people_and_addresses_are_recipients_of_their_own(mailing: Mailing, people: People) -> None:
    aoki, mori = (people.add(f"{name}@example.com", name, "reader", []) for name in ("aoki", "mori"))
    first, second = mailing.of_person(aoki.id), mailing.of_person(mori.id)
    other = mailing.of_address("Team@example.com")
    assert len({first.id, second.id, other.id}) == 3 == len(mailing.recipients())
    assert mailing.of_person(aoki.id) == first and mailing.of_address("team@example.com") == other


def test_a_letter_is_taken_once_and_tried_again_later(mailing: Mailing, hands: Hands) -> None:
    one = mailing.of_address("a@example.com")
    assert mailing.claim(one, "digest", "2026-W48") and not mailing.claim(one, "digest", "2026-W48")
    assert mailing.failed(one, "digest", "2026-W48", "450 later") == "waiting"
    assert not mailing.claim(one, "digest", "2026-W48") and mailing.due("digest") == []
    hands.now += DELAYS[0] + timedelta(seconds=1)
    assert [letter.about for letter in mailing.due("digest")] == ["2026-W48"]
    assert mailing.claim(one, "digest", "2026-W48")
    mailing.settle(one, "digest", "2026-W48", "sent")
    mailing.tell(one, "digest", "2026-W48", ["abc"])
    assert mailing.done("digest", "2026-W48") == {one.id} and mailing.due("digest") == []


def test_a_link_stops_one_kind_of_mail(mailing: Mailing) -> None:
    one = mailing.of_address("a@example.com")
    link = f"digest.{one.id}.{one.signed('digest')}"
    found = mailing.by_link(link)
    assert found == (one, "digest") and mailing.by_link(link[:-1] + "!") is None
    mailing.stop(one.id, "digest")
    assert mailing.of_address("a@example.com").stopped == {"digest"}


def test_a_feed_has_one_address_which_ends_with_the_next(people_file: PeopleFile, people: People, clock: Clock) -> None:
    feeds = Feeds(people_file, clock)
    person = people.add("aoki@example.com", "青木", "editor", [])
    before, after = feeds.make(person.id), feeds.make(person.id)
    viewer = feeds.viewer_of(after)
    assert viewer and (viewer.person, viewer.role) == (person.id, "reader") and feeds.viewer_of(before) is None
    assert feeds.end(person.id) and not feeds.end(person.id)
    assert feeds.viewer_of(after) is None
