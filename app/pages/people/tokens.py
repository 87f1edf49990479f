"""Tokens for programs: one's own, and, for administrators, all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import ReaderDep, ServicesDep
from app.http.who import ViewerDep, session_of
from app.pages.people.view import once, tabs
from app.pages.view import render
from app.services import PeopleServices, Services
from app.words.reader import Reader
from app.words.token_view import may_of, state_of, used_of
from kb.people.errors import BadTokenError, PersonNotFoundError, TokenNotFoundError
from kb.people.person import Person
from kb.people.tokens import MOST_DAYS, USUAL_DAYS, Scope, Token, scopes_of
from kb.viewer import Viewer

PAGE = "/people/tokens"
OWN_PAGE = "/me/tokens"

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A token on a page."""

    id: str
    name: str
    person: str
    may: str
    state: str
    used: str
    is_alive: bool

    @classmethod
    def of(cls, token: Token, person: str, reader: Reader) -> Shown:
        """Shape a token."""
        words = (may_of(token, reader), state_of(token, reader), used_of(token, reader))
        return cls(token.id, token.name, person, *words, token.is_alive(reader.clock.now()))


@router.get(PAGE)
def tokens_page(request: Request, services: ServicesDep, reader: ReaderDep, done: str = "") -> Response:
    """List everybody's tokens."""
    names = {person.id: person.name for person in services.people.people.all()}
    shown = [Shown.of(token, names.get(token.person, ""), reader) for token in services.people.tokens.all()]
    context = {"tabs": tabs(PAGE, reader), "tokens": _living_first(shown), "address": PAGE, "is_own": False}
    return render(request, "tokens.html", {**context, "done": reader("tokens.done") if done else ""})


@router.post(f"{PAGE}/{{token_id}}")
def revoke(services: ServicesDep, viewer: ViewerDep, _form: Form, token_id: str) -> Response:
    """Revoke a token of anybody."""
    _revoked(services.people, viewer, services.people.tokens.get(token_id))
    return RedirectResponse(f"{PAGE}?done=1", 303)


@router.get(OWN_PAGE)
def own_tokens(
    request: Request, services: ServicesDep, reader: ReaderDep, viewer: ViewerDep, done: str = ""
) -> Response:
    """List one's own tokens."""
    return _own(request, services, reader, viewer, done=reader("tokens.done") if done else "")


@router.post(OWN_PAGE)
def make(request: Request, services: ServicesDep, reader: ReaderDep, viewer: ViewerDep, form: Form) -> Response:
    """Make a token of one's own, and show it this one time."""
    known, person = services.people, services.people.people.get(viewer.person)
    name, scope, days = form.get("name", "").strip(), _scope(form.get("scope", "")), form.get("days", "")
    teams = form.getlist("team")
    limited = teams if teams and set(teams) != person.teams else None
    typed = {"name": name, "scope": scope, "days": days}
    if not _is_fresh(request, services):
        return _own(request, services, reader, viewer, typed=typed, status=422)
    facts = {"name": name, "scope": scope, "teams": limited or []}
    try:
        with known.audit.deed("token-made", viewer, person.id, **facts):
            token, secret = known.tokens.make(person, name, scope, teams=limited, days=_number(days))
    except BadTokenError as error:
        return _own(request, services, reader, viewer, problem=reader.say(error.sentence), typed=typed, status=422)
    return once(_own(request, services, reader, viewer, secret=secret, done=reader("tokens.made", name=token.name)))


@router.post(f"{OWN_PAGE}/{{token_id}}")
def revoke_own(services: ServicesDep, viewer: ViewerDep, _form: Form, token_id: str) -> Response:
    """Revoke a token of one's own."""
    token = services.people.tokens.get(token_id)
    if token.person != viewer.person:
        raise TokenNotFoundError(token_id)
    _revoked(services.people, viewer, token)
    return RedirectResponse(f"{OWN_PAGE}?done=1", 303)


def _revoked(known: PeopleServices, viewer: Viewer, token: Token) -> None:
    known.tokens.revoke(token.id)  # first: a leaked token ends also while nothing can be logged
    known.audit.note("token-revoked", viewer, token.id, name=token.name)


def _own(
    request: Request,
    services: Services,
    reader: Reader,
    viewer: Viewer,
    *,
    done: str = "",
    problem: str = "",
    secret: str = "",
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    person = _person(services.people, viewer)
    known = services.people.tokens.of(person.id) if person else []
    context = {
        "tokens": _living_first([Shown.of(token, "", reader) for token in known]),
        "scopes": [(scope, reader(f"tokens.scope.{scope}")) for scope in scopes_of(person.role)] if person else [],
        "teams": sorted(person.teams) if person else [],
        "usual_days": USUAL_DAYS,
        "most_days": MOST_DAYS,
        "address": OWN_PAGE,
        "is_own": True,
        "is_unused": person is None,
        "is_fresh": _is_fresh(request, services),
        "done": done,
        "problem": problem,
        "secret": secret,
        "typed": typed,
        "example": f"{request.url.scheme}://{request.url.netloc}/api/v1/search?q=",
    }
    return render(request, "tokens.html", context, status=status)


def _is_fresh(request: Request, services: Services) -> bool:
    """Whether the person has just signed in; whom a proxy vouches for has no session of ours."""
    session = session_of(request)
    return session is None or session.is_fresh(services.clock.now())


def _person(known: PeopleServices, viewer: Viewer) -> Person | None:
    """Return the person; None where nobody signs in."""
    try:
        return known.people.get(viewer.person) if viewer.is_signed_in else None
    except PersonNotFoundError:
        return None


def _living_first(shown: list[Shown]) -> list[Shown]:
    return sorted(shown, key=lambda token: not token.is_alive)


def _scope(text: str) -> Scope:
    return next((scope for scope in get_args(Scope) if scope == text), "read")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0
