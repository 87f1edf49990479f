"""Mail and feed hold nothing their reader may not see: every person, every week, over the base with hidden entries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from app.mail.addressees import Addressee, Desk, people_addressed
from app.mail.asking import question, unexplained
from app.mail.digest import digest
from app.mail.message import Mail, as_html, as_text
from kb.clock import Clock
from kb.loop.period import Period
from kb.people.mailing import Recipient
from kb.viewer import NOBODY
from tests.app.conftest import MakeClient, make_client
from tests.app.signed_in import browser_of, services_behind
from tests.attack.hidden_base import GROUPS, ONLOOKERS, WORD, Onlooker, files, hidden_id

__all__ = ["make_client"]
PEOPLE = [one for one in ONLOOKERS if one.role and one.token_teams is None]
NOW = datetime(2026, 9, 18, 3, tzinfo=UTC)
WEEKS = [Period.week_of(date(2026, 1, 5) + timedelta(weeks=week)) for week in range(37)]


@pytest.fixture(scope="module")
def client(make_client: MakeClient) -> TestClient:
    """The base with hidden entries, and everybody."""
    client = make_client(files(), auth="local", clock=Clock(lambda: NOW))
    people = services_behind(client).people
    for who in PEOPLE:
        person = people.people.add(f"{who.name.lower()}@example.com", who.name, who.role or "reader", who.teams)
        people.names.link(who.name, person.id)
    return client


def _words(mail: Mail, desk: Desk) -> set[str]:
    return set(map(str.lower, WORD.findall(as_text(mail, desk.reader) + as_html(mail, desk.reader))))


def _seen(who: Onlooker | None) -> set[str]:
    """Return the beginnings of the words that somebody may read."""
    return {f"zq{at:02}" for at, group in enumerate(GROUPS) if who and group in who.sees}


@pytest.mark.parametrize("who", [None, *PEOPLE], ids=lambda who: who.name if who else "all")
def test_a_digest_and_a_question_name_only_what_their_reader_may_see(client: TestClient, who: Onlooker | None) -> None:
    services = services_behind(client)
    to = Addressee(Recipient("x", "", "", b"k", "", frozenset()), "team@example.com", NOBODY)
    if who:
        to = next(one for one in people_addressed(services) if one.viewer.name == who.name)
    desk = Desk.of(services, "https://kb.example.com", to)
    written = [mail for week in WEEKS if (mail := digest(desk, week).mail)]
    assert len(written) >= 2
    written += [mail for one in unexplained(services).values() if (mail := question(desk, one.id))]
    written += [mail for at in range(len(GROUPS)) if (mail := question(desk, hidden_id(at)))]
    said = set[str]().union(*(_words(mail, desk) for mail in written))
    assert {word for word in said if word[:4] not in _seen(who)} == set()


@pytest.mark.parametrize("who", PEOPLE, ids=lambda who: who.name)
def test_a_feed_holds_only_what_its_reader_may_see(client: TestClient, who: Onlooker) -> None:
    people = services_behind(client).people
    person = people.people.by_address(f"{who.name.lower()}@example.com")
    assert person is not None
    secret = people.feeds.make(person.id)
    for answer in (browser_of(client, person).get("/feed.atom"), client.get(f"/feeds/{secret}.atom")):
        assert answer.status_code == 200 and "<entry" in answer.text
        assert {word for word in map(str.lower, WORD.findall(answer.text)) if word[:4] not in _seen(who)} == set()
