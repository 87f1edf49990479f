"""People who are signed in, each with a browser of their own."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from app.services import Services
from app.signin.cookie import NAME
from kb.people.person import Person
from kb.viewer import Role
from tests.app.conftest import Browser


def services_behind(client: TestClient) -> Services:
    """Return the services of the application behind a client."""
    app: Any = client.app
    services: Services = app.state.services
    return services


def browser_of(client: TestClient, person: Person) -> Browser:
    """Return one more browser in which a person is signed in."""
    app: Any = client.app
    secret = services_behind(client).people.sessions.begin(person.id, device="test", way="test")
    return Browser(app, base_url=str(client.base_url), cookies={NAME: secret}, headers={"accept-language": "ja"})


def signed_in(client: TestClient, address: str, name: str, role: Role = "editor") -> tuple[Person, Browser]:
    """Return a new person, and a browser in which they are signed in."""
    person = services_behind(client).people.people.add(address, name, role, [])
    return person, browser_of(client, person)
