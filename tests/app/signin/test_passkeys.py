"""Passkeys: made on one's own page or with a link, signed in with, refused for every reason there is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from app.services import PeopleServices
from kb.people.audit import Wanted
from kb.people.begun import LASTS
from kb.people.person import Person
from tests.app.conftest import Browser, MakeClient
from tests.app.signin.authenticating import ORIGIN, Device
from tests.app.signin.conftest import PAGE, PASSWORD
from tests.hands import Hands


@pytest.fixture
def browser(stranger: TestClient) -> TestClient:
    """A browser at a name: passkeys do not work at a number."""
    assert isinstance(stranger.app, FastAPI)
    return _browser(stranger.app)


@pytest.fixture
def device(browser: TestClient, known: PeopleServices, everybody: dict[str, Person]) -> Device:
    """A device with a passkey of the author, who is not signed in."""
    device = Device()
    _begin_session(browser, known, everybody["author"])
    assert _add(browser, device).headers["location"] == "/me?done=passkey_added"
    browser.post("/sign-out")
    browser.cookies.clear()
    return device


class Named(Browser):
    """A browser that has opened the server by a name."""

    def post(self, url: Any, **options: Any) -> Any:
        """Send something from a page of the application."""
        return super().post(url, **{**options, "headers": {"origin": ORIGIN, **(options.get("headers") or {})}})


def _browser(app: FastAPI) -> TestClient:
    return Named(app, base_url=ORIGIN, raise_server_exceptions=False, follow_redirects=False)


def _begin_session(browser: TestClient, known: PeopleServices, person: Person) -> None:
    browser.cookies.clear()
    browser.cookies.set("session", known.sessions.begin(person.id, device="", way="password"))


def _add(browser: TestClient, device: Device, name: str = "ノート") -> Response:
    options = browser.post("/me/passkeys/begin").json()
    return browser.post("/me/passkeys", data={"credential": device.make(options), "name": name}, headers=PAGE)


def _sign_in(browser: TestClient, device: Device, **changed: str) -> Response:
    options = browser.post("/sign-in/passkey/begin").json()
    assert options["userVerification"] == "required" and not options.get("allowCredentials")
    return _send(browser, device.sign(options, **changed))


def _send(browser: TestClient, answer: str, **form: str) -> Response:
    return browser.post("/sign-in/passkey", data={"credential": answer, **form}, headers=PAGE)


def _why(known: PeopleServices) -> str:
    why: str = json.loads(known.audit.rows(Wanted(event="sign-in-failed"), limit=1)[0].facts)["why"]
    return why


def test_a_passkey_signs_in_where_one_was_going(browser: TestClient, known: PeopleServices, device: Device) -> None:
    options = browser.post("/sign-in/passkey/begin").json()
    done = _send(browser, device.sign(options), next="/gaps")
    assert (done.status_code, done.headers["location"]) == (303, "/gaps")
    text = browser.get("/me", headers=PAGE).text
    assert "Author" in text and "ノート" in text and "last used" in text
    assert json.loads(known.audit.rows(Wanted(event="sign-in"), limit=1)[0].facts)["way"] == "passkey"
    assert len(known.audit.rows(Wanted(event="passkey-added"))) == 1


def test_an_answer_is_accepted_once(browser: TestClient, known: PeopleServices, device: Device) -> None:
    answer = device.sign(browser.post("/sign-in/passkey/begin").json())
    assert _send(browser, answer).status_code == 303
    browser.cookies.clear()
    again = _send(browser, answer)
    assert again.status_code == 401 and "was not accepted" in again.text and _why(known) == "challenge"


def test_a_challenge_belongs_to_one_browser(browser: TestClient, known: PeopleServices, device: Device) -> None:
    assert isinstance(browser.app, FastAPI)
    other = _browser(browser.app)
    other.cookies.set("form", "1" * 32)
    options = other.post("/sign-in/passkey/begin").json()
    assert _send(browser, device.sign(options)).status_code == 401 and _why(known) == "challenge"


def test_a_challenge_grows_old(browser: TestClient, known: PeopleServices, device: Device, hands: Hands) -> None:
    options = browser.post("/sign-in/passkey/begin").json()
    hands.forward(seconds=LASTS.total_seconds())
    assert _send(browser, device.sign(options)).status_code == 401 and _why(known) == "challenge"


def test_a_counter_that_goes_back_shows_a_copy(browser: TestClient, known: PeopleServices, device: Device) -> None:
    device.counter = 9
    assert _sign_in(browser, device).status_code == 303
    browser.cookies.clear()
    device.counter = 5
    assert _sign_in(browser, device).status_code == 401 and _why(known) == "counter"


@pytest.mark.parametrize(
    ("wrong", "value"), [("origin", "http://evil.example"), ("host", "evil.example"), ("is_verifying", False)]
)
def test_another_site_or_an_unverified_person_is_refused(
    browser: TestClient, device: Device, wrong: str, value: object
) -> None:
    setattr(device, wrong, value)
    assert _sign_in(browser, device).status_code == 401
    assert browser.get("/me", headers=PAGE).status_code == 303


def test_another_persons_passkey_is_refused(browser: TestClient, known: PeopleServices, device: Device) -> None:
    for user in ("", "YWRtaW4"):
        assert _sign_in(browser, device, userHandle=user).status_code == 401 and _why(known) == "of somebody else"
    other = Device(user=device.user, key_id=device.key_id)  # the same id, another key
    assert _sign_in(browser, other).status_code == 401
    assert _sign_in(browser, Device(user=device.user)).status_code == 401 and _why(known) == "unknown"


@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", "null", '{"id": 1, "response": {"clientDataJSON": "e30"}}', "x" * 30_000]
)
def test_nonsense_is_refused(browser: TestClient, known: PeopleServices, device: Device, answer: str) -> None:
    assert _send(browser, answer).status_code == 401 and _why(known) == "unreadable"


def test_nonsense_is_counted_before_it_fills_the_audit_log(browser: TestClient, known: PeopleServices) -> None:
    tried = [_send(browser, "{}").status_code for _ in range(12)]
    assert tried == [401] * 5 + [429] * 7
    assert known.audit.count(Wanted(event="sign-in-failed")) == 5


def test_guesses_are_counted(browser: TestClient, device: Device) -> None:
    device.is_verifying = False
    tried = [_sign_in(browser, device).status_code for _ in range(6)]
    assert tried == [401] * 5 + [429]


def test_a_disabled_persons_passkey_is_dead(
    browser: TestClient, known: PeopleServices, everybody: dict[str, Person], device: Device
) -> None:
    known.people.change(everybody["author"].id, is_disabled=True)
    assert _sign_in(browser, device).status_code == 401 and _why(known) == "disabled"


def test_one_device_holds_one_passkey_of_a_person(
    browser: TestClient, known: PeopleServices, everybody: dict[str, Person], device: Device
) -> None:
    _begin_session(browser, known, everybody["author"])
    assert len(browser.post("/me/passkeys/begin").json()["excludeCredentials"]) == 1
    assert _add(browser, device).status_code == 422
    _begin_session(browser, known, everybody["reader"])
    assert _add(browser, device).status_code == 422  # nobody takes over another's
    assert known.passkeys.of(everybody["reader"].id) == []


def test_a_passkey_is_added_soon_after_signing_in(
    browser: TestClient, known: PeopleServices, everybody: dict[str, Person], hands: Hands
) -> None:
    _begin_session(browser, known, everybody["author"])
    options = browser.post("/me/passkeys/begin").json()
    hands.forward(minutes=16)
    assert browser.post("/me/passkeys/begin").status_code == 422
    late = browser.post("/me/passkeys", data={"credential": Device().make(options)}, headers=PAGE)
    assert late.status_code == 422 and "within 15 minutes" in late.text


def test_a_removed_passkey_is_dead_and_nobody_removes_anothers(
    browser: TestClient, known: PeopleServices, everybody: dict[str, Person], device: Device
) -> None:
    (passkey,) = known.passkeys.of(everybody["author"].id)
    _begin_session(browser, known, everybody["admin"])
    browser.post("/me/passkeys/remove", data={"passkey": passkey.id})
    assert known.passkeys.of(everybody["author"].id) == [passkey]
    _begin_session(browser, known, everybody["author"])
    browser.post("/me/passkeys/remove", data={"passkey": passkey.id})
    browser.cookies.clear()
    assert _sign_in(browser, device).status_code == 401
    assert len(known.audit.rows(Wanted(event="passkey-removed"))) == 1


def test_a_link_makes_a_passkey_the_only_way_in_and_the_last_one_stays(
    browser: TestClient, known: PeopleServices, everybody: dict[str, Person], device: Device
) -> None:
    author, new = everybody["author"], Device()
    secret, other = known.links.make(author.id), known.sessions.begin(author.id, device="", way="password")
    assert "stop working" in browser.get(f"/link/{secret}", headers=PAGE).text
    options = browser.post(f"/link/{secret}/passkey/begin").json()
    done = browser.post(f"/link/{secret}/passkey", data={"credential": new.make(options)}, headers=PAGE)
    assert done.status_code == 303 and "Author" in browser.get("/me", headers=PAGE).text
    assert known.sessions.find(other) is None and known.links.person_of(secret) is None
    assert not known.passwords.is_right(author, PASSWORD)
    (passkey,) = known.passkeys.of(author.id)
    kept = browser.post("/me/passkeys/remove", data={"passkey": passkey.id}, headers=PAGE)
    assert kept.status_code == 409 and "only way to sign in" in kept.text
    browser.cookies.clear()
    assert _sign_in(browser, device).status_code == 401
    assert _sign_in(browser, new).status_code == 303
    assert browser.post(f"/link/{secret}/passkey/begin").status_code == 410


def test_a_link_that_sets_a_password_ends_earlier_passkeys(
    browser: TestClient, known: PeopleServices, everybody: dict[str, Person], device: Device
) -> None:
    secret = known.links.make(everybody["author"].id)
    assert browser.post(f"/link/{secret}", data={"password": "seven quiet otters swim"}).status_code == 303
    browser.cookies.clear()
    assert _sign_in(browser, device).status_code == 401


def test_passkeys_are_offered_at_names_only(browser: TestClient, stranger: TestClient) -> None:
    assert "/sign-in/passkey" in browser.get("/sign-in", headers=PAGE).text
    assert "/sign-in/passkey" not in stranger.get("/sign-in", headers=PAGE).text  # 127.0.0.1


@pytest.mark.parametrize("path", ["/sign-in/passkey", "/sign-in/passkey/begin", "/me/passkeys/begin"])
def test_passkeys_belong_to_accounts_of_this_server(make_client: MakeClient, path: str) -> None:
    assert make_client(indexed=False, auth="none").post(path, headers=PAGE).status_code == 404
