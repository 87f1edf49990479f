"""What each role may do: one table for pages and API. A route that is missing in it is for administrators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from app.http.dependencies import services_of
from app.http.who import TOKEN, viewer_of
from kb.errors import ForbiddenError
from kb.people.errors import PersonNotFoundError
from kb.people.people import People
from kb.people.person import Person
from kb.viewer import Role, Viewer
from kb.wording import say

OWN = ("/me", "/mine")
BY_HAND = ("POST /people", "POST /people/{person_id}")  # whoever makes a link or an administrator can become anybody
MOST_NAMED = 3  # administrators in a refusal


@dataclass(frozen=True, slots=True)
class Need:
    """What somebody wants to do, and the least role for it."""

    role: Role
    what: str


READING = Need("reader", say("Reading"))
WRITING = Need("author", say("Writing entries"))
GRADING = Need("author", say("Grading hits"))
VERIFYING = Need("editor", say("Verifying entries"))
ARCHIVING = Need("editor", say("Archiving and restoring entries"))
TAKING = Need("author", say("Taking and answering gaps"))
TENDING = Need("editor", say("Deciding about gaps"))  # of others, or for good
MARKING = Need("author", say("Marking actions"))
MEETING = Need("editor", say("Saving meetings"))
AGREEING = Need("editor", say("Changing the playbook"))
IMPORTING = Need("editor", say("Importing files"))
MEASURING = Need("editor", say("Measuring the search"))
RUNNING = Need("admin", say("This"))
MANAGING = Need("admin", say("Managing people"))

NEEDS: Mapping[Need, Sequence[str]] = {
    READING: (
        "GET /", "GET /summary", "GET /passages/{entry_id:path}", "GET /entries/{entry_id:path}",
        "GET /history/{entry_id:path}",
        "GET /lineage/{entry_id:path}", "GET /deals/similar", "POST /deals/similar", "POST /deals/similar/memo.{form}",
        "GET /scoreboard", "GET /pictures/{key}", "GET /meeting", "GET /meeting/numbers", "GET /gaps", "GET /loop",
        "GET /review", "GET /judge", "GET /playbook", "GET /playbook/history", "GET /problems", "GET /docs",
        "POST /uses/{entry_id:path}", "POST /use/{entry_id:path}", "POST /helpful/{entry_id:path}", "POST /gaps/report",
        "GET /api/v1/search", "GET /api/v1/ask", "GET /api/v1/entries", "GET /api/v1/entries/{entry_id:path}",
        "GET /api/v1/entries/{entry_id:path}/similar", "GET /api/v1/entries/{entry_id:path}/lineage",
        "GET /api/v1/entries/{entry_id:path}/source", "GET /api/v1/problems", "GET /api/v1/playbook",
        "POST /api/v1/deals/similar", "GET /api/v1/scoreboard", "GET /api/v1/meeting", "GET /api/v1/loop",
        "GET /api/v1/gaps", "GET /api/v1/scoreboard.csv", "GET /api/v1/scoreboard/{view}.csv",
        "GET /api/v1/scoreboard/cohorts", "GET /api/v1/scoreboard/quarters", "GET /api/v1/scoreboard/cycle",
        "GET /api/v1/scoreboard/money", "GET /api/v1/scoreboard/said-by", "GET /api/v1/scoreboard/stages",
        "GET /healthz", "GET /readyz", "GET /sign-in", "POST /sign-in",
        "GET /sign-in/oidc", "GET /sign-in/oidc/back", "GET /link/{secret}", "POST /link/{secret}",
        "POST /sign-in/passkey", "POST /sign-in/passkey/begin", "POST /link/{secret}/passkey",
        "POST /link/{secret}/passkey/begin", "POST /me/passkeys", "POST /me/passkeys/begin", "POST /me/passkeys/remove",
        "POST /sign-out", "GET /me", "POST /me/password", "POST /me/sessions",
        "GET /me/tokens", "POST /me/tokens", "POST /me/tokens/{token_id}",
        "GET /mine", "POST /mine/seen", "POST /mine/name", "GET /me/data", "GET /me/data.json", "POST /me/data/delete",
        "GET /api/v1/mine", "POST /mcp",
    ),
    WRITING: (
        "GET /new", "GET /new/{name}", "GET /edit/{entry_id:path}", "POST /write", "POST /history/{entry_id:path}",
        "POST /api/v1/entries/check", "POST /api/v1/entries", "PUT /api/v1/entries/{entry_id:path}",
    ),
    GRADING: ("POST /judge",),
    MANAGING: (
        "GET /people", "POST /people", "POST /people/{person_id}", "GET /people/tokens",
        "POST /people/tokens/{token_id}", "GET /people/audit", "POST /people/audit/export",
    ),
    MEASURING: ("POST /judge/measure",),
    VERIFYING: ("POST /verify/{entry_id:path}",),
    ARCHIVING: (
        "POST /archive/{entry_id:path}", "POST /restore/{entry_id:path}",
        "POST /api/v1/entries/{entry_id:path}/archive", "POST /api/v1/entries/{entry_id:path}/restore",
    ),
    TAKING: ("POST /gaps",),  # some of it is TENDING
    MARKING: ("POST /meeting/mark",),  # of others: MEETING
    MEETING: ("POST /meeting/save", "POST /meeting/figures"),
    AGREEING: (
        "GET /playbook/edit", "POST /playbook/edit", "POST /playbook/history", "POST /playbook/start",
        "POST /playbook/reset",
    ),
    IMPORTING: (
        "GET /new/files", "POST /new/files", "POST /new/files/again", "POST /new/files/save", "POST /new/files/undo",
        "POST /sample",
    ),
}  # fmt: skip
ALLOWED: Mapping[str, Need] = {route: need for need, routes in NEEDS.items() for route in routes}
ROLE_NAMES: Mapping[Role, str] = {
    "reader": say("reader"),
    "author": say("author"),
    "editor": say("editor"),
    "admin": say("administrator"),
}
SCOPE_NAMES: Mapping[Role, str] = {  # of a token, by the role that something needs
    "reader": say("read"),
    "author": say("read and write"),
    "editor": say("read and write"),
    "admin": say("admin"),
}


async def need_role(request: Request) -> None:
    """Refuse a request for which its viewer lacks the role. Raises ForbiddenError."""
    route = f"{request.method} {request.scope['route'].path}"
    need, viewer = ALLOWED.get(route, RUNNING), viewer_of(request)
    if getattr(request.state, TOKEN, "") and (route in BY_HAND or is_own(request.url.path)):
        raise ForbiddenError(say("A program cannot use this with a token. Sign in in a browser."))
    if not viewer.is_at_least(need.role):
        raise await run_in_threadpool(refused, need, viewer, services_of(request).people.people)


def is_own(path: str) -> bool:
    """Whether a path is a person's own account: who finds a token gets no further way in there."""
    return any(path == own or path.startswith(f"{own}/") for own in OWN)


