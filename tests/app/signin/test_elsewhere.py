"""Where a provider or a proxy signs people in: the link for emergencies, and what is said of groups."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from app.settings import Settings
from kb.people.audit import Wanted
from tests.app.conftest import MakeClient
from tests.app.signed_in import browser_of, services_behind
from tests.app.signin.conftest import PAGE

OIDC = {"auth": "oidc", "oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "kb"}  # where nobody answers
PROXY = {"auth": "proxy", "trusted_proxies": "10.0.0.7"}


@pytest.mark.parametrize("chosen", [OIDC, PROXY], ids=["oidc", "proxy"])
def test_a_link_signs_in_without_the_provider_and_without_a_password(
    make_client: MakeClient, chosen: dict[str, str]
) -> None:
    client = make_client({}, **chosen)
    known = services_behind(client).people
    person = known.people.add("aoi@example.com", "Aoi", "admin", [])
    secret = known.links.make(person.id)
    page = client.get(f"/link/{secret}", headers=PAGE)
    assert page.status_code == 200 and "Aoi" in page.text and 'type="password"' not in page.text
    assert client.post(f"/link/{secret}", follow_redirects=False).headers["location"] == "/"
    assert "Aoi" in client.get("/me", headers=PAGE).text
    assert client.post(f"/link/{secret}", headers=PAGE).status_code == 410
    assert not known.passwords.has(person)
    (row,) = known.audit.rows(Wanted(event="sign-in"))
    assert (row.person, row.known) == (person.id, {"way": "link"})


def _me(client: TestClient) -> str:
    person = services_behind(client).people.people.add("one@example.com", "One", "reader", [])
    return browser_of(client, person).get("/me", headers=PAGE).text


@pytest.mark.parametrize(("claim", "is_said"), [("groups", True), ("", False)])
def test_where_a_role_comes_from_is_said_only_where_groups_are_sent(
    make_client: MakeClient, claim: str, *, is_said: bool
) -> None:
    assert ("set by an administrator" in _me(make_client({}, **OIDC, oidc_groups_claim=claim))) == is_said


@pytest.mark.parametrize(
    ("chosen", "follows"),
    [
        ({"auth": "local"}, False),
        (OIDC, False),
        ({**OIDC, "oidc_groups_claim": "roles"}, True),
        (PROXY, True),
        ({**PROXY, "proxy_groups": ""}, False),
        ({**PROXY, "proxy_jwt_header": "X-Jwt"}, False),
        ({**PROXY, "proxy_jwt_header": "X-Jwt", "oidc_groups_claim": "groups"}, True),
    ],
)
def test_groups_are_followed_where_somebody_sends_them(chosen: dict[str, str], *, follows: bool) -> None:
    assert Settings(**chosen).follows_groups == follows  # type: ignore[arg-type]
