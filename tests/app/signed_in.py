"""People who are signed in: a middleware that takes a header's word for who is asking, in place of a session."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import Headers
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.csrf import HEADER, token_for
from app.http.who import VIEWER
from app.services import Services
from kb.people.person import Person
from kb.viewer import Role
from tests.app.conftest import Browser

PERSON = "x-person"


class TrustingMiddleware:
    """Puts the viewer of the person a header names into the request."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self.app = app
        self.services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and (person := Headers(scope=scope).get(PERSON)):
            scope.setdefault("state", {})[VIEWER] = self.services.people.people.get(person).viewer
        await self.app(scope, receive, send)


class Signed(Browser):
    """A browser in which somebody is signed in."""

    def form_token(self) -> str:
        """Return the token of this person's forms."""
        super().form_token()
        app: Any = self.app
        return token_for(app.state.form_key, self.headers[PERSON], self.cookies["form"])


def services_behind(client: TestClient) -> Services:
    """Return the services of the application behind a client."""
    app: Any = client.app
    services: Services = app.state.services
    return services


def signed_in(client: TestClient, address: str, name: str, role: Role = "editor") -> tuple[Person, Signed]:
    """Return a new person, and a browser in which they are signed in."""
    app: Any = client.app
    services = services_behind(client)
    if not any(one.cls is TrustingMiddleware for one in app.user_middleware):
        app.add_middleware(TrustingMiddleware, services=services)
    person = services.people.people.add(address, name, role, [])
    browser = Signed(app, base_url=str(client.base_url), headers={PERSON: person.id, "accept-language": "ja"})
    return person, browser


__all__ = ["HEADER", "Signed", "services_behind", "signed_in"]
