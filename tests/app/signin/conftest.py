"""An application where people sign in, and browsers of its people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.services import PeopleServices
from kb.clock import Clock
from kb.people.person import Person
from kb.viewer import ROLES
from tests.app.conftest import ADDRESS, Browser, MakeClient
from tests.hands import Hands, hands

__all__ = ["hands"]
PASSWORD = "green ladder under rain"
PAGE = {"accept": "text/html", "accept-language": "en"}
As = Callable[[str], TestClient]


@pytest.fixture
def stranger(make_client: MakeClient, hands: Hands) -> TestClient:
    """A browser that has not signed in."""
    return make_client({"notes/price.md": "# 価格\n\n価格の話。\n"}, auth="local", clock=Clock(lambda: hands.now))


@pytest.fixture
def known(stranger: TestClient) -> PeopleServices:
    """What knows the people of that application."""
    assert isinstance(stranger.app, FastAPI)
    services: PeopleServices = stranger.app.state.services.people
    return services


@pytest.fixture
def everybody(known: PeopleServices) -> dict[str, Person]:
    """A person of each role; the author has a password."""
    people: dict[str, Person] = {
        role: known.people.add(f"{role}@example.com", role.title(), role, ["sales"]) for role in ROLES
    }
    for person in people.values():
        known.names.link(person.name, person.id)
    known.passwords.set(people["author"], PASSWORD)
    return people


@pytest.fixture
def signed_in(stranger: TestClient, known: PeopleServices, everybody: dict[str, Person]) -> As:
    """A maker of browsers in which a person of a role is signed in."""

    def sign_in(role: str) -> TestClient:
        assert isinstance(stranger.app, FastAPI)
        browser = Browser(stranger.app, base_url=ADDRESS, raise_server_exceptions=False, follow_redirects=False)
        browser.cookies.set("session", known.sessions.begin(everybody[role].id, device="Firefox", way="password"))
        return browser

    return sign_in
