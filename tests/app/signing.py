"""Sign a test's client in, without the pages for it."""

from __future__ import annotations

from starlette.testclient import TestClient

from kb.people.person import Person


def as_person(client: TestClient, person: Person) -> None:
    """Let the client's requests come from a person."""
    secret = client.app.state.services.people.sessions.begin(person.id, device="test", way="password")  # type: ignore[attr-defined]
    client.cookies.set("session", secret)
