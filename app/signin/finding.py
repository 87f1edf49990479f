"""Find out who a request comes from: a program with a token, else whom a proxy vouches for, else a session."""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest

from starlette.datastructures import Headers
from starlette.types import Scope

from app.http.connection import PEER
from app.services import PeopleServices
from app.signin.cookie import secret_in
from kb.people.sessions import Session
from kb.people.tokens import Token
from kb.viewer import OPERATOR, Viewer

FEEDS = "/feeds/"  # and a secret, which reads the feed of its person and nothing else


@dataclass(frozen=True, slots=True)
class Found:
    """Who a request comes from."""

    viewer: Viewer
    session: Session | None = None  # of a browser
    new_secret: str = ""  # for its cookie, where the session's secret was rotated
    token: Token | None = None  # of a program


def found_in(scope: Scope, people: PeopleServices, operator_secret: str) -> Found | None:
    """Return who a request comes from; None if nobody is signed in.

    A request with a token is never somebody's browser: if the token is wrong, nothing else counts. Nor does one of two:
    a proxy in front may have checked the other.
    """
    if scope["path"].startswith(FEEDS):
        viewer = people.feeds.viewer_of(scope["path"].removeprefix(FEEDS).removesuffix(".atom"))
        return Found(viewer) if viewer else None
    sent = Headers(scope=scope).getlist("authorization")
    if any(sent):
        return _by_token(sent[0], people, operator_secret) if len(sent) == 1 else None
    return _by_proxy(scope, people) or _by_session(scope, people)


def _by_token(sent: str, people: PeopleServices, operator_secret: str) -> Found | None:
    scheme, _, secret = sent.partition(" ")
    if scheme.lower() != "bearer":
        return None
    if operator_secret and compare_digest(secret.strip().encode(), operator_secret.encode()):
        return Found(OPERATOR)  # `kb` on this machine
    token = people.tokens.find(secret.strip())
    viewer = people.tokens.viewer(token) if token else None
    return Found(viewer, token=token) if viewer else None


def _by_proxy(scope: Scope, people: PeopleServices) -> Found | None:
    """Return whom the proxy vouches for. Raises SignInRefusedError, ProviderAwayError."""
    if people.proxy is None:
        return None
    person = people.proxy.person(Headers(scope=scope), scope.get("state", {}).get(PEER, ""))
    return Found(person.viewer) if person else None


def _by_session(scope: Scope, people: PeopleServices) -> Found | None:
    session = people.sessions.find(secret_in(scope))
    if session is None:
        return None
    renewed = people.sessions.rotate(session) if session.is_due_for_rotation else ""
    return Found(session.person.viewer, session, renewed)
