"""The people who may sign in: add somebody, change role and teams, send a new link, disable."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import ReaderDep, ServicesDep, seen_of
from app.http.who import ViewerDep
from app.pages.people.view import once, tabs
from app.pages.view import render
from app.services import PeopleServices, Services
from app.words.audit_view import moment
from app.words.reader import Reader
from app.words.token_view import teams_of
from kb.entry import owner_key
from kb.errors import KBError
from kb.library import Library
from kb.people.errors import BadPersonError, UnknownRoleError
from kb.people.person import Person
from kb.viewer import EVERYTHING, ROLES, Role, Viewer
from kb.wording import say

PAGE = "/people"
DONE = ("changed", "follows", "disabled", "enabled", "named", "unnamed")
MOST_OFFERED = 200  # names that mean nobody yet

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A person on the page."""

    person: Person
    role: str
    role_source: str  # empty where only administrators give roles
    teams: str
    team_source: str
    signed_in: str
    may_follow: bool  # an admin has set role or teams, so groups are ignored
    names: tuple[str, ...]  # in entries

    @classmethod
    def of(
        cls, person: Person, last: dict[str, str], reader: Reader, names: tuple[str, ...], *, has_groups: bool
    ) -> Shown:
        """Shape a person."""
        at = last.get(person.id)
        return cls(
            person,
            reader(f"role.{person.role}"),
            reader(f"people.source.{person.role_source}") if has_groups else "",
            teams_of(person.teams, reader) or reader("people.no_teams"),
            reader(f"people.source.{person.team_source}") if has_groups else "",
            reader("people.signed_in", at=moment(at)) if at else reader("people.never"),
            has_groups and "local" in (person.role_source, person.team_source),
            names,
        )


@router.get(PAGE)
def people_page(request: Request, services: ServicesDep, reader: ReaderDep, done: str = "") -> Response:
    """List everybody who may sign in."""
    return _page(request, services, reader, done=reader(f"people.done_{done}") if done in DONE else "")


@router.post(PAGE)
def add(request: Request, services: ServicesDep, reader: ReaderDep, viewer: ViewerDep, form: Form) -> Response:
    """Add a person, and show the link with which they set a password."""
    known = services.people
    typed = {name: form.get(name, "").strip() for name in ("address", "name", "role", "teams", "everything")}
    try:
        role, teams = _role(typed["role"]), teams_in(typed["teams"], sees_all=bool(typed["everything"]))
        with known.audit.deed("person-added", viewer, typed["address"], role=role, teams=teams):
            person = known.people.add(typed["address"], typed["name"], role, teams)
    except KBError as error:
        return _page(request, services, reader, problem=reader.say(error.sentence), typed=typed, status=422)
    link = _link(request, known, viewer, person) if services.settings.auth == "local" else ""
    return once(_page(request, services, reader, done=reader("people.added", name=person.name), link=link, of=person))


@router.post(f"{PAGE}/{{person_id}}")
def change(
    request: Request, services: ServicesDep, reader: ReaderDep, viewer: ViewerDep, form: Form, person_id: str
) -> Response:
    """Change, disable or enable a person, let the groups decide again, or make a new link."""
    known, do = services.people, form.get("do", "change")
    try:
        person = known.people.get(person_id)
        if do == "link":
            link = _link(request, known, viewer, person)
            return once(_page(request, services, reader, done=reader("people.linked"), link=link, of=person))
        done = _changed(known, viewer, person, do, form)
    except KBError as error:
        return _page(request, services, reader, problem=reader.say(error.sentence), status=409)
    return RedirectResponse(f"{PAGE}?done={done}", 303)


def teams_in(text: str, *, sees_all: bool = False) -> list[str]:
    """Return the teams somebody typed, separated by commas, and the one of those who see everything."""
    typed = [name for part in re.split(r"[,、，\n]", text) if (name := part.strip())]
    return sorted({*typed, EVERYTHING}) if sees_all else typed


