"""Somebody got hold of a token, an open browser or an old link: it leads no further, and its owner can end it."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from app.http.csrf import COOKIE, HEADER, token_for
from app.services import PeopleServices
from kb.people.audit import Wanted
from kb.people.person import Person
from tests.app.signin.conftest import PAGE, PASSWORD, As
from tests.hands import Hands

OTHER = "seven quiet otters swim"
NEW = {"name": "crm", "scope": "read", "days": "90"}


@pytest.mark.parametrize("path", ["/me", "/me/tokens", "/me/data.json", "/mine"])
def test_a_token_opens_nothing_of_the_account_of_its_person(
    stranger: TestClient, known: PeopleServices, everybody: dict[str, Person], path: str
) -> None:
    sent = {**PAGE, "authorization": f"Bearer {known.tokens.make(everybody['admin'], 'crm')[1]}"}
    assert stranger.get("/", headers=sent).status_code == 200
    assert stranger.get(path, headers=sent).status_code == 403


def test_a_token_that_may_only_read_makes_no_second_one(
    stranger: TestClient, known: PeopleServices, everybody: dict[str, Person]
) -> None:
    admin, number = everybody["admin"], "0" * 32
    token = known.tokens.make(admin, "crm")[1]
    stranger.cookies.set(COOKIE, number)
    form = token_for(stranger.app.state.form_key, admin.id, number)  # type: ignore[attr-defined]
    sent = {**PAGE, "authorization": f"Bearer {token}", HEADER: form}  # as any page shows it to the program
    answer = stranger.post("/me/tokens", data={**NEW, "name": "second", "scope": "admin"}, headers=sent)
    assert answer.status_code == 403
    assert [token.name for token in known.tokens.all()] == ["crm"]


@pytest.mark.parametrize("do", ["add", "link", "change"])
def test_a_token_of_an_administrator_makes_neither_people_nor_links_nor_administrators(
    stranger: TestClient, known: PeopleServices, everybody: dict[str, Person], do: str
) -> None:
    admin, reader, number = everybody["admin"], everybody["reader"], "0" * 32
    stranger.cookies.set(COOKIE, number)
    form = token_for(stranger.app.state.form_key, admin.id, number)  # type: ignore[attr-defined]
    sent = {**PAGE, "authorization": f"Bearer {known.tokens.make(admin, 'crm', 'admin')[1]}", HEADER: form}
    asked = {"do": do, "address": "new@example.com", "name": "New", "role": "admin", "teams": ""}
    answer = stranger.post("/people" if do == "add" else f"/people/{reader.id}", data=asked, headers=sent)
    assert (answer.status_code, "/link/" in answer.text) == (403, False)
    assert [person.id for person in known.people.admins()] == [admin.id]
    assert known.audit.count(Wanted(event="link-made")) == 0
    assert stranger.get("/people", headers=sent).status_code == 200


@pytest.mark.parametrize("other", ["Bearer kb_wrong", "Basic eDp5", ""])
def test_of_two_authorizations_none_counts(
    stranger: TestClient, known: PeopleServices, everybody: dict[str, Person], other: str
) -> None:
    right = ("authorization", f"Bearer {known.tokens.make(everybody['admin'], 'crm')[1]}")
    assert stranger.get("/api/v1/mine", headers=[right]).status_code == 200
    for sent in ([right, ("authorization", other)], [("authorization", other), right], [right, right]):
        assert stranger.get("/api/v1/mine", headers=sent).status_code == 401


@pytest.mark.parametrize("path", ["/me", "/me/tokens", "/people", "/people/audit", "/people/tokens"])
def test_no_browser_keeps_a_page_about_people_for_who_sits_there_next(signed_in: As, path: str) -> None:
    answer = signed_in("admin").get(path, headers=PAGE)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store")


def test_an_open_browser_makes_no_token_later(signed_in: As, known: PeopleServices, hands: Hands) -> None:
    browser = signed_in("author")
    assert browser.post("/me/tokens", data=NEW, headers=PAGE).status_code == 200
    hands.forward(minutes=16)
    late = browser.post("/me/tokens", data={**NEW, "name": "late"}, headers=PAGE)
    assert (late.status_code, "within 15 minutes" in late.text, 'name="scope"' in late.text) == (422, True, False)
    assert [token.name for token in known.tokens.all()] == ["crm"]


def test_a_link_ends_every_session_and_token_and_says_so_before(
    signed_in: As, stranger: TestClient, known: PeopleServices, everybody: dict[str, Person]
) -> None:
    author, browser = everybody["author"], signed_in("author")
    secret = known.tokens.make(author, "crm")[1]
    address = f"/link/{known.links.make(author.id)}"
    assert "tokens for programs then stop working" in stranger.get(address, headers=PAGE).text
    stranger.post(address, data={"password": OTHER}, headers=PAGE)
    assert known.tokens.find(secret) is None
    assert browser.get("/me", headers=PAGE).status_code == 303
    assert known.audit.count(Wanted(event="token-revoked")) == 1


def test_a_link_that_was_not_used_dies_with_the_password_it_was_for(
    signed_in: As, stranger: TestClient, known: PeopleServices, everybody: dict[str, Person]
) -> None:
    secret = known.links.make(everybody["author"].id)
    signed_in("author").post("/me/password", data={"present": PASSWORD, "password": OTHER}, headers=PAGE)
    assert known.links.person_of(secret) is None
    assert stranger.post(f"/link/{secret}", data={"password": PASSWORD}, headers=PAGE).status_code == 410


@pytest.mark.parametrize(
    ("which", "tokens", "left"), [("all", "1", 0), ("all", "", 1), ("others", "1", 0), ("others", "", 1)]
)
def test_signing_out_everywhere_is_logged_and_ends_tokens_if_wanted(
    signed_in: As, known: PeopleServices, everybody: dict[str, Person], which: str, tokens: str, left: int
) -> None:
    known.tokens.make(everybody["author"], "crm")
    browser = signed_in("author")
    assert "revoke my token" in browser.get("/me", headers=PAGE).text
    form = {"which": which, **({"tokens": tokens} if tokens else {})}
    answer = browser.post("/me/sessions", data=form, headers=PAGE)
    assert len(known.tokens.living(everybody["author"].id)) == left
    assert (answer.headers.get("clear-site-data") == '"cache"') == (which == "all")
    (row,) = known.audit.rows(Wanted(event="sign-out"))
    assert row.known == {"which": which}
