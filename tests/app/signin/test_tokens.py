"""Programs sign in with tokens, only in the header, and do no more than scope and person allow."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from app.services import PeopleServices
from kb.people.audit import Wanted
from kb.people.person import Person
from kb.people.tokens import Scope
from tests.app.conftest import MakeClient

NEW = {"text": "---\ntitle: 新しい記録\n---\n本文。\n"}


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}", "accept": "application/json"}


def made(known: PeopleServices, person: Person, scope: Scope) -> str:
    return known.tokens.make(person, f"{person.name} {scope}", scope)[1]


@pytest.mark.parametrize(("role", "scope", "read", "write", "archive", "admin"), [
    ("reader", "read", 200, 403, 403, 403),
    ("author", "read", 200, 403, 403, 403),
    ("author", "write", 200, 201, 403, 403),
    ("editor", "write", 200, 201, 200, 403),
    ("admin", "write", 200, 201, 200, 403),
    ("admin", "admin", 200, 201, 200, 200),
])  # fmt: skip
def test_a_token_does_what_scope_and_role_allow(
    stranger: TestClient,
    known: PeopleServices,
    everybody: dict[str, Person],
    role: str,
    scope: Scope,
    read: int,
    write: int,
    archive: int,
    admin: int,
) -> None:
    sent = bearer(made(known, everybody[role], scope))
    new = {"text": NEW["text"].replace("本文", f"{role} {scope}")}
    found = [
        stranger.get("/api/v1/search?q=価格", headers=sent).status_code,
        stranger.post("/api/v1/entries", json=new, headers=sent).status_code,
        stranger.post("/api/v1/entries/notes/price/archive", headers=sent).status_code,
        stranger.get("/people/audit", headers=sent).status_code,
    ]
    assert found == [read, write, archive, admin]


def test_a_token_counts_only_in_the_header(
    stranger: TestClient, known: PeopleServices, everybody: dict[str, Person]
) -> None:
    secret = made(known, everybody["reader"], "read")
    assert stranger.get("/api/v1/playbook", headers=bearer(secret)).status_code == 200
    for address in (f"/api/v1/playbook?token={secret}", f"/api/v1/playbook?access_token={secret}"):
        assert stranger.get(address, headers={"accept": "application/json"}).status_code == 401
    stranger.cookies.set("session", secret)
    assert stranger.get("/api/v1/playbook", headers={"accept": "application/json"}).status_code == 401


def test_a_revoked_token_is_refused_at_the_next_request_and_counted(
    stranger: TestClient, known: PeopleServices, everybody: dict[str, Person]
) -> None:
    secret = made(known, everybody["reader"], "read")
    (token,) = known.tokens.all()
    known.tokens.revoke(token.id)
    for _ in range(3):
        answer = stranger.get("/api/v1/playbook", headers=bearer(secret))
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    known.audit.retry(at_once=True)
    (row,) = known.audit.rows(Wanted(event="denied"))
    assert row.known == {"count": 3, "route": "GET /api/v1/playbook", "status": 401}


def test_what_a_program_does_is_logged_under_its_person_and_its_name(
    stranger: TestClient, known: PeopleServices, everybody: dict[str, Person]
) -> None:
    sent = bearer(made(known, everybody["author"], "write"))
    assert stranger.post("/api/v1/entries", json=NEW, headers=sent).status_code == 201
    (row,) = known.audit.rows(Wanted(event="entry-saved"))
    assert (row.person, row.way, row.network) == (everybody["author"].id, "Author write", "testclient")


def test_a_role_that_does_not_suffice_is_one_row_with_who_and_which_route(
    stranger: TestClient, known: PeopleServices, everybody: dict[str, Person]
) -> None:
    sent = bearer(made(known, everybody["reader"], "read"))
    for _ in range(4):
        stranger.post("/api/v1/entries/notes/price/archive", headers=sent)
    known.audit.retry(at_once=True)
    (row,) = known.audit.rows(Wanted(event="denied"))
    assert (row.person, row.known["count"], row.known["status"]) == (everybody["reader"].id, 4, 403)
    assert "notes/price" not in row.facts


def test_signing_in_and_out_and_failing_to_are_logged(
    stranger: TestClient, known: PeopleServices, everybody: dict[str, Person]
) -> None:
    stranger.post("/sign-in", data={"address": "author@example.com", "password": "wrong wrong wrong"})
    stranger.post("/sign-in", data={"address": "author@example.com", "password": "green ladder under rain"})
    stranger.post("/sign-out")
    found = [(row.event, row.person, row.about) for row in known.audit.rows(Wanted())]
    author = everybody["author"].id
    assert found == [("sign-out", author, ""), ("sign-in", author, ""), ("sign-in-failed", "", author)]
    assert known.audit.rows(Wanted(event="sign-in"))[0].network == "testclient"


def test_a_server_without_sign_in_refuses_a_token_plainly(make_client: MakeClient) -> None:
    client = make_client({})
    answer = client.get("/api/v1/playbook", headers=bearer("kb_" + "x" * 43))
    assert answer.status_code == 401
    assert "no token is accepted" in answer.json()["error"]["message"]
    assert client.get("/api/v1/playbook", headers={"authorization": "Basic eDp5"}).status_code == 200
