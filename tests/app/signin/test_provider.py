"""Signing in through an identity provider, against a real one in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from app.services import PeopleServices
from kb.people.audit import Wanted
from tests.app.conftest import ADDRESS, MakeClient
from tests.app.signin.providing import Provider, providing

GROUPS = """\
groups:
  /Sales: {team: sales, role: author}
  /Leads: {role: editor}
"""
Make = Callable[..., TestClient]
PAGE = {"accept": "text/html", "accept-language": "en"}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """The provider, with one person."""
    with providing() as provider:
        yield provider


@pytest.fixture
def make(make_client: MakeClient, provider: Provider, tmp_path: Path) -> Make:
    """A maker of browsers at a server that uses the provider."""
    (tmp_path / "groups.yaml").write_text(GROUPS, "utf-8")
    provider.say("aoi", name="青井 葵", email="aoi@example.jp", groups=["/Sales"])

    def client(**chosen: object) -> TestClient:
        usual = {
            "auth": "oidc",
            "oidc_issuer": provider.issuer,
            "oidc_client_id": "kb",
            "oidc_client_secret": "s3cret",
            "oidc_groups_claim": "groups",
            "groups_file": tmp_path / "groups.yaml",
        }
        made = make_client({}, **{**usual, **chosen})
        made.headers.update(PAGE)
        return made

    return client


def people_of(client: TestClient) -> PeopleServices:
    assert isinstance(client.app, FastAPI)
    people: PeopleServices = client.app.state.services.people
    return people


def begin(client: TestClient, page: str = "/gaps") -> str:
    """Click the button; return where the browser is sent."""
    sent = client.get("/sign-in/oidc", params={"next": page}, follow_redirects=False)
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


def back(client: TestClient, address: str) -> Response:
    return client.get(address.removeprefix(ADDRESS), follow_redirects=False)


def sign_in(client: TestClient, provider: Provider, who: str = "aoi", page: str = "/gaps") -> Response:
    return back(client, provider.signed_in(begin(client, page), who))


def test_the_whole_way_ends_at_the_page_that_was_asked_for(make: Make, provider: Provider) -> None:
    client = make()
    asked = client.get("/gaps", follow_redirects=False)
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=%2Fgaps")
    assert "/sign-in/oidc?next=/gaps" in client.get("/sign-in?next=%2Fgaps").text
    done = sign_in(client, provider)
    assert (done.status_code, done.headers["location"]) == (303, "/gaps")
    assert client.get("/gaps").status_code == 200
    (person,) = people_of(client).people.all()
    assert (person.name, person.address) == ("青井 葵", "aoi@example.jp")
    assert (person.role, person.role_source) == ("author", "oidc")
    assert person.teams == {"/Sales", "sales"}


def test_groups_follow_at_the_next_sign_in_also_those_taken_away(make: Make, provider: Provider) -> None:
    client = make()
    sign_in(client, provider)
    provider.say("aoi", name="青井 葵", email="aoi@example.jp", groups=["/Leads"])
    sign_in(client, provider)
    (person,) = people_of(client).people.all()
    assert (person.role, person.teams) == ("editor", {"/Leads"})
    provider.say("aoi", name="青井 葵", email="aoi@example.jp")
    sign_in(client, provider)
    assert people_of(client).people.get(person.id).teams == frozenset()


def test_a_role_given_by_hand_stays_and_the_page_says_where_it_is_from(make: Make, provider: Provider) -> None:
    client = make()
    sign_in(client, provider)
    people = people_of(client).people
    (person,) = people.all()
    people.add("root@example.jp", "Root", "admin", [])
    assert "follows your groups" in client.get("/me").text
    people.change(person.id, role="reader")
    provider.say("aoi", name="青井 葵", email="aoi@example.jp", groups=["/Leads"])
    sign_in(client, provider)
    again = people.get(person.id)
    assert (again.role, again.role_source, again.teams, again.team_source) == ("reader", "local", {"/Leads"}, "oidc")
    assert "an administrator" in client.get("/me").text


def test_somebody_added_before_is_recognised_by_the_address(make: Make, provider: Provider) -> None:
    client = make()
    added = people_of(client).people.add("aoi@example.jp", "Aoi", "admin", [])
    sign_in(client, provider)
    (person,) = people_of(client).people.all()
    assert (person.id, person.role) == (added.id, "admin")


def test_an_address_nobody_checked_is_not_the_person_added_before(make: Make, provider: Provider) -> None:
    client = make()
    people_of(client).people.add("aoi@example.jp", "Aoi", "admin", [])
    provider.say("mallory", name="Mallory", email="aoi@example.jp", email_verified=False)
    sign_in(client, provider, "mallory")
    assert sorted(person.role for person in people_of(client).people.all()) == ["admin", "reader"]


def test_an_address_given_to_a_new_colleague_is_refused(make: Make, provider: Provider) -> None:
    client = make()
    sign_in(client, provider)
    provider.say("successor", name="Successor", email="aoi@example.jp")
    refused = sign_in(client, provider, "successor")
    assert refused.status_code == 403 and "already belongs to another person" in refused.text
    (row,) = people_of(client).audit.rows(Wanted(event="sign-in-failed"))
    assert row.known["way"] == "oidc" and "already belongs" in str(row.known["why"])
    client.get("/sign-in/oidc/back?state=unknown&code=x")  # of nobody who was sent to the provider
    assert people_of(client).audit.count(Wanted(event="sign-in-failed")) == 1


def test_a_disabled_person_stays_out(make: Make, provider: Provider) -> None:
    client = make()
    sign_in(client, provider)
    people = people_of(client).people
    (person,) = people.all()
    people.add("root@example.jp", "Root", "admin", [])
    people.change(person.id, is_disabled=True)
    refused = sign_in(client, provider)
    assert refused.status_code == 403 and "disabled" in refused.text
    assert client.get("/gaps", follow_redirects=False).status_code == 303


def test_an_answer_is_taken_once_and_only_by_the_browser_that_asked(make: Make, provider: Provider) -> None:
    victim, attacker = make(), make()
    address = provider.signed_in(begin(attacker), "aoi")
    assert back(victim, address).status_code == 403  # else the victim would write under the attacker's account
    assert victim.get("/gaps", follow_redirects=False).status_code == 303
    assert back(attacker, address).status_code == 303
    again = back(attacker, address)
    assert again.status_code == 403 and "already used" in again.text


def test_a_code_is_of_no_use_in_another_sign_in(make: Make, provider: Provider) -> None:
    client = make()
    code = parse_qs(urlsplit(provider.signed_in(begin(client), "aoi")).query)["code"][0]
    state = parse_qs(urlsplit(begin(client)).query)["state"][0]
    refused = client.get("/sign-in/oidc/back", params={"code": code, "state": state}, follow_redirects=False)
    assert refused.status_code == 403  # its token carries the nonce of the first


def test_two_tabs_sign_in_side_by_side(make: Make, provider: Provider) -> None:
    client = make()
    first, second = begin(client, "/gaps"), begin(client, "/loop")
    assert back(client, provider.signed_in(second, "aoi")).headers["location"] == "/loop"
    assert back(client, provider.signed_in(first, "aoi")).headers["location"] == "/gaps"


@pytest.mark.parametrize(
    "page",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/sign-in", "/sign-out"],
)
def test_nobody_is_led_to_another_site_after_signing_in(make: Make, provider: Provider, page: str) -> None:
    assert sign_in(make(), provider, page=page).headers["location"] == "/"


def test_failed_sign_ins_fill_the_audit_log_no_faster_than_guesses(make: Make, provider: Provider) -> None:
    client = make()
    for _ in range(60):
        client.get(f"/sign-in/oidc/back?error=access_denied&state={state_of(client)}")
    assert 50 <= people_of(client).audit.count(Wanted(event="sign-in-failed")) < 60


def test_pressing_deny_is_a_page_with_a_sentence(make: Make, provider: Provider) -> None:
    client = make()
    denied = provider.denied(begin(client))  # this provider forgets the state, which others send along
    refused = back(client, f"{denied}&state={state_of(client)}")
    assert refused.status_code == 403 and "cancelled" in refused.text
    assert "/sign-in/oidc" in refused.text  # and a way to try again


def state_of(client: TestClient) -> str:
    return parse_qs(urlsplit(begin(client)).query)["state"][0]


@pytest.mark.parametrize("error", ["access_denied", "server_error", "invalid_scope", "<script>alert(1)</script>"])
def test_nothing_an_address_says_is_repeated(make: Make, error: str) -> None:
    client = make()
    sent = {"state": state_of(client), "error": error, "error_description": "<b>Call 0120-000-000</b>"}
    refused = client.get("/sign-in/oidc/back", params=sent)
    assert refused.status_code == 403
    assert "0120" not in refused.text and "<script>alert" not in refused.text


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?code=x&state=x", "?error=access_denied"])
def test_an_address_typed_by_hand_is_refused(make: Make, query: str) -> None:
    refused = make().get(f"/sign-in/oidc/back{query}")
    assert refused.status_code in (403, 422) and "Traceback" not in refused.text


def test_a_provider_that_is_away_is_a_page_that_tries_again(make: Make) -> None:
    client = make(oidc_issuer="http://127.0.0.1:9")
    assert client.get("/sign-in").status_code == 200
    assert client.get("/healthz").status_code == 200
    away = client.get("/sign-in/oidc?next=%2Fgaps", follow_redirects=False)
    assert away.status_code == 503 and "does not answer" in away.text
    assert away.headers["refresh"] == "10; url=/sign-in/oidc?next=/gaps"


@pytest.mark.parametrize(("path", "form"), [("/sign-out", {}), ("/me/sessions", {"which": "all"})])
def test_signing_out_ends_the_session_here_and_there(
    make: Make, provider: Provider, path: str, form: dict[str, str]
) -> None:
    client = make()
    sign_in(client, provider)
    out = client.post(path, data=form, follow_redirects=False)
    assert out.headers["clear-site-data"] == '"cache"'
    seconds, _, address = out.headers["refresh"].partition("; url=")
    asked = parse_qs(urlsplit(address).query)
    assert seconds == "0" and address.startswith(f"{provider.issuer}/oauth2/end_session?")
    assert asked["post_logout_redirect_uri"] == [f"{ADDRESS}/sign-in"] and asked["id_token_hint"][0].count(".") == 2
    assert client.get("/gaps", follow_redirects=False).status_code == 303


def test_a_password_of_former_times_opens_nothing(make: Make) -> None:
    client = make()
    people = people_of(client)
    person = people.people.add("left@example.jp", "Left", "admin", [])
    people.passwords.set(person, "correct horse battery")
    client.post("/sign-in", data={"address": "left@example.jp", "password": "correct horse battery"})
    assert client.get("/gaps", follow_redirects=False).status_code == 303


def test_a_link_lets_a_locked_out_administrator_in(make: Make) -> None:
    client = make(oidc_issuer="http://127.0.0.1:9")
    people = people_of(client)
    person = people.people.add("root@example.jp", "Root", "admin", [])
    secret = people.links.make(person.id)
    client.post(f"/link/{secret}", data={"password": "correct horse battery"})
    assert client.get("/gaps").status_code == 200


def test_other_ways_to_sign_in_do_not_know_the_address(make_client: MakeClient) -> None:
    for auth in ("none", "local"):
        assert make_client({}, auth=auth).get("/sign-in/oidc").status_code == 404


def test_the_public_address_is_where_the_provider_sends_people_back(make: Make) -> None:
    address = begin(make(public_url="https://kb.example.jp/", hosts="kb.example.jp"))
    assert parse_qs(urlsplit(address).query)["redirect_uri"] == ["https://kb.example.jp/sign-in/oidc/back"]


def test_behind_tls_no_other_host_can_set_the_cookie(make: Make) -> None:
    client = make(hosts="kb.example.jp")
    sent = client.get("https://kb.example.jp/sign-in/oidc", follow_redirects=False)
    cookie = sent.headers["set-cookie"]
    assert cookie.startswith("__Host-begun=")
    assert "Secure" in cookie and "HttpOnly" in cookie and "SameSite=lax" in cookie