def require(request: Request, need: Need) -> None:
    """Refuse part of what a route does, for which its viewer lacks the role. Raises ForbiddenError."""
    if not viewer_of(request).is_at_least(need.role):
        raise refused(need, viewer_of(request), services_of(request).people.people)


def may(viewer: Viewer, route: str) -> bool:
    """Whether a viewer may use a route, as the table names it: for buttons."""
    return viewer.is_at_least(ALLOWED.get(route, RUNNING).role)


def refused(need: Need, viewer: Viewer, people: People) -> ForbiddenError:
    """Return the refusal of a viewer who lacks a role, or whose token lacks a scope that the person could give it."""
    try:
        person = people.get(viewer.person)
    except PersonNotFoundError:
        return ForbiddenError(_lacking(need, people.admins()))
    if not person.viewer.is_at_least(need.role):
        return ForbiddenError(_lacking(need, people.admins()))
    return ForbiddenError(
        say(
            "{what}: this token's scope does not allow it. Make one with the scope '{scope}' on /me/tokens.",
            what=need.what,
            scope=SCOPE_NAMES[need.role],
        )
    )


def _lacking(need: Need, admins: Sequence[Person]) -> str:
    """Return what a refused viewer lacks, and who can give it."""
    role, what = ROLE_NAMES[need.role], need.what
    names = ", ".join(person.name for person in admins[:MOST_NAMED])
    if not names:
        return say("{what}: the role '{role}' is needed. Ask an administrator.", what=what, role=role)
    return say(
        "{what}: the role '{role}' is needed. Ask an administrator ({names}).", what=what, role=role, names=names
    )