def _changed(known: PeopleServices, viewer: Viewer, person: Person, do: str, form: ImmutableMultiDict[str, str]) -> str:
    """Carry a change out; return what was done."""
    if do in ("disable", "enable"):
        is_disabled = do == "disable"
        with known.audit.deed("person-changed", viewer, person.id, state=f"{do}d"):
            known.people.change(person.id, is_disabled=is_disabled)
        return f"{do}d"
    if do == "follow":
        with known.audit.deed("person-changed", viewer, person.id, source="groups"):
            known.people.follow_groups(person.id)
        return "follows"
    if do in ("name", "unname"):
        return _named(known, viewer, person, do, " ".join(form.get("entry_name", "").split()))
    role, name = _role(form.get("role", "")), form.get("name", "").strip()
    teams = teams_in(form.get("teams", ""), sees_all=bool(form.get("everything")))
    facts: dict[str, Any] = {}
    if role != person.role:
        facts["role"] = f"{person.role} → {role}"
    if set(teams) != person.teams:
        facts["teams"] = teams
    if name and name != person.name:
        facts["name"] = name
    if facts:
        with known.audit.deed("person-changed", viewer, person.id, **facts):
            known.people.change(
                person.id,
                name=name if "name" in facts else None,
                role=role if "role" in facts else None,
                teams=teams if "teams" in facts else None,
            )
    return "changed"


def _named(known: PeopleServices, viewer: Viewer, person: Person, do: str, name: str) -> str:
    """Let a name in entries mean a person, or nobody again. Raises BadPersonError, NameTakenError."""
    if not name or (do == "unname" and known.names.person_of(name) != person.id):
        raise BadPersonError(say("Enter the name as it stands in entries."))
    if do == "unname":
        with known.audit.deed("name-unlinked", viewer, person.id):
            known.names.unlink(name)
        return "unnamed"
    with known.audit.deed("name-linked", viewer, person.id):
        known.names.link(name, person.id)
    return "named"


def _names_of_nobody(known: PeopleServices, library: Library) -> list[str]:
    """Return the names in entries that an administrator may see and that mean nobody yet."""
    taken = {owner_key(name) for name, _ in known.names.links()} | known.names.former()
    return sorted(name for name in library.entries.names_used() if owner_key(name) not in taken)[:MOST_OFFERED]


def _role(text: str) -> Role:
    """Return a role. Raises UnknownRoleError."""
    for role in ROLES:
        if role == text:
            return role
    raise UnknownRoleError(text)


def _link(request: Request, known: PeopleServices, viewer: Viewer, person: Person) -> str:
    """Return the address of a new one-time link."""
    with known.audit.deed("link-made", viewer, person.id):
        secret = known.links.make(person.id)
    return f"{request.url.scheme}://{request.url.netloc}/link/{secret}"


def _page(
    request: Request,
    services: Services,
    reader: Reader,
    *,
    done: str = "",
    problem: str = "",
    link: str = "",
    of: Person | None = None,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    known, auth = services.people, services.settings.auth
    last = known.audit.last_of("sign-in")
    people = sorted(known.people.all(), key=lambda person: person.is_disabled)
    names: dict[str, tuple[str, ...]] = {}
    for name, owner in known.names.links():
        names[owner] = (*names.get(owner, ()), name)
    has_groups, library = services.settings.follows_groups, seen_of(request)
    context = {
        "tabs": tabs(PAGE, reader),
        "people": [Shown.of(p, last, reader, names.get(p.id, ()), has_groups=has_groups) for p in people],
        "unclaimed": _names_of_nobody(known, library.library) if library else [],
        "roles": [(role, reader(f"role.{role}"), reader(f"role.{role}_may")) for role in ROLES],
        "done": done,
        "problem": problem,
        "link": link,
        "of": of,
        "typed": typed,
        "everything": EVERYTHING,
        "gives_links": auth == "local",
        "is_unused": auth == "none",
    }
    return render(request, "people.html", context, status=status)
